"""Small raw folders in the shape of each source, made up, for tests of loading."""

import csv
import gzip
import io
from pathlib import Path

from loaders.staging import LoadOptions, stage
from schema.tables import RetailTables

Rows = list[list[str]]

COMPLETE_JOURNEY: dict[str, Rows] = {
    "products": [
        ["product_id", "manufacturer_id", "department", "brand", "product_category", "product_type", "package_size"],
        *(
            [str(100 + n), str(n % 3), "GROCERY", "National", "SOUP", f"SOUP KIND {n % 4}", f"{n + 1} OZ"]
            for n in range(12)
        ),
        ["200", "9", "FUEL", "Private", "FUEL", "GASOLINE-REG UNLEADED", ""],
    ],
    "transactions_sample": [
        [
            "household_id",
            "store_id",
            "basket_id",
            "product_id",
            "quantity",
            "sales_value",
            "retail_disc",
            "coupon_disc",
            "coupon_match_disc",
            "week",
            "transaction_timestamp",
        ],
        *(
            f"{n % 5},{n % 2},b{n // 3},{100 + n % 12},2.0,3.0,0.5,1.0,0.0,5,2017-01-{10 + n % 15} 19:06:53".split(",")
            for n in range(30)
        ),
        ["1", "0", "b99", "200", "10005.0", "25.0", "0.0", "0.0", "0.0", "5", "2017-01-28 19:06:53"],
    ],
    "promotions_sample": [
        ["product_id", "store_id", "display_location", "mailer_location", "week"],
        *([str(100 + n), "1", str(n % 3), "A" if n % 2 else "0" if n % 3 else "D", "5"] for n in range(12)),
    ],
    "campaign_descriptions": [
        ["campaign_id", "campaign_type", "start_date", "end_date"],
        ["1", "Type B", "2017-03-03", "2017-04-09"],
        ["2", "Type A", "2017-05-03", "2017-06-09"],
    ],
    "campaigns": [["campaign_id", "household_id"], *([str(1 + n % 2), str(n)] for n in range(6))],
    "coupons": [
        ["coupon_upc", "product_id", "campaign_id"],
        *([f"5{n % 3}", str(100 + n), "1"] for n in range(6)),
        *([f"6{n % 3}", str(100 + n), "2"] for n in range(6)),
        ["50", "100", "1"],
    ],
    "coupon_redemptions": [
        ["household_id", "coupon_upc", "campaign_id", "redemption_date"],
        ["0", "50", "1", "2017-03-04"],
        ["1", "61", "2", "2017-05-04"],
    ],
    "demographics": [
        [
            "household_id",
            "age",
            "income",
            "home_ownership",
            "marital_status",
            "household_size",
            "household_comp",
            "kids_count",
        ],
        ["1", "65+", "35-49K", "Homeowner", "Married", "2", "2 Adults No Kids", "0"],
        ["2", "45-54", "50-74K", "", "Unmarried", "1", "1 Adult No Kids", "0"],
    ],
}

ONLINE_RETAIL: dict[str, Rows] = {
    "online_retail": [
        ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"],
        *(
            f"5363{n // 4},8500{n % 7}A,MUG {n % 7},6,2010-12-0{1 + n % 9} 08:26:00,2.55,17850.0,United Kingdom".split(
                ","
            )
            for n in range(28)
        ),
        ["53639", "85000a", "MUG 0, RED", "1", "2011-01-05 08:26:00", "2.55", "17850.0", "France"],
        ["53640", "POST", "POSTAGE", "1", "2011-01-05 08:26:00", "18.00", "17850.0", "France"],
        ["53641", "85001A", "damaged", "-4", "2011-01-05 08:26:00", "0.0", "", "United Kingdom"],
        ["53642", "85001A", "found", "4", "2011-01-05 08:26:00", "0.0", "", "United Kingdom"],
        ["C53643", "85001A", "MUG 1", "-2", "2011-01-06 08:26:00", "2.55", "17850.0", "United Kingdom"],
        ["C53644", "M", "Manual", "-1", "2011-01-06 08:26:00", "9.00", "17850.0", "United Kingdom"],
    ]
}

FRAT: dict[str, Rows] = {
    "product": [
        ["upc_id", "description", "manufacturer", "category", "sub_category", "product_size", "volume_ml", "mass_oz"],
        *(
            [f"11{n}", f"PL PRETZEL {n}", "PRIVATE LABEL", "SNACKS", f"KIND {n % 2}", "15 OZ", "", "15.0"]
            for n in range(4)
        ),
    ],
    "store": [
        [
            "store_id",
            "store_name",
            "address_city_name",
            "address_state_prov_code",
            "msa_code",
            "seg_value_name",
            "parking_space_qty",
            "sales_area_size_num",
            "avg_weekly_baskets",
        ],
        *(
            [str(380 + n), f"STORE {n}", "ERLANGER", "KY", "17140.0", "VALUE", "", "46073.0", "24766.8"]
            for n in range(3)
        ),
    ],
    "transactions_weeks_001_104": [
        [
            "week_end_date",
            "store_id",
            "upc_id",
            "units",
            "visits",
            "hhs",
            "spend",
            "price",
            "base_price",
            "feature",
            "display",
            "tpr_only",
        ],
        *(
            f"2009-01-{14 + 7 * week},{380 + n % 3},11{n % 4},14,13,13,16.38,1.17,1.1{7 + n % 2},{n % 2},0,0".split(",")
            for week in range(3)
            for n in range(12)
        ),
    ],
}

RETAIL: dict[str, Rows] = {
    "products": [
        ["sku", "name", "category_id", "supplier_id", "list_price", "launched_on"],
        *([f"s{n}", f"Thing {n}", f"c{n % 3}", f"m{n % 2}", f"{n}.5", "2023-01-01"] for n in range(1, 11)),
    ],
    "categories": [
        ["category_id", "name", "parent_id"],
        ["root", "All", ""],
        *([f"c{n}", f"C {n}", "root"] for n in range(3)),
    ],
    "suppliers": [["supplier_id", "country"], ["m0", "FR"], ["m1", "DE"]],
    "stores": [["store_id", "name"], ["p", "Paris"], ["l", "Lyon"]],
    "customers": [["customer_id", "segment"], *([f"k{n}", f"segment {n}"] for n in range(8))],
    "promotions": [
        ["promotion_id", "kind", "starts_on", "ends_on"],
        *([f"o{n}", "coupon", f"2024-02-0{n}", f"2024-03-0{n}"] for n in range(1, 9)),
    ],
    "promotion_products": [
        ["promotion_id", "sku", "discount_share"],
        *([f"o{n}", f"s{n}", "0.2"] for n in range(1, 9)),
    ],
    "prices": [
        ["sku", "price", "valid_from", "valid_to"],
        *([f"s{n}", "2.5", "2024-01-01", "2024-06-01"] for n in range(1, 9)),
    ],
    "purchases": [
        ["basket_id", "sku", "bought_at", "units", "unit_price", "customer_id", "store_id"],
        *(
            [f"b{n // 3}", f"s{1 + n % 10}", f"2024-02-0{1 + n % 9}T10:00:00", "1", "2.5", f"k{n % 8}", "p"]
            for n in range(30)
        ),
    ],
    "labels": [["sku", "other_sku", "relation"], *(["s1", f"s{n}", "complement"] for n in range(2, 9))],
    "verdicts": [
        ["sku", "other_sku", "relation", "verdict"],
        *(["s1", f"s{n}", "complements", "pinned"] for n in range(2, 9)),
    ],
}

# Products and receipts alone: the least that has rows to load.
TILL: dict[str, Rows] = {"products": [row[:2] for row in RETAIL["products"]], "purchases": RETAIL["purchases"]}

SHOPS = {
    "complete-journey": COMPLETE_JOURNEY,
    "online-retail": ONLINE_RETAIL,
    "breakfast-at-the-frat": FRAT,
    "retail-tables": RETAIL,
}


def as_csv(rows: Rows) -> bytes:
    """Rows as CSV, quoted where needed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def write_shop(shop: dict[str, Rows], folder: Path, suffix: str = ".csv") -> Path:
    """Every table of a shop as a file of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in shop.items():
        content = as_csv(rows)
        (folder / f"{name}{suffix}").write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    return folder


ALL = LoadOptions(max_rejects=1.0)


def load(folder: Path, into: Path, options: LoadOptions = ALL) -> RetailTables:
    """A retail-tables folder, staged; by default whatever it rejects."""
    return stage("retail-tables", folder, into=into, options=options)

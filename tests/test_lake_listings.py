"""Listings as search reads them: of a lake version, or of a staged folder."""

import pytest
from lake_shops import PUBLISHED_AT, stage

from lake.facts import read_facts
from lake.listings import read_listings
from lake.store import Lake
from schema.listings import Shelf

SHOP = {
    "categories": [
        {"category_id": "food", "name": "Food"},
        {"category_id": "tea", "name": None, "parent_id": "food"},
    ],
    "suppliers": [{"supplier_id": "acme", "name": "ACME"}, {"supplier_id": "bolt"}],
    "products": [
        {"sku": "b", "name": "緑茶", "category_id": "tea", "supplier_id": "bolt", "gtin": "40", "brand": "Ito"},
        {"sku": "a", "is_private_label": True},
        {"sku": "c", "name": "C", "is_private_label": False, "description": "words"},
    ],
    "supplies": [{"supplier_id": "acme", "sku": "b"}, {"supplier_id": "bolt", "sku": "b"}],
}


@pytest.fixture(params=["lake", "folder"])
def listings(request, tmp_path):
    staged = stage(tmp_path, SHOP)
    if request.param == "folder":
        return read_listings(staged)
    lake = Lake(str(tmp_path / "lake"))
    version = lake.publish(staged, published_at=PUBLISHED_AT).version
    found = read_listings(lake.at(version))
    assert found.skus == read_facts(lake, version=version, as_of=PUBLISHED_AT.date()).skus
    assert found.lake_version == version
    return found


def test_products_stand_by_sku_with_what_is_said_of_them(listings):
    assert listings.skus == ("a", "b", "c")
    assert listings.names == ("", "緑茶", "C")
    assert listings.brands == ("", "Ito", "")
    assert listings.descriptions == ("", "", "words")
    assert listings.gtins == ("", "40", "")
    assert listings.is_private_label.tolist() == [1, -1, 0]
    assert listings.supplier_ids == ((), ("acme", "bolt"), ())
    assert listings.categories == {"food": Shelf("Food", None), "tea": Shelf("tea", "food")}
    assert listings.supplier_names == {"acme": "ACME", "bolt": "bolt"}


def test_paths_end_at_the_top(listings):
    assert listings.path("tea") == ["tea", "food"]
    assert listings.path("nothing") == []


def test_a_shop_of_products_alone_has_listings(tmp_path):
    found = read_listings(stage(tmp_path, {"products": [{"sku": "a"}]}))
    assert (found.supplier_ids, found.categories) == (((),), {})

"""The made-up catalogue: types, needs, products with names and prices, brands and suppliers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from loaders.synthetic_chance import Floats, Ints, between, stream
from loaders.synthetic_needs import Needs, ProductType, types_and_needs
from loaders.synthetic_parameters import CatalogueParameters, Parameters
from schema.errors import BadInput

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Catalogue:
    """Everything about products that is fixed; arrays are `[num_products]`, in order of `skus` (random to needs).

    Attributes:
        need, form, tier, brand, supplier: rows; form 0 is the standard one.
        kind, filed: rows of types: what it is, and the leaf of the tree it stands in.
        appeal: a product's own utility.
        first_day, last_day: half-open days on sale, counted from the shop's start.
        is_cold: launched at the very end, never bought.
    """

    types: tuple[ProductType, ...]
    needs: Needs
    brands: tuple[str, ...]
    suppliers: int
    skus: Objects
    names: Objects
    need: Ints
    form: Ints
    tier: Ints
    brand: Ints
    supplier: Ints
    kind: Ints
    filed: Ints
    size: Floats
    list_price: Floats
    unit_cost: Floats
    appeal: Floats
    is_private_label: npt.NDArray[np.bool_]
    is_cold: npt.NDArray[np.bool_]
    first_day: Ints
    last_day: Ints

    def __len__(self) -> int:
        return len(self.skus)


@dataclass(frozen=True)
class _Brands:
    names: tuple[str, ...]
    tier: Ints
    supplier: Ints
    num_suppliers: int
    num_private: int


def make_catalogue(params: Parameters, seed: int) -> Catalogue:
    """The catalogue of a shop; its products stand in an order that tells nothing of their needs."""
    types, needs = types_and_needs(params, stream(seed, "needs"))
    brands = _brands(params, stream(seed, "brands"))
    rng = stream(seed, "products")
    counts = _spread(params.scale.products, len(types), rng)
    columns = [_products_of(types[row], row, int(count), brands, params, rng) for row, count in enumerate(counts)]
    joined: dict[str, Any] = {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}
    order = rng.permutation(params.scale.products)
    joined = {name: values[order] for name, values in joined.items()}
    joined["filed"] = _misfile(joined["kind"], types, params.catalogue.misfiled_share, rng)
    codes = rng.choice(9_000_000, params.scale.products, replace=False) + 1_000_000
    skus = np.array([f"P{code}" for code in codes], dtype=object)
    return Catalogue(
        types=types,
        needs=needs,
        brands=brands.names,
        suppliers=brands.num_suppliers,
        skus=skus,
        **joined,
        **_lives(params, rng),
    )


def _brands(params: Parameters, rng: np.random.Generator) -> _Brands:
    words, made = params.words, params.scale.brands
    pairs = rng.permutation(len(words.brand_first) * len(words.brand_second))[:made]
    second = len(words.brand_second)
    names = [f"{words.brand_first[pair // second]} {words.brand_second[pair % second]}" for pair in pairs]
    private = [str(name) for name, _ in words.private_labels]
    tiers = [int(tier) for _, tier in words.private_labels]
    num_suppliers = max(3, round(len(names) / params.suppliers.brands_per_supplier))
    return _Brands(
        names=tuple([*private, *names]),
        tier=np.array([*tiers, *rng.choice(3, len(names), p=params.catalogue.tier_weights)]),
        supplier=rng.integers(0, num_suppliers, len(private) + len(names)),
        num_suppliers=num_suppliers,
        num_private=len(private),
    )


def _spread(total: int, parts: int, rng: np.random.Generator) -> Ints:
    """Whole numbers that sum to `total`, of unequal size but none below half the mean."""
    weights = rng.gamma(6.0, 1.0, parts) + 3.0
    counts = np.floor(total * weights / weights.sum()).astype(np.int64)
    counts[: total - counts.sum()] += 1
    return counts


def _products_of(
    kind: ProductType, row: int, count: int, brands: _Brands, params: Parameters, rng: np.random.Generator
) -> dict[str, Any]:
    """Columns of one type's products: a draw of (brand, qualifier, size) without repeats, then form and price."""
    words, like = kind.category, params.catalogue
    brand, qualifier, size = _combinations(kind, count, brands, like, rng)
    is_special = rng.random(count) < like.special_form_share
    form = np.where(is_special, rng.integers(1, len(words.forms) + 1, count), 0)
    own = rng.integers(0, brands.num_suppliers, count)
    price = words.price * (size / words.sizes[len(words.sizes) // 2]) ** like.size_exponent
    price = price * np.array(like.tier_prices)[brands.tier[brand]] * rng.lognormal(0, like.price_noise, count)
    price = charm(np.where(form > 0, price * 1.15, price))
    return {
        "names": _names(kind, [brands.names[b] for b in brand], qualifier, form, size, params, rng),
        "need": kind.needs[qualifier],
        "form": form.astype(np.int64),
        "tier": brands.tier[brand].astype(np.int64),
        "brand": brand.astype(np.int64),
        "supplier": np.where(brand < brands.num_private, own, brands.supplier[brand]).astype(np.int64),
        "kind": np.full(count, row, np.int64),
        "size": size.astype(np.float32),
        "list_price": price.astype(np.float32),
        "unit_cost": np.round(price * (1 - between(rng, like.margin, count)), 2).astype(np.float32),
        "appeal": rng.normal(0, like.appeal_sd, count).astype(np.float32),
        "is_private_label": brand < brands.num_private,
    }


def _combinations(
    kind: ProductType, count: int, brands: _Brands, like: CatalogueParameters, rng: np.random.Generator
) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
    """Brand, qualifier and size of each product, no two alike; a few brands share a type with the private labels."""
    words = kind.category
    per_brand = len(words.qualifiers) * len(words.sizes)
    made = len(brands.names) - brands.num_private
    sold = min(made, max(5, int(np.ceil(3 * count / per_brand))))
    of_type = np.concatenate([np.arange(brands.num_private), brands.num_private + rng.permutation(made)[:sold]])
    private = like.private_label_share if brands.num_private else 0.0
    of_each = [private / max(1, brands.num_private), (1 - private) / sold]
    chance = np.repeat(np.where(of_type < brands.num_private, of_each[0], of_each[1]), per_brand)
    if count > np.count_nonzero(chance):
        raise BadInput(
            f"{count} products of {kind.noun} are more than brands, qualifiers and sizes can name.",
            file="synthetic.toml",
            remedy="Ask for more brands or types, or fewer products.",
        )
    draws = rng.choice(len(chance), count, replace=False, p=chance / chance.sum())
    brand, rest = of_type[draws // per_brand], draws % per_brand
    return brand, rest % len(words.qualifiers), np.array(words.sizes)[rest // len(words.qualifiers)]


def charm(price: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Prices as shops set them: the nearest amount that ends in 5 or 9 cents, at least 0.29."""
    tens = np.floor(np.asarray(price, np.float64) * 10) / 10
    ends = np.where(np.asarray(price, np.float64) - tens < 0.05, 0.05, 0.09)
    return np.asarray(np.round(np.maximum(tens + ends, 0.29), 2), np.float64)


def _names(
    kind: ProductType,
    brand: list[str],
    qualifier: Ints,
    form: Ints,
    size: npt.NDArray[np.float64],
    params: Parameters,
    rng: np.random.Generator,
) -> Objects:
    words, like = kind.category, params.catalogue
    count = len(brand)
    is_named = (form > 0) & (rng.random(count) < like.form_named_share)
    is_plain = rng.random(count) < like.plain_name_share
    used: set[str] = set()
    names = np.empty(count, dtype=object)
    for row in range(count):
        flavour = words.qualifiers[qualifier[row]]
        marked = [words.forms[form[row] - 1]] if is_named[row] else []
        tail = [kind.noun, f"{size[row]:g}", words.unit]
        name = " ".join([brand[row], *marked, *([] if is_plain[row] else [flavour]), *tail])
        if name in used:
            name = " ".join([brand[row], *marked, flavour, *tail])
        used.add(name)
        names[row] = name
    return names


def _misfile(filed: Ints, types: tuple[ProductType, ...], share: float, rng: np.random.Generator) -> Ints:
    """Some products stand under a neighbouring type, as in every real catalogue."""
    department = np.array([kind.category.department for kind in types])
    moved = filed.copy()
    for row in np.flatnonzero(rng.random(len(filed)) < share):
        near = np.flatnonzero(department == department[filed[row]])
        moved[row] = rng.choice(near)
    return moved


def _lives(params: Parameters, rng: np.random.Generator) -> dict[str, Any]:
    """When products are on sale: most always, some launched or delisted in the year, a slice only just launched."""
    like, days, count = params.catalogue, params.shop.days, params.scale.products
    fate = rng.random(count)
    is_cold = fate < like.cold_share
    is_launched = (fate >= like.cold_share) & (fate < like.cold_share + like.launched_share)
    is_delisted = fate > 1 - like.delisted_share
    first, last = np.zeros(count, np.int64), np.full(count, days, np.int64)
    first[is_launched] = rng.integers(days // 6, days * 3 // 4, is_launched.sum())
    last[is_delisted] = rng.integers(days // 3, days * 5 // 6, is_delisted.sum())
    first[is_cold] = days - rng.integers(1, 7, is_cold.sum())
    return {"is_cold": is_cold, "first_day": first, "last_day": last}

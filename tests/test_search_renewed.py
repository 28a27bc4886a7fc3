"""A search renewed load after load answers as one that is built anew."""

from dataclasses import dataclass, replace

import numpy as np
import search_shops as shops
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.listings import Listings, Shelf
from search.catalogue import CatalogueSearch, FacetField, Filter, Sort
from search.difference import difference
from search.documents import MOST_FRESH
from search.synonyms import Synonyms

WORDS = ("tea", "green", "greem", "pasta", "sauce", "big", "bigger", "500g")
SEARCHES = (*WORDS, "te", "b", "green tea", "greem tae", "sauce pasta big", "x1", "x1 tea", "xyzzy", "food", "drinks")
SYNONYMS = Synonyms([["tea", "green pasta"], ["big", "bigger"]])


@dataclass(frozen=True)
class Product:
    """What one product is said to be."""

    name: str
    brand: str
    shelf: str
    description: str
    supplier: str
    label: int


texts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
products = st.builds(
    Product,
    name=texts,
    brand=st.sampled_from(["", "Roma", "Big Tea"]),
    shelf=st.sampled_from(["", "food", "deep"]),
    description=texts,
    supplier=st.sampled_from(["", "acme", "bolt"]),
    label=st.sampled_from([-1, 0, 1]),
)
shelves = st.sampled_from(["Food", "Drinks"]).map(
    lambda name: {"food": Shelf(name, None), "deep": Shelf("Deep", "food")}
)
skus = st.sampled_from([f"x{number}" for number in range(12)])
first_loads = st.dictionaries(skus, products, min_size=6, max_size=12)
edits = st.lists(st.tuples(st.dictionaries(skus, st.none() | products, max_size=3), shelves), min_size=1, max_size=6)


def as_listings(held, categories, version) -> Listings:
    each = [held[sku] for sku in sorted(held)]
    return shops.listings(
        {sku: said.name for sku, said in held.items()},
        version=version,
        brands=tuple(said.brand for said in each),
        category_ids=tuple(said.shelf for said in each),
        descriptions=tuple(said.description for said in each),
        supplier_ids=tuple((said.supplier,) if said.supplier else () for said in each),
        is_private_label=np.array([said.label for said in each], np.int8),
        categories=categories,
    )


def answers(search):
    count = len(search.listings.skus)
    now, every = shops.now(count), np.ones(count, np.bool_)
    told = []
    for text in SEARCHES:
        hits = search.find(text, SYNONYMS)
        listed = search.listed(hits, search.allowed(Filter(), now), Sort.RELEVANCE, now, 2)
        order = np.argsort(hits.rows)
        told.append((hits.stage, hits.did_you_mean, listed.rows.tolist()))
        told.append((hits.rows[order].tolist(), hits.fit[order].tolist()))
        told.append(search.completions.of(text, most=9, is_offered=every, weights=np.zeros(count, np.float32)))
    counts = [search.counts(np.arange(count), field) for field in FacetField]
    return told, counts


@settings(max_examples=20, deadline=None)
@given(first_loads, shelves, edits)
def test_renewed_it_answers_as_built_anew(held, categories, changes):
    search = CatalogueSearch(as_listings(held, categories, 1))
    for version, (changed, named) in enumerate(changes, 2):
        held = {sku: each for sku, each in {**held, **changed}.items() if each is not None}
        listings = as_listings(held, named, version)
        before, was = search, answers(search)
        search = search.renewed(listings)
        assert answers(search) == answers(CatalogueSearch(listings))
        assert answers(before) == was


def shop_of(count, **changed):
    names = {f"p{number:03}": f"tea {number}" for number in range(count)}
    return shops.listings({**names, **changed})


def test_only_what_differs_is_written():
    before, after = shop_of(100), shop_of(100, p007="coffee", q="cocoa")
    changed = difference(before, after)
    assert [after.skus[row] for row in changed.fresh] == ["p007", "q"]
    assert np.flatnonzero(changed.moved < 0).tolist() == [7]
    assert difference(before, replace(before, lake_version=2)).is_none


def test_a_category_by_another_name_changes_all_below_it():
    shop = shops.shop()
    renamed = replace(shop, categories={**shops.SHELVES, "food": Shelf("Groceries", None)})
    below = [sku for sku, key in zip(shop.skus, shop.category_ids, strict=True) if key]
    assert [shop.skus[row] for row in difference(shop, renamed).fresh] == below


def test_two_renewed_from_one_do_not_disturb_each_other():
    first = CatalogueSearch(shop_of(9))
    coffee, cocoa = (shop_of(9, p001=name) for name in ("coffee", "cocoa"))
    one, other = first.renewed(coffee), first.renewed(cocoa)
    for search, listings in ((first, first.listings), (one, coffee), (other, cocoa)):
        assert answers(search) == answers(CatalogueSearch(listings))


def test_what_is_renewed_over_and_over_is_told_to_be_worn():
    search, few = CatalogueSearch(shop_of(20)), int(20 * MOST_FRESH)
    worn = []
    for round_ in range(3):
        search = search.renewed(shop_of(20, **{f"p{number:03}": f"round {round_}" for number in range(few)}))
        worn.append(search.is_worn)
    assert worn == [False, True, True]
    assert not CatalogueSearch(search.listings).is_worn

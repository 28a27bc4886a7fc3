"""Search over small catalogues: what is found, in which order, how often, and what laws hold for any catalogue."""

from collections import Counter

import numpy as np
import pytest
import search_shops as shops
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.words import words
from search.catalogue import CatalogueSearch, FacetField, Filter, Listed, Sort
from search.synonyms import Synonyms
from search.word_index import Stage

SEARCH = CatalogueSearch(shops.shop())
COUNT = len(shops.NAMES)


def found(text, search=SEARCH, *, synonyms=None, chosen=None, sort=Sort.RELEVANCE, **columns):
    now = shops.now(len(search.listings.skus), **columns)
    hits = search.find(text, synonyms or Synonyms())
    listed = search.listed(hits, search.allowed(chosen or Filter(), now), sort, now, len(words(text)))
    return [search.listings.skus[row] for row in listed.rows]


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("penne", ["a3"]),
        ("PENNE", ["a3"]),
        ("spaghetti 500", ["a1"]),
        ("spag", ["a1", "a2"]),
        ("spaghetti sau", ["a2"]),
        ("creme brulee", ["c1"]),
        ("bag red", ["85099B"]),
        ("bagred", ["85099B"]),
        ("85099b", ["85099B"]),
        ("4006381333931", ["t1"]),
        ("twin", ["t1"]),
        ("bergamot", ["t1"]),
        ("ソース", ["j1"]),
        ("緑", ["j2"]),
        ("ペットボトル", ["j2"]),
        ("قهوة", ["r1"]),
        ("spagetti", ["a1", "a2"]),
        ("sphagetti", ["a1", "a2"]),
        ("retrosopt", ["85099B"]),
        ("food pasta", ["a3", "a1", "a2"]),
        ("", []),
        ("😀", []),
        ("xyzzy", []),
        ("* OR *", []),
        ("name:penne", ["a3"]),
        ("/.*/", []),
    ],
)
def test_what_is_found(text, skus):
    assert found(text) == skus


def test_a_whole_word_of_a_name_ranks_above_a_category():
    assert found("pasta")[0] == "n1"
    heavy = np.array([sku == "a3" for sku in SEARCH.listings.skus], np.float32)
    assert found("pasta", popularity=heavy)[0] == "n1"


def test_popular_products_break_ties():
    two = CatalogueSearch(shops.listings({"a": "Red tea", "b": "Red tea"}))
    assert found("tea", two) == ["a", "b"]
    assert found("tea", two, popularity=np.array([0.1, 0.9], np.float32)) == ["b", "a"]


def test_a_name_that_holds_nothing_else_comes_first():
    search = CatalogueSearch(shops.listings({"a": "Tea cup with saucer", "b": "Tea"}))
    assert found("tea", search) == ["b", "a"]


def test_the_search_is_spelled_as_the_catalogue_spells_it():
    assert SEARCH.find("spagetti famly", Synonyms()).did_you_mean == "spaghetti family"
    assert SEARCH.find("spaghetti", Synonyms()).did_you_mean is None


def test_some_of_the_words_are_told_as_near():
    near = SEARCH.find("barilla gluten spaghetti", Synonyms())
    assert near.stage is Stage.NEAR
    assert {SEARCH.listings.skus[row] for row in near.rows} == {"a1", "a2"}


def test_synonyms_are_found_both_ways_and_count_less():
    synonyms = Synonyms([["noodles", "spaghetti"], ["family pack", "bulk"]])
    assert found("noodles", synonyms=synonyms) == ["a1", "a2"]
    assert found("bulk noodles", synonyms=synonyms) == ["a2"]
    assert found("family pack", synonyms=synonyms) == ["a2"]
    both = CatalogueSearch(shops.listings({"a": "Spaghetti", "b": "Noodles"}))
    assert found("noodles", both, synonyms=synonyms) == ["b", "a"]


@pytest.mark.parametrize(
    ("chosen", "skus"),
    [
        (Filter(category_ids=("pasta",)), ["a1", "a2", "a3"]),
        (Filter(category_ids=("food",)), ["a1", "a2", "a3", "j2", "t1"]),
        (Filter(category_ids=("nothing",)), []),
        (Filter(category_ids=()), []),
        (Filter(brands=("Roma", "Twin & Sons")), ["a1", "a3", "t1"]),
        (Filter(supplier_ids=("acme",)), ["a1"]),
        (Filter(brands=("Roma",), price_from=2.0), []),
    ],
)
def test_filters(chosen, skus):
    now = shops.now(COUNT)
    listed = SEARCH.listed(SEARCH.everything(), SEARCH.allowed(chosen, now), Sort.SKU, now, 0)
    assert [SEARCH.listings.skus[row] for row in listed.rows] == skus


def test_live_conditions():
    one = np.arange(COUNT) == 1
    allowed = SEARCH.allowed
    assert allowed(Filter(in_stock_only=True), shops.now(COUNT, is_stocked=one)).tolist() == one.tolist()
    assert allowed(Filter(), shops.now(COUNT, is_offered=one)).tolist() == one.tolist()
    prices = np.where(one, np.nan, 5.0).astype(np.float32)
    assert (allowed(Filter(price_to=9.0), shops.now(COUNT, prices=prices)) != one).all()
    ages = np.where(one, 18, 0).astype(np.int16)
    assert (allowed(Filter(customer_age=17), shops.now(COUNT, minimum_ages=ages)) != one).all()
    assert allowed(Filter(customer_age=18), shops.now(COUNT, minimum_ages=ages)).all()


@pytest.mark.parametrize(
    ("sort", "first"),
    [(Sort.PRICE_LOW, "a2"), (Sort.PRICE_HIGH, "a1"), (Sort.POPULARITY, "a3"), (Sort.NEWEST, "a2"), (Sort.NAME, "a3")],
)
def test_orders_and_unknown_prices_last(sort, first):
    at = {sku: SEARCH.rows[sku] for sku in ("a1", "a2", "a3")}
    prices, popularity, days = (np.zeros(COUNT, kind) for kind in (np.float32, np.float32, np.int32))
    prices[[at["a1"], at["a2"], at["a3"]]] = 9.0, 1.0, np.nan
    popularity[at["a3"]], days[at["a2"]] = 1.0, 7
    chosen = Filter(category_ids=("pasta",))
    now = shops.now(COUNT, prices=prices, popularity=popularity, launched_on=days)
    listed = SEARCH.listed(SEARCH.everything(), SEARCH.allowed(chosen, now), sort, now, 0)
    skus = [SEARCH.listings.skus[row] for row in listed.rows]
    assert skus[0] == first
    if sort in (Sort.PRICE_LOW, Sort.PRICE_HIGH):
        assert skus[-1] == "a3"


WORDS = st.sampled_from(["tea", "green", "black", "cup", "teapot", "bag", "red", "緑茶", "thé", "5"])
NAMES = st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(NAMES, st.lists(WORDS, min_size=1, max_size=4).map(" ".join), st.lists(WORDS, min_size=1, max_size=2))
def test_a_new_product_removes_no_exact_match(names, another, asked):
    text = " ".join(asked)
    before = {f"p{n}": name for n, name in enumerate(names)}
    exact = {sku for sku, name in before.items() if set(words(text)) <= set(words(name))}
    for catalogue in (before, {**before, "new": another}):
        assert exact <= set(found(text, CatalogueSearch(shops.listings(catalogue))))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_facets_count_what_brute_force_counts(data):
    brands = data.draw(st.lists(st.sampled_from(["", "x", "y"]), min_size=COUNT, max_size=COUNT))
    shelves = data.draw(st.lists(st.sampled_from(["", *shops.SHELVES]), min_size=COUNT, max_size=COUNT))
    whose = st.lists(st.sampled_from(["acme", "bolt"]), unique=True).map(tuple)
    suppliers = data.draw(st.lists(whose, min_size=COUNT, max_size=COUNT))
    chosen = data.draw(st.lists(st.integers(0, COUNT - 1), unique=True))
    columns = {"brands": tuple(brands), "category_ids": tuple(shelves), "supplier_ids": tuple(suppliers)}
    search = CatalogueSearch(shops.shop(**columns))
    rows = np.array(chosen, np.int64)
    assert search.counts(rows, FacetField.BRAND) == Counter(brands[row] for row in chosen if brands[row])
    assert search.counts(rows, FacetField.SUPPLIER) == Counter(one for row in chosen for one in suppliers[row])
    paths = Counter(key for row in chosen if shelves[row] for key in search.listings.path(shelves[row]))
    assert search.counts(rows, FacetField.CATEGORY) == paths
    for value, count in paths.items():
        now = shops.now(COUNT)
        mask = search.allowed(Filter(category_ids=(value,)), now)
        assert mask[rows].sum() == count


@given(st.lists(st.integers(0, 30), unique=True, min_size=1), st.integers(0, 30))
def test_a_place_is_the_same_whether_its_product_is_there_or_gone(rows, gone):
    keys = [row // 3 for row in sorted(rows)]
    listed = Listed(np.array(sorted(rows)), np.array(keys, np.float64))
    start, stop = listed.place(gone, gone // 3, gone)
    assert [row for row in sorted(rows) if row < gone] == listed.rows[:start].tolist()
    assert [row for row in sorted(rows) if row > gone] == listed.rows[stop:].tolist()
    assert stop - start == (gone in rows)


def test_an_empty_catalogue_finds_nothing():
    empty = CatalogueSearch(shops.listings({}))
    assert found("tea", empty) == []
    assert empty.counts(np.empty(0, np.int64), FacetField.BRAND) == {}

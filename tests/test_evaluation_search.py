"""The known-item protocol: its queries are what they say, and its table is counted right."""

import random

import pytest
import search_shops as shops
from hypothesis import given
from hypothesis import strategies as st
from lake_shops import stage

from evaluation.known_item import KINDS, known_items, misspelt
from evaluation.search import markdown, run
from measures.words import words
from schema.errors import EmptyWindow
from search.catalogue import CatalogueSearch
from search.synonyms import Synonyms

WORDS = ("green", "black", "white", "chai", "lemon", "ginger")
NAMES = {f"p{n}": f"{first} {second} tea {n % 7}" for n, first in enumerate(WORDS) for second in WORDS}


def test_queries_of_every_kind_name_the_products_they_are_made_of():
    items = known_items(shops.listings({"a": "Green tea", "b": "green  TEA", "c": "Tea"}), number=9, seed=1)
    assert [item.kind for item in items] == list(KINDS)
    assert {item.wanted for item in items} == {frozenset({"a", "b"})}
    assert items[0].query == "green tea"
    assert known_items(shops.listings(NAMES), number=3, seed=1) == known_items(shops.listings(NAMES), number=3, seed=1)


@pytest.mark.slow
@given(st.text("abcdef", min_size=4, max_size=12), st.integers(0, 99))
def test_a_misspelt_word_is_found_as_one_letter_off(word, seed):
    typo = misspelt(word, random.Random(seed))
    assert abs(len(typo) - len(word)) <= 1
    if len(typo) >= 4 and typo != word:
        assert len(CatalogueSearch(shops.listings({"a": word}))._index.find(typo, Synonyms()).rows) == 1


def test_every_system_is_asked_the_same_and_told_in_one_table(tmp_path):
    tables = stage(tmp_path, {"products": [{"sku": sku, "name": name} for sku, name in NAMES.items()]})
    found = run(tables, number=5, seed=3, server=None)
    assert set(found.ranks) == {"shelfgraph", "tantivy as it comes", "SQL LIKE"}
    for ranks in found.ranks.values():
        assert {kind: len(each) for kind, each in ranks.items()} == dict.fromkeys(KINDS, 5)
    assert all(0 < rank <= 10 for rank in found.ranks["shelfgraph"]["whole name"])
    told = markdown(found)
    assert all(f"| {kind} |" in told for kind in KINDS)
    assert words(found.tables) == ["shop"]
    assert set(found.load_seconds) == {"read", "renewed", "built anew"}
    assert "the search is then renewed in 0.0" in told


def test_a_shop_without_names_cannot_be_asked(tmp_path):
    with pytest.raises(EmptyWindow, match="name"):
        run(stage(tmp_path, {"products": [{"sku": "a"}]}), number=5, seed=3, server=None)

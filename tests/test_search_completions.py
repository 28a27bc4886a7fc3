"""Completions and synonyms: beginnings of names, and files that people write."""

import numpy as np
import pytest
import search_shops as shops
from hypothesis import given
from hypothesis import strategies as st

from measures.words import folded, words
from schema.errors import BadInput
from search.catalogue import CatalogueSearch
from search.completions import CompletionKind
from search.synonyms import Synonyms, SynonymsFile, read_synonyms

SEARCH = CatalogueSearch(shops.shop())
COUNT = len(shops.NAMES)
ALL = np.ones(COUNT, np.bool_)
NONE_BOUGHT = np.zeros(COUNT, np.float32)


def completed(prefix, most=10, is_offered=ALL, weights=NONE_BOUGHT):
    return SEARCH.completions.of(prefix, most=most, is_offered=is_offered, weights=weights)


def test_names_brands_categories_and_words_are_completed():
    assert [each.text for each in completed("pen")] == ["Penne"]
    assert completed("rom")[0].kind is CompletionKind.BRAND
    assert [each.text for each in completed("pas")] == ["Pasta", "Pasta machine"]
    assert "spaghetti family" in [each.text for each in completed("spaghetti f")]
    assert [each.text for each in completed("スパ")] == ["スパゲッティ トマトソース"]
    assert completed("creme")[0].text == "Crème brûlée"
    assert completed("") == completed("  ") == completed("xyzzy") == []


def test_what_is_not_offered_is_not_named_and_the_most_bought_comes_first():
    rows = [SEARCH.rows[sku] for sku in ("a1", "a2")]
    heavy = NONE_BOUGHT.copy()
    heavy[rows[1]] = 1.0
    names = [each.text for each in completed("spa", weights=heavy) if each.kind is CompletionKind.NAME]
    assert names[0].startswith("Spaghetti family")
    gone = ALL.copy()
    gone[rows[1]] = False
    named = [each.text for each in completed("spaghetti", is_offered=gone) if each.kind is CompletionKind.NAME]
    assert named == ["Spaghetti No 5 500g"]


@given(st.sampled_from(sorted(shops.NAMES.values())), st.integers(1, 12), st.integers(1, 5))
def test_a_completion_begins_as_asked_and_finds_something(name, length, most):
    prefix = name[:length]
    found = completed(prefix, most)
    assert len(found) <= most
    for each in found:
        if each.kind is CompletionKind.WORDS:
            assert any(set(words(each.text)) <= set(words(other)) for other in shops.NAMES.values())
        else:
            assert folded(each.text).startswith(" ".join(folded(prefix).split()))
    assert found


@given(st.text(max_size=30))
def test_any_text_may_be_completed(prefix):
    assert isinstance(completed(prefix), list)


def test_synonyms_of_a_file_are_read_again_when_it_changes(tmp_path):
    path = tmp_path / "synonyms.csv"
    file = SynonymsFile(path)
    assert file.read().slots(["soda"])[0].others == ()
    path.write_text('# drinks\nsoda, "soft drink", pop\n\n', encoding="utf-8")
    assert file.read().slots(["soda"])[0].others == (("soft", "drink"), ("pop",))
    assert file.read() is file.read()
    path.unlink()
    assert file.read().slots(["soda"])[0].others == ()


@pytest.mark.parametrize("body", ["soda\n", "soda, ***\n", "soda," + " a" * 7 + "\n", "\xff,a"])
def test_a_file_that_is_no_list_of_synonyms_is_refused(tmp_path, body):
    path = tmp_path / "synonyms.csv"
    path.write_bytes(body.encode("latin-1"))
    with pytest.raises(BadInput, match=r"synonyms\.csv"):
        read_synonyms(path)


def test_the_longest_phrase_counts():
    synonyms = Synonyms([["green tea", "sencha"], ["green", "verde"]])
    slots = synonyms.slots(["iced", "green", "tea"])
    assert [(slot.words, slot.others, slot.is_last) for slot in slots] == [
        (("iced",), (), False),
        (("green", "tea"), (("sencha",),), True),
    ]

"""Neo4j's own full-text index, which our search is measured against."""

import pytest

from graph.full_text import find_products, fuzzy_words, plain_words, save_names

pytestmark = pytest.mark.graph


@pytest.fixture
def filled(graph):
    save_names(graph, [("a", "Spaghetti", ""), ("b", "Penne", "like spaghetti but short"), ("c", "", "")])
    return graph


def test_products_are_found_by_words_beginnings_and_typos(filled):
    assert set(find_products(filled, plain_words("spaghetti"), most=9)) == {"a", "b"}
    assert "a" in find_products(filled, plain_words("spag"), most=9)
    assert find_products(filled, plain_words("spaghtti"), most=9) == []
    assert "a" in find_products(filled, fuzzy_words("spaghtti"), most=9)


@pytest.mark.parametrize(
    "words", ['"', "a OR", "name:*", "\\", "AND NOT", "[a TO", "pasta^^", "~", "*", "(", "' RETURN 1 //", "\x00", "/re"]
)
def test_words_are_never_a_query(filled, words):
    for query in (plain_words(words), fuzzy_words(words)):
        assert isinstance(find_products(filled, query, most=3), list)


def test_words_without_a_letter_find_nothing(filled):
    assert plain_words(' * "') == ""
    assert find_products(filled, plain_words("***"), most=3) == []

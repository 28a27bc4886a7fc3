"""Words and folding in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.words import MAX_LETTERS, folded, letters, words


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert folded(folded(text)) == folded(text)


@given(st.text())
def test_words_are_the_same_however_a_text_is_written(text):
    assert words(folded(text)) == words(text)
    assert all(0 < len(word) <= 2 * MAX_LETTERS + 1 for word in words(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Crème BRÛLÉE", ["creme", "brulee"]),
        ("Łódź Straße", ["lodz", "strasse"]),
        ("7up 0,5l", ["7", "up", "0.5", "l"]),
        ("ｶﾞﾑ Ａ１", ["ガム", "a", "1"]),
        ("緑茶", ["緑茶"]),
        ("茶", ["茶"]),
        ("トマト", ["トマ", "マト"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("قَهْوَة", ["قهوة"]),
        ("🍕\u202e** --", []),
        ("", []),
    ],
)
def test_words_of_many_scripts(text, expected):
    assert words(text) == expected


def test_letters_stand_alone_only_where_no_space_parts_words():
    assert letters("Tea 緑茶") == ["緑", "茶"]
    assert letters("Tea") == []

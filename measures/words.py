"""Words of names in any script, the same whether they are searched for or found."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import Final

MAX_LETTERS: Final = 64
"""What a word holds at most; a longer one is several."""
_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"})
_ACCENTS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u200c\u200d]")
"""Marks that many leave out: accents, Hebrew points, Arabic vowels, joiners; not the voicing marks of kana."""
_MARKS: Final = re.escape(
    "".join(chr(n) for n in range(0x0900, 0xFE00) if unicodedata.category(chr(n)) in ("Mn", "Mc"))
)
_UNSPACED: Final = (
    r"\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u9fff\u3005\U00020000-\U000323af"
    r"\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u109f\u1780-\u17d3"
)
"""Japanese, Chinese, Thai, Lao, Burmese and Khmer: no space parts their words."""
_NUMBER: Final = rf"\d{{1,{MAX_LETTERS}}}(?:[.,]\d{{1,{MAX_LETTERS}}})?"
_WORD: Final = re.compile(rf"{_NUMBER}|(?P<run>[{_UNSPACED}]+)|(?:[^\W\d_{_UNSPACED}]|[{_MARKS}]){{1,{MAX_LETTERS}}}")
_PLAIN_WORD: Final = re.compile(rf"{_NUMBER}|[a-z]{{1,{MAX_LETTERS}}}")


def folded(text: str) -> str:
    """A text without case, accents and width; folding it again changes nothing."""
    if text.isascii():
        return text.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold().translate(_LETTERS)
    again = unicodedata.normalize("NFC", bare)
    return again if again == text else folded(again)


def words(text: str) -> list[str]:
    """The folded words of a text in order, numbers as words of their own, `0,5` as `0.5`.

    Where no space parts words, each pair of neighbouring letters is one (a letter that stands alone, itself), so that
    a part of a name is found in it.
    """
    plain = folded(text)
    if plain.isascii():
        found = _PLAIN_WORD.findall(plain)
        return [word.replace(",", ".") for word in found] if "," in plain else found
    return [each for match in _WORD.finditer(plain) for each in _parted(match)]


def letters(text: str) -> list[str]:
    """Each letter of a text that no space parts into words: what a search for one letter finds."""
    plain = folded(text)
    if plain.isascii():
        return []
    return [letter for match in _WORD.finditer(plain) for letter in match["run"] or ""]


def _parted(match: re.Match[str]) -> Iterator[str]:
    run = match["run"]
    if run is None:
        yield match[0].replace(",", ".")
    elif len(run) == 1:
        yield run
    else:
        yield from (sys.intern(run[at : at + 2]) for at in range(len(run) - 1))

"""Synonyms: words and phrases that a shop says mean the same."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from measures.words import words
from schema.errors import BadInput

MOST_WORDS = 6
"""What a phrase holds at most."""
Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Slot:
    """A part of what is searched for: its own words, and the phrases that mean the same.

    Attributes:
        is_last: whether it ends the search, so that its last word may be only begun.
    """

    words: Phrase
    others: tuple[Phrase, ...] = ()
    is_last: bool = False


class Synonyms:
    """Groups of phrases that mean the same, each found by any of its phrases."""

    def __init__(self, groups: Iterable[Iterable[str]] = ()) -> None:
        self._others: dict[Phrase, tuple[Phrase, ...]] = {}
        for group in groups:
            phrases = list(dict.fromkeys(phrase for text in group if (phrase := tuple(words(text)))))
            for phrase in phrases:
                known = self._others.get(phrase, ())
                others = [other for other in phrases if other != phrase and other not in known]
                self._others[phrase] = (*known, *others)
        self._longest = max((len(phrase) for phrase in self._others), default=0)

    def slots(self, asked: list[str]) -> list[Slot]:
        """What is searched for, parted so that each phrase with synonyms stands alone; the longest one counts."""
        found: list[Slot] = []
        at = 0
        while at < len(asked):
            length = next(
                (
                    n
                    for n in range(min(self._longest, len(asked) - at), 0, -1)
                    if tuple(asked[at : at + n]) in self._others
                ),
                1,
            )
            phrase = tuple(asked[at : at + length])
            found.append(Slot(phrase, self._others.get(phrase, ()), is_last=at + length == len(asked)))
            at += length
        return found


def read_synonyms(path: Path) -> Synonyms:
    """The synonyms of a CSV file: in each line words or phrases that mean the same; no header, `#` begins a remark.

    A file that is not there holds none.

    Raises:
        BadInput: if it is not UTF-8 text, or a line holds one phrase alone or a phrase without or with too many words.
    """
    if not path.exists():
        return Synonyms()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (UnicodeDecodeError, OSError) as fault:
        raise BadInput(f"cannot be read as UTF-8 text ({fault}).", file=path.name, remedy="Mend it.") from fault
    return Synonyms(_group(text, number, path.name) for number, text in enumerate(lines, 1) if _says(text))


class SynonymsFile:
    """A file of synonyms that people may change at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._synonyms = Synonyms()

    def read(self) -> Synonyms:
        """The synonyms as the file has them now; read again only where its time or size has changed.

        Raises:
            BadInput: if the file is not what `read_synonyms` takes.
        """
        stat = self._path.stat() if self._path.exists() else None
        seen = None if stat is None else (stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._synonyms, self._seen = read_synonyms(self._path), seen
        return self._synonyms


def _says(text: str) -> bool:
    return bool(text.strip()) and not text.lstrip().startswith("#")


def _group(text: str, number: int, file: str) -> list[str]:
    phrases = [phrase.strip() for phrase in next(csv.reader([text])) if phrase.strip()]
    if len(phrases) < 2:
        raise BadInput("holds one phrase.", file=file, line=number, remedy="Write two or more, parted by commas.")
    for phrase in phrases:
        if not 1 <= len(words(phrase)) <= MOST_WORDS:
            raise BadInput(
                f"{phrase!r} holds no word or more than {MOST_WORDS}.", file=file, line=number, remedy="Shorten it."
            )
    return phrases

"""The Cypher statements, each a file of `cypher/` whose three opening lines say what it is."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

READING_WORDS: Final = ("read", "find")
"""First words of statements that only read; any server of a cluster may answer them."""
WRITING_WORDS: Final = ("merge", "link", "save", "constrain", "close")
"""First words of statements that write; they go to the one writer."""


@dataclass(frozen=True)
class Statement:
    """One Cypher statement and its header.

    Attributes:
        name: the file's name without `.cypher`; its first word routes it.
        text: the whole file, header comments included.
        answers: what it answers, one sentence.
        params: the parameters it takes.
        returns: the columns it returns, in order; empty where it returns none.
    """

    name: str
    text: str
    answers: str
    params: tuple[str, ...]
    returns: tuple[str, ...]

    @property
    def is_read(self) -> bool:
        """Whether it goes to readers."""
        return self.name.split("_", maxsplit=1)[0] in READING_WORDS


def parse(name: str, text: str) -> Statement:
    """The statement that a file's text holds.

    Raises:
        ValueError: if its three opening lines or its first word are not as CONTRIBUTING asks.
    """
    if name.split("_", maxsplit=1)[0] not in READING_WORDS + WRITING_WORDS:
        raise ValueError(f"{name}.cypher: its first word routes it and must be one of {READING_WORDS + WRITING_WORDS}")
    lines = text.splitlines()[:3]
    marks = ("// ", "// params:", "// returns:")
    if len(lines) < 3 or any(not line.startswith(mark) for line, mark in zip(lines, marks, strict=True)):
        raise ValueError(f"{name}.cypher: its three opening lines must be `// …`, `// params: …` and `// returns: …`")
    answers, params, returns = (line.removeprefix(mark) for line, mark in zip(lines, marks, strict=True))
    return Statement(name=name, text=text, answers=answers.strip(), params=_words(params), returns=_words(returns))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


@cache
def statement(name: str) -> Statement:
    """The statement in `cypher/NAME.cypher`.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if its header is not as it must be.
    """
    return parse(name, (files("cypher") / f"{name}.cypher").read_text(encoding="utf-8"))


def names() -> list[str]:
    """The name of every statement, ascending."""
    return sorted(file.name.removesuffix(".cypher") for file in files("cypher").iterdir() if _is_statement(file.name))


def _is_statement(file: str) -> bool:
    return file.endswith(".cypher")

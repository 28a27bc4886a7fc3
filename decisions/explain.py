"""Explain: why two products are related, in plain words and as paths in the graph."""

from collections.abc import Mapping, Sequence
from typing import Final

from decisions.ports import Path
from decisions.relations import Related
from schema.decisions import Explanation, PathStep
from schema.edges import RelationName

_CLAIMS: Final[Mapping[RelationName, str]] = {
    "SUBSTITUTES_FOR": "{candidate} can stand in for {anchor}",
    "COMPLEMENTS": "{candidate} goes with {anchor}",
}
_SHARED: Final[Mapping[str, str]] = {
    "IN_CATEGORY": "both in {}",
    "OF_BRAND": "both of the brand {}",
    "PROMOTES": "both in the promotion {}",
}
ALIKE: Final = 0.5
"""Text similarity from which names are called alike."""


def explain(
    edge: Related, paths: Sequence[Path], *, names: Mapping[str, str], category: str | None = None
) -> Explanation:
    """Why `edge` holds: one sentence with names, evidence and probability, and the paths it rests on.

    Args:
        paths: shortest evidence paths from the anchor to the candidate.
        names: of both products by sku; a product without one is called by its sku.
        category: the name of the category they share; None where they share none, or nobody asked.
    """
    claim = _CLAIMS[edge.relation].format(candidate=_named(edge.sku, names), anchor=_named(edge.other_sku, names))
    chance = "" if edge.probability is None else f" (probability {edge.probability:.2f})"
    evidence = list(dict.fromkeys([*_judged(edge), *_counted(edge, category), *_walked(paths)]))
    because = "; ".join(evidence) or "their descriptions and neighbours in the graph are close"
    return Explanation(edge.sku, edge.other_sku, f"{claim}{chance}: {because}.", tuple(paths))


def _named(sku: str, names: Mapping[str, str]) -> str:
    return names.get(sku) or sku


def _judged(edge: Related) -> list[str]:
    words = {"pinned": "chosen by a person", "confirmed": "confirmed by a person"}
    return [words[edge.verdict.verdict]] if edge.verdict is not None and edge.verdict.verdict in words else []


def _counted(edge: Related, category: str | None) -> list[str]:
    told = []
    if edge.num_baskets:
        told.append(f"bought together in {_times(edge.num_baskets, 'basket')}")
    if edge.num_switches:
        told.append(f"one taken in place of the other {_times(edge.num_switches, 'time')}")
    if edge.is_contested:
        told.append("so there is evidence for both relations")
    if edge.is_same_category and category:
        told.append(f"both in {category}")
    if edge.text_similarity is not None and edge.text_similarity >= ALIKE:
        told.append("their names are alike")
    return told


def _walked(paths: Sequence[Path]) -> list[str]:
    return [words for path in paths if (words := _path_in_words(path))]


def _path_in_words(path: Sequence[PathStep]) -> str:
    """A path through something shared, or through categories bought together; others are for reading as paths."""
    if [step.relation for step in path] == ["IN_CATEGORY", "GOES_WITH", "IN_CATEGORY"]:
        return f"{path[1].source} and {path[1].target} are bought together"
    if len(path) != 2 or path[0].relation != path[1].relation:
        return ""
    middle = path[0].target
    if path[0].relation in _SHARED:
        return _SHARED[path[0].relation].format(middle)
    return f"both bought with {middle}" if path[0].relation == "BOUGHT_WITH" else ""


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

"""Evidence paths between products: the graph's part of an explanation."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from graph.catalogue import Read, Row
from schema.decisions import PathStep

MAX_DEGREE: Final = 2_000
"""A node with more relationships says nothing of two products that both hang on it."""
MOST: Final = 3
"""Paths told of one pair."""
Path = tuple[PathStep, ...]


class EvidencePaths:
    """Shortest paths between products over what was counted or loaded, never over learnt relations.

    Args:
        read: how a statement is run.
        max_degree: nodes between the two products with more relationships are avoided.
        most: paths a pair at most, in the order of relationship types and names.
    """

    def __init__(self, read: Read, *, max_degree: int = MAX_DEGREE, most: int = MOST) -> None:
        self._read, self._max_degree, self._most = read, max_degree, most

    async def between(self, pairs: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], tuple[Path, ...]]:
        """All shortest paths of one to three steps for each pair of two products; pairs without one are absent.

        Raises:
            Unavailable: if the graph does not answer in time.
        """
        wanted = [list(pair) for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
        rows = await self._read("find_paths", pairs=wanted, max_degree=self._max_degree, most=self._most)
        found: dict[tuple[str, str], list[Path]] = defaultdict(list)
        for row in rows:
            found[row["source"], row["target"]].append(_path(row))
        return {pair: tuple(paths) for pair, paths in found.items()}


def _path(row: Row) -> Path:
    names, labels = row["names"], row["labels"]
    ends = zip(names, labels, names[1:], labels[1:], strict=False)
    return tuple(
        PathStep(source, source_label, relation, target, target_label, is_forward)
        for (source, source_label, target, target_label), relation, is_forward in zip(
            ends, row["relations"], row["forwards"], strict=True
        )
    )

"""Exact search over all products: what each anchor's candidates add up to, and which of them score highest."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Final, TypeVar

import torch
from torch import Tensor

ROWS: Final = 512
"""Anchors at once."""
COLUMNS: Final = 8192
"""Candidates at once: with these, scores stay in memory that is used again and again."""
GROUP: Final = 16
"""Candidates of which the best stands for all in the first look."""
FAR: Final = -1e9
T = TypeVar("T")


@torch.no_grad()
def log_totals(anchors: Tensor, candidates: Tensor, priors: Tensor, own: slice, *, num_threads: int = 1) -> Tensor:
    """Log of the sum of exp(score) over every candidate but the anchor itself `[num_own]`.

    Args:
        anchors, candidates: `[num_products, width]`; scores are inner products plus the candidate's prior.
        priors: `[num_products]`.
        own: the anchors asked for.
        num_threads: blocks at a time; the answer is the same by any number.
    """

    def total(start: int) -> Tensor:
        block, parts = anchors[start : min(start + ROWS, own.stop)], []
        for left in range(0, len(candidates), COLUMNS):
            scores = torch.addmm(priors[left : left + COLUMNS], block, candidates[left : left + COLUMNS].T)
            _silence(scores, start - left)
            parts.append(log_sums(scores))
        return torch.logsumexp(torch.stack(parts), dim=0)

    return torch.cat([anchors.new_empty(0), *_by_threads(total, range(own.start, own.stop, ROWS), num_threads)])


def log_sums(scores: Tensor) -> Tensor:
    """What `torch.logsumexp` says of each row, to the last bit and somewhat sooner: the scores are written over."""
    most = scores.amax(dim=1)
    return scores.sub_(most[:, None]).exp_().sum(dim=1).log_().add_(most)


def highest(
    anchors: Tensor, candidates: Tensor, priors: Tensor, *, depth: int, num_threads: int = 1
) -> Iterator[Tensor]:
    """Rows of each anchor's highest candidates, itself left out, `[num_block, <= depth]` block of ROWS by block.

    Whatever is among the `depth` highest is in one of the `depth` groups whose best are highest: only those are looked
    through.
    """
    size = len(candidates)
    num_groups, depth = -(-size // GROUP), min(depth, size)
    # Scores of a block are written over the last one's: memory that was just asked for costs more than the products.
    sheets: SimpleQueue[Tensor] = SimpleQueue()
    for _ in range(num_threads):
        sheets.put(torch.full((min(ROWS, len(anchors)), num_groups * GROUP), -torch.inf, device=anchors.device))

    def found(start: int) -> Tensor:
        block, sheet = anchors[start : start + ROWS], sheets.get()
        scores = sheet[: len(block)]
        torch.addmm(priors, block, candidates.T, out=scores[:, :size])
        _silence(scores, start)
        grouped = scores.view(len(scores), num_groups, GROUP)
        groups = torch.topk(grouped.amax(dim=2), min(depth, num_groups), dim=1, sorted=False).indices
        near = torch.gather(grouped, 1, groups[:, :, None].expand(-1, -1, GROUP)).flatten(1)
        sheets.put(sheet)
        rows = (groups[:, :, None] * GROUP + torch.arange(GROUP, device=groups.device)).flatten(1)
        return torch.gather(rows, 1, torch.topk(near, depth, dim=1).indices)

    return _by_threads(found, range(0, len(anchors), ROWS), num_threads)


def _by_threads(work: Callable[[int], T], starts: range, num_threads: int) -> Iterator[T]:
    # Threads of our own wait for nobody; torch's meet after every product, which on a busy machine takes longer.
    with ThreadPoolExecutor(num_threads) as pool:
        yield from pool.map(work, starts)


def _silence(scores: Tensor, offset: int) -> None:
    """Put each anchor's own column, `offset` beside the diagonal, out of reach."""
    first, last = max(0, -offset), min(len(scores), scores.shape[1] - offset)
    if first < last:
        rows = torch.arange(first, last, device=scores.device)
        scores[rows, rows + offset] = FAR

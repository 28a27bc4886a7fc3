"""Exact search over all products: what each anchor's candidates add up to, and which of them score highest."""

from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor

ROWS: Final = 512
"""Anchors at once."""
COLUMNS: Final = 8192
"""Candidates at once: with these, scores stay in memory that is used again and again."""
GROUP: Final = 16
"""Candidates of which the best stands for all in the first look."""
FAR: Final = -1e9


@torch.no_grad()
def log_totals(anchors: Tensor, candidates: Tensor, priors: Tensor, own: slice) -> Tensor:
    """Log of the sum of exp(score) over every candidate but the anchor itself `[num_own]`.

    Args:
        anchors, candidates: `[num_products, width]`; scores are inner products plus the candidate's prior.
        priors: `[num_products]`.
        own: the anchors asked for.
    """
    totals = []
    for start in range(own.start, own.stop, ROWS):
        block, parts = anchors[start : min(start + ROWS, own.stop)], []
        for left in range(0, len(candidates), COLUMNS):
            scores = torch.addmm(priors[left : left + COLUMNS], block, candidates[left : left + COLUMNS].T)
            _silence(scores, start - left)
            parts.append(torch.logsumexp(scores, dim=1))
        totals.append(torch.logsumexp(torch.stack(parts), dim=0))
    return torch.cat(totals)


@torch.no_grad()
def highest(anchors: Tensor, candidates: Tensor, priors: Tensor, *, depth: int) -> Iterator[Tensor]:
    """Rows of each anchor's highest candidates, itself left out, `[num_block, <= depth]` block of ROWS by block.

    Whatever is among the `depth` highest is in one of the `depth` groups whose best are highest: only those are looked
    through.
    """
    size = len(candidates)
    num_groups, depth = -(-size // GROUP), min(depth, size)
    laid = torch.full((min(ROWS, len(anchors)), num_groups * GROUP), -torch.inf, device=anchors.device)
    for start in range(0, len(anchors), ROWS):
        scores = laid[: len(anchors[start : start + ROWS])]
        torch.addmm(priors, anchors[start : start + ROWS], candidates.T, out=scores[:, :size])
        _silence(scores, start)
        grouped = scores.view(len(scores), num_groups, GROUP)
        groups = torch.topk(grouped.amax(dim=2), min(depth, num_groups), dim=1, sorted=False).indices
        found = torch.gather(grouped, 1, groups[:, :, None].expand(-1, -1, GROUP)).flatten(1)
        rows = (groups[:, :, None] * GROUP + torch.arange(GROUP, device=groups.device)).flatten(1)
        yield torch.gather(rows, 1, torch.topk(found, depth, dim=1).indices)


def _silence(scores: Tensor, offset: int) -> None:
    """Put each anchor's own column, `offset` beside the diagonal, out of reach."""
    first, last = max(0, -offset), min(len(scores), scores.shape[1] - offset)
    if first < last:
        rows = torch.arange(first, last, device=scores.device)
        scores[rows, rows + offset] = FAR

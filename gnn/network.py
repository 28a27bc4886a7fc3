"""One head of the relation network: dual vectors, an anchor's and a candidate's, for each product."""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from gnn.parallel import shard, whole

DROPPED: Final = 0.1
"""Share of the hidden layer that is silenced while it learns."""


class Trunk(nn.Module):
    """Dual vectors and log priors from propagated features alone, so that a product nobody bought has them too.

    Args:
        num_features: width of the propagated features.
        width: numbers in a vector.
        hidden: width of the hidden layer.
    """

    def __init__(self, num_features: int, *, width: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.LayerNorm(num_features), nn.Linear(num_features, hidden), nn.GELU())
        self.anchor = nn.Linear(hidden, width)
        self.candidate = nn.Linear(hidden, width)
        self.prior = nn.Linear(hidden, 1)

    def anchors(self, features: Tensor, rows: Tensor) -> Tensor:
        """Anchor vectors `[num_own, width]` of this process's part of some rows of all products' features."""
        return self.anchor(self._hidden(features, rows))

    def candidates(self, features: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Candidate vectors `[num_rows, width]` and log priors `[num_rows]` of rows of all products' features."""
        inner = whole(self._hidden(features, rows), len(rows))
        return self.candidate(inner), self.prior(inner)[:, 0]

    def _hidden(self, features: Tensor, rows: Tensor) -> Tensor:
        own = shard(len(rows))
        inner = self.inner(features[rows[own]].float())
        if not self.training:
            return inner
        # Drawn for the rows of all processes, so that one or many of them silence the same.
        kept = functional.dropout(inner.new_ones((len(rows), inner.shape[1])), DROPPED)
        return inner * kept[own]


class Residual(nn.Module):
    """What a product's own edges add to the trunk's vectors; nothing for products without any.

    Args:
        anchors, candidates: `[num_products, width]` the trunk's vectors over the whole graph, held fixed.
        priors: `[num_products]` log priors, held fixed.
        known: `[num_products]` bool, the products that have edges.
        is_sparse: whether gradients hold the rows asked for alone, as large catalogues need.
    """

    anchors: Tensor
    candidates: Tensor
    priors: Tensor
    known: Tensor

    def __init__(self, anchors: Tensor, candidates: Tensor, priors: Tensor, *, known: Tensor, is_sparse: bool) -> None:
        super().__init__()
        fixed = {"anchors": anchors, "candidates": candidates, "priors": priors, "known": known[:, None].float()}
        for name, values in fixed.items():
            self.register_buffer(name, values)
        self.is_sparse = is_sparse
        # Drawn where every machine draws alike, then brought to the device.
        self.own_anchors = nn.Parameter(0.05 * torch.randn(anchors.shape).to(anchors.device))
        self.own_candidates = nn.Parameter(0.05 * torch.randn(candidates.shape).to(candidates.device))
        self.own_priors = nn.Parameter(torch.zeros_like(priors)[:, None])

    def anchor(self, rows: Tensor) -> Tensor:
        """Anchor vectors `[num_rows, width]`."""
        rows = rows.to(self.priors.device)
        return self.anchors[rows] + self.known[rows] * self._own(self.own_anchors, rows)

    def candidate(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Candidate vectors `[num_rows, width]` and log priors `[num_rows]`."""
        rows = rows.to(self.priors.device)
        vectors = self.candidates[rows] + self.known[rows] * self._own(self.own_candidates, rows)
        return vectors, self.priors[rows] + (self.known[rows] * self._own(self.own_priors, rows))[:, 0]

    def _own(self, table: Tensor, rows: Tensor) -> Tensor:
        return functional.embedding(rows, table, sparse=self.is_sparse)

"""One head of the relation network: dual vectors, an anchor's and a candidate's, for each product."""

import torch
from torch import Tensor, nn


class Trunk(nn.Module):
    """Dual vectors and log priors from propagated features alone, so that a product nobody bought has them too.

    Args:
        num_features: width of the propagated features.
        width: numbers in a vector.
        hidden: width of the hidden layer.
    """

    def __init__(self, num_features: int, *, width: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.LayerNorm(num_features), nn.Linear(num_features, hidden), nn.GELU(), nn.Dropout(0.1)
        )
        self.anchor = nn.Linear(hidden, width)
        self.candidate = nn.Linear(hidden, width)
        self.prior = nn.Linear(hidden, 1)

    def anchors(self, features: Tensor) -> Tensor:
        """Anchor vectors `[num_rows, width]` of feature rows `[num_rows, num_features]`."""
        return self.anchor(self.inner(features.float()))

    def candidates(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Candidate vectors `[num_rows, width]` and log priors `[num_rows]` of feature rows."""
        inner = self.inner(features.float())
        return self.candidate(inner), self.prior(inner)[:, 0]


class Residual(nn.Module):
    """What a product's own edges add to the trunk's vectors; nothing for products without any.

    Args:
        anchors, candidates: `[num_products, width]` the trunk's vectors over the whole graph, held fixed.
        priors: `[num_products]` log priors, held fixed.
        known: `[num_products]` bool, the products that have edges.
    """

    def __init__(self, anchors: Tensor, candidates: Tensor, priors: Tensor, *, known: Tensor) -> None:
        super().__init__()
        self.anchors, self.candidates, self.priors, self.known = anchors, candidates, priors, known[:, None].float()
        self.own_anchors = nn.Parameter(0.05 * torch.randn(anchors.shape))
        self.own_candidates = nn.Parameter(0.05 * torch.randn(candidates.shape))
        self.own_priors = nn.Parameter(torch.zeros(priors.shape))

    def anchor(self, rows: Tensor) -> Tensor:
        """Anchor vectors `[num_rows, width]`."""
        return self.anchors[rows] + self.known[rows] * self.own_anchors[rows]

    def candidate(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Candidate vectors `[num_rows, width]` and log priors `[num_rows]`."""
        vectors = self.candidates[rows] + self.known[rows] * self.own_candidates[rows]
        return vectors, self.priors[rows] + self.known[rows, 0] * self.own_priors[rows]

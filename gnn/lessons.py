"""What a head learns from in one step: a batch of anchors, drawn candidates, and the loss between the two."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch
from torch import Tensor

from gnn.parallel import add_up, shard
from gnn.search import FAR
from gnn.settings import TrainSettings

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Scorer = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Lesson:
    """What steps of training are drawn from.

    Attributes:
        targets: `[num_products, num_products]` weights to be learnt from.
        barred: likewise; pairs of other folds, that are neither right nor wrong here. None where there are none.
        category: `[num_products]` rows, -1 for none; hard negatives are drawn from the anchors' categories.
        batch: anchors a step.
    """

    targets: sp.csr_matrix
    barred: sp.csr_matrix | None
    category: Rows
    batch: int

    @property
    def num_steps(self) -> int:
        """Steps of one pass."""
        return -(-int((np.diff(self.targets.indptr) > 0).sum()) // self.batch)

    def batches(self, generator: np.random.Generator) -> list[Rows]:
        """The anchors of each step of one pass, in a new order."""
        anchors = generator.permutation(np.flatnonzero(np.diff(self.targets.indptr) > 0))
        return [anchors[at : at + self.batch] for at in range(0, len(anchors), self.batch)]


def loss_of(score: Scorer, lesson: Lesson, batch: Rows, most: int, generator: np.random.Generator) -> Tensor:
    """Cross-entropy between each anchor's target shares and the softmax over drawn candidates, log-Q corrected.

    Anchors count by the square root of their weight. Where processes share the work, the part of this one's anchors.

    Args:
        score: `[num_own, num_drawn]` of this process's part of the anchors' rows, and of candidates' rows.
        most: candidates drawn at most.

    Source: Bengio and Senécal 2008, importance-sampled softmax, with inclusion chances as in Yi et al. 2019.
    """
    targets = lesson.targets[batch]
    totals = np.asarray(targets.sum(axis=1)).ravel()
    shares = sp.csr_matrix(sp.diags(1.0 / totals) @ targets)
    drawn, log_chance = draw_candidates(shares, batch, lesson.category, most, generator)
    own = shard(len(batch))
    wanted = shares[own][:, drawn].toarray() / np.exp(log_chance)[None, :]
    wanted /= np.maximum(wanted.sum(axis=1, keepdims=True), 1e-9)
    barred = batch[own, None] == drawn[None, :]
    if lesson.barred is not None:
        barred |= lesson.barred[batch[own]][:, drawn].toarray() > 0
    weights = np.sqrt(totals / totals.mean()).astype(np.float32)[own]
    scores = score(torch.from_numpy(batch), torch.from_numpy(drawn))
    beside = [
        torch.from_numpy(each).to(scores.device) for each in (log_chance, barred, wanted.astype(np.float32), weights)
    ]
    logs = torch.log_softmax((scores - beside[0]).masked_fill(beside[1], FAR), dim=1)
    return -(beside[3] * (beside[2] * logs).sum(dim=1)).sum() / len(batch)


def draw_candidates(
    shares: sp.csr_matrix, batch: Rows, category: Rows, most: int, generator: np.random.Generator
) -> tuple[Rows, Floats]:
    """Candidate rows `[num_drawn]` ascending, and the log chance each had to be drawn `[num_drawn]`.

    All products where they are at most `most`; else draws, six tenths as the batch's own targets are spread, two
    uniform, two among the categories of the batch's anchors.
    """
    size = shares.shape[1]
    if size <= most:
        return np.arange(size, dtype=np.int64), np.zeros(size, np.float32)
    own = np.asarray(shares.sum(axis=0)).ravel() / len(batch)
    same = np.isin(category, category[batch]).astype(np.float64)
    chance = 0.6 * own + 0.2 / size + 0.2 * same / same.sum()
    chance /= chance.sum()
    drawn = np.unique(generator.choice(size, size=most, p=chance)).astype(np.int64)
    return drawn, np.log(-np.expm1(most * np.log1p(-chance[drawn]))).astype(np.float32)


def stepper(module: torch.nn.Module, rate: float, steps: int, settings: TrainSettings) -> Callable[[Tensor], None]:
    """One step down a loss, the rate rising once and falling to nothing over `steps`.

    Adam with decoupled decay; where gradients are sparse, Adam of the rows that a step has asked for.
    """
    parameters = list(module.parameters())
    optimiser: torch.optim.Optimizer
    if getattr(module, "is_sparse", False):
        optimiser = torch.optim.SparseAdam(parameters, lr=rate)
    else:
        optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=settings.weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps + 1)

    def step(loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        add_up(parameters)
        optimiser.step()  # type: ignore[no-untyped-call]
        schedule.step()

    return step

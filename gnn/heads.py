"""Training of one head by a softmax over candidates: a trunk fold by fold, then each product's own residual."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch
from torch import Tensor

from gnn.network import Residual, Trunk
from gnn.settings import TrainSettings
from gnn.targets import Pairs
from schema.progress import Progress

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Scorer = Callable[[Rows, Rows], Tensor]
FAR = -1e9
BLOCK = 1024


@dataclass(frozen=True)
class HeadVectors:
    """What a head has learnt: log P(candidate | anchor) is the inner product plus prior less normaliser.

    Attributes:
        anchors, candidates: `[num_products, width]` float32.
        priors: `[num_products]` float32, of candidates.
        normalisers: `[num_products]` float32, of anchors: log of the sum over all candidates but itself.
    """

    anchors: Floats
    candidates: Floats
    priors: Floats
    normalisers: Floats

    @property
    def is_taught(self) -> bool:
        """Whether there was a pair to learn from; else only the priors tell candidates apart."""
        return bool(self.anchors.any())


@dataclass(frozen=True)
class Lesson:
    """What one step of training is drawn from.

    Attributes:
        targets: `[num_products, num_products]` weights to be learnt from.
        barred: likewise; pairs of other folds, that are neither right nor wrong here.
        category: `[num_products]` rows, -1 for none; hard negatives are drawn from the anchors' categories.
    """

    targets: sp.csr_matrix
    barred: sp.csr_matrix
    category: Rows


@dataclass(frozen=True)
class Course:
    """What both parts of a head's training share.

    Attributes:
        category: `[num_products]` rows, -1 for none.
        stage: what the progress is called.
    """

    settings: TrainSettings
    category: Rows
    progress: Progress
    stage: str


def fit_head(pairs: Pairs, views: Sequence[Tensor], *, priors: Floats, course: Course) -> HeadVectors:
    """Dual vectors that give each anchor's candidates the share of weight they have among its pairs.

    Args:
        views: features `[num_products, num_features]` for each fold, and last those over every edge.
        priors: `[num_products]` log priors to start from.
    """
    settings = course.settings
    if not len(pairs):
        return _untaught(priors, settings.width - 2)
    torch.manual_seed(settings.seed)
    trunk = Trunk(views[0].shape[1], width=settings.width - 2, hidden=settings.hidden)
    offset = torch.from_numpy(priors)
    _train_trunk(trunk, pairs, views, offset, course)
    anchors, candidates, learnt = _over_everything(trunk, views[-1])
    known = torch.zeros(len(priors), dtype=torch.bool)
    known[np.concatenate([pairs.anchors, pairs.candidates])] = "own vectors" not in settings.without
    residual = Residual(anchors, candidates, offset + learnt, known=known)
    _train_residual(residual, pairs, course)
    return _vectors(residual)


def _untaught(priors: Floats, width: int) -> HeadVectors:
    """No vectors but the priors, each anchor's normaliser leaving itself out."""
    vectors = np.zeros((len(priors), width), np.float32)
    weights = np.exp(priors - priors.max())
    rest = np.log(np.maximum(weights.sum() - weights, 1e-12)) + priors.max()
    return HeadVectors(vectors, vectors, priors.astype(np.float32), rest.astype(np.float32))


def _train_trunk(trunk: Trunk, pairs: Pairs, views: Sequence[Tensor], offset: Tensor, course: Course) -> None:
    """Learn from each fold's pairs by features that have not seen them."""
    settings, size = course.settings, len(course.category)
    generator, whole = np.random.default_rng(settings.seed), pairs.matrix(size)
    folds = [pairs.matrix(size, number) for number in range(settings.num_folds)]
    lessons = [Lesson(fold, sp.csr_matrix(whole - fold), course.category) for fold in folds]
    a_pass = sum(_num_steps(lesson, settings) for lesson in lessons)
    epochs = _passes(settings.epochs, a_pass, settings)
    step = _stepper(trunk, settings.learning_rate / 5, epochs * a_pass, settings)
    trunk.train()
    for epoch in range(epochs):
        for lesson, view in zip(lessons, views, strict=False):

            def score(batch: Rows, drawn: Rows, view: Tensor = view) -> Tensor:
                vectors, priors = trunk.candidates(view[drawn])
                return trunk.anchors(view[batch]) @ vectors.T + priors + offset[drawn]

            for batch in _batches(lesson.targets, settings.batch, generator):
                step(_loss(score, lesson, batch, settings.trunk_candidates, generator))
        course.progress(f"{course.stage}: shared network", epoch + 1, epochs)
    trunk.eval()


def _train_residual(residual: Residual, pairs: Pairs, course: Course) -> None:
    """Learn from all pairs what the shared network cannot say of a product."""
    settings, size = course.settings, len(course.category)
    generator, targets = np.random.default_rng(settings.seed + 1), pairs.matrix(size)
    lesson = Lesson(targets, targets * 0.0, course.category)
    a_pass = _num_steps(lesson, settings)
    epochs = _passes(settings.own_epochs, a_pass, settings)
    step = _stepper(residual, settings.learning_rate, epochs * a_pass, settings)
    most = settings.max_candidates if size <= settings.max_candidates else settings.drawn_candidates

    def score(batch: Rows, drawn: Rows) -> Tensor:
        vectors, priors = residual.candidate(torch.from_numpy(drawn))
        return residual.anchor(torch.from_numpy(batch)) @ vectors.T + priors

    for epoch in range(epochs):
        for batch in _batches(lesson.targets, settings.batch, generator):
            step(_loss(score, lesson, batch, most, generator))
        course.progress(f"{course.stage}: own vectors", epoch + 1, epochs)


def _passes(asked: int, steps: int, settings: TrainSettings) -> int:
    """How often all pairs are passed over, `steps` each time: as asked, or as `max_steps` allows; once at least."""
    return max(1, min(asked, settings.max_steps // steps))


def _stepper(module: torch.nn.Module, rate: float, steps: int, settings: TrainSettings) -> Callable[[Tensor], None]:
    """One step of AdamW down a loss, the rate rising once and falling to nothing over `steps`."""
    optimiser = torch.optim.AdamW(module.parameters(), lr=rate, weight_decay=settings.weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps + 1)

    def step(loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()

    return step


def _num_steps(lesson: Lesson, settings: TrainSettings) -> int:
    return -(-int((np.diff(lesson.targets.indptr) > 0).sum()) // settings.batch)


def _batches(targets: sp.csr_matrix, size: int, generator: np.random.Generator) -> list[Rows]:
    anchors = generator.permutation(np.flatnonzero(np.diff(targets.indptr) > 0))
    return [anchors[at : at + size] for at in range(0, len(anchors), size)]


def _loss(score: Scorer, lesson: Lesson, batch: Rows, most: int, generator: np.random.Generator) -> Tensor:
    """Cross-entropy between each anchor's target shares and the softmax over drawn candidates, log-Q corrected.

    Anchors count by the square root of their weight.

    Source: Bengio and Senécal 2008, importance-sampled softmax, with inclusion chances as in Yi et al. 2019.
    """
    targets = lesson.targets[batch]
    totals = np.asarray(targets.sum(axis=1)).ravel()
    shares = sp.csr_matrix(sp.diags(1.0 / totals) @ targets)
    drawn, log_chance = draw_candidates(shares, batch, lesson.category, most, generator)
    wanted = shares[:, drawn].toarray() / np.exp(log_chance)[None, :]
    wanted /= np.maximum(wanted.sum(axis=1, keepdims=True), 1e-9)
    barred = (lesson.barred[batch][:, drawn].toarray() > 0) | (batch[:, None] == drawn[None, :])
    scores = (score(batch, drawn) - torch.from_numpy(log_chance)).masked_fill(torch.from_numpy(barred), FAR)
    weights = torch.from_numpy(np.sqrt(totals / totals.mean()).astype(np.float32))
    logs = torch.log_softmax(scores, dim=1)
    return -(weights * (torch.from_numpy(wanted.astype(np.float32)) * logs).sum(dim=1)).mean()


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


@torch.no_grad()
def _over_everything(trunk: Trunk, view: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The trunk's anchor vectors, candidate vectors and priors of every product."""
    trunk.eval()
    halves = [trunk.candidates(part) for part in torch.split(view, BLOCK)]
    anchors = torch.cat([trunk.anchors(part) for part in torch.split(view, BLOCK)])
    return anchors, torch.cat([half[0] for half in halves]), torch.cat([half[1] for half in halves])


@torch.no_grad()
def _vectors(residual: Residual) -> HeadVectors:
    """The vectors learnt, with each anchor's normaliser."""
    rows = torch.arange(len(residual.priors))
    anchors, (candidates, priors) = residual.anchor(rows), residual.candidate(rows)
    normalisers = []
    for part in torch.split(rows, BLOCK):
        scores = anchors[part] @ candidates.T + priors
        scores[torch.arange(len(part)), part] = FAR
        normalisers.append(torch.logsumexp(scores, dim=1))
    return HeadVectors(anchors.numpy(), candidates.numpy(), priors.numpy(), torch.cat(normalisers).numpy())

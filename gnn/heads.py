"""Training of one head by a softmax over candidates: a trunk fold by fold, then each product's own residual."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch
from torch import Tensor

from gnn.lessons import Lesson, loss_of, stepper
from gnn.network import Residual, Trunk
from gnn.parallel import handed_out, handed_over, shard, whole
from gnn.search import log_totals
from gnn.settings import TrainSettings
from gnn.steady import search_threads, steady_torch
from gnn.targets import Pairs
from schema.progress import Progress, silent

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
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


@dataclass(frozen=True)
class Task:
    """What the first process tells the others of a head; the views follow it.

    Attributes:
        shape: of each view, float16.
    """

    pairs: Pairs
    priors: Floats
    settings: TrainSettings
    category: Rows
    num_views: int
    shape: torch.Size


def fit_head(pairs: Pairs, views: Sequence[Tensor], *, priors: Floats, course: Course) -> HeadVectors:
    """Dual vectors that give each anchor's candidates the share of weight they have among its pairs.

    Args:
        views: features `[num_products, num_features]` for each fold, and last those over every edge.
        priors: `[num_products]` log priors to start from.
    """
    if not len(pairs):
        return _untaught(priors, course.settings.width - 2)
    handed_out(Task(pairs, priors, course.settings, course.category, len(views), views[0].shape))
    return _taught(pairs, [handed_over(view) for view in views], torch.from_numpy(priors), course)


def assist() -> None:
    """Take part in every head that the first process fits, until it is done."""
    while (task := handed_out(None)) is not None:
        with steady_torch(task.settings):
            views = [handed_over(torch.empty(task.shape, dtype=torch.half)) for _ in range(task.num_views)]
            course = Course(task.settings, task.category, silent, "")
            _taught(task.pairs, views, torch.from_numpy(task.priors), course)


def _taught(pairs: Pairs, views: Sequence[Tensor], offset: Tensor, course: Course) -> HeadVectors:
    settings = course.settings
    torch.manual_seed(settings.seed)
    trunk = Trunk(views[0].shape[1], width=settings.width - 2, hidden=settings.hidden).to(settings.device)
    views, offset = [view.to(settings.device) for view in views], offset.to(settings.device)
    _train_trunk(trunk, pairs, views, offset, course)
    anchors, candidates, learnt = _over_everything(trunk, views[-1])
    known = torch.zeros(len(offset), dtype=torch.bool, device=offset.device)
    known[np.concatenate([pairs.anchors, pairs.candidates])] = "own vectors" not in settings.without
    is_sparse = not settings.is_exact(len(offset))
    residual = Residual(anchors, candidates, offset + learnt, known=known, is_sparse=is_sparse)
    _train_residual(residual, pairs, course)
    return _vectors(residual, search_threads(settings))


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
    lessons = [Lesson(fold, sp.csr_matrix(whole - fold), course.category, settings.batch) for fold in folds]
    a_pass = sum(lesson.num_steps for lesson in lessons)
    epochs = _passes(settings.epochs, a_pass, settings)
    step = stepper(trunk, settings.learning_rate / 5, epochs * a_pass, settings)
    trunk.train()
    for epoch in range(epochs):
        for lesson, view in zip(lessons, views, strict=False):

            def score(batch: Tensor, drawn: Tensor, view: Tensor = view) -> Tensor:
                vectors, priors = trunk.candidates(view, drawn)
                return trunk.anchors(view, batch) @ vectors.T + priors + offset[drawn]

            for batch in lesson.batches(generator):
                step(loss_of(score, lesson, batch, settings.trunk_candidates, generator))
        course.progress(f"{course.stage}: shared network", epoch + 1, epochs)
    trunk.eval()


def _train_residual(residual: Residual, pairs: Pairs, course: Course) -> None:
    """Learn from all pairs what the shared network cannot say of a product."""
    settings, size = course.settings, len(course.category)
    generator = np.random.default_rng(settings.seed + 1)
    lesson = Lesson(pairs.matrix(size), None, course.category, settings.batch)
    is_exact = settings.is_exact(size)
    epochs = _passes(settings.own_epochs if is_exact else settings.drawn_epochs, lesson.num_steps, settings)
    step = stepper(residual, settings.learning_rate, epochs * lesson.num_steps, settings)
    most = size if is_exact else settings.drawn_candidates

    def score(batch: Tensor, drawn: Tensor) -> Tensor:
        vectors, priors = residual.candidate(drawn)
        return residual.anchor(batch)[shard(len(batch))] @ vectors.T + priors

    for epoch in range(epochs):
        for batch in lesson.batches(generator):
            step(loss_of(score, lesson, batch, most, generator))
        course.progress(f"{course.stage}: own vectors", epoch + 1, epochs)


def _passes(asked: int, steps: int, settings: TrainSettings) -> int:
    """How often all pairs are passed over, `steps` each time: as asked, or as `max_steps` allows; once at least."""
    return max(1, min(asked, settings.max_steps // steps))


@torch.no_grad()
def _over_everything(trunk: Trunk, view: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The trunk's anchor vectors, candidate vectors and priors of every product."""
    trunk.eval()
    blocks = torch.split(torch.arange(len(view)), BLOCK)
    halves = [trunk.candidates(view, rows) for rows in blocks]
    anchors = torch.cat([whole(trunk.anchors(view, rows), len(rows)) for rows in blocks])
    return anchors, torch.cat([half[0] for half in halves]), torch.cat([half[1] for half in halves])


@torch.no_grad()
def _vectors(residual: Residual, num_threads: int) -> HeadVectors:
    """The vectors learnt, with each anchor's normaliser."""
    rows = torch.arange(len(residual.priors), device=residual.priors.device)
    anchors, (candidates, priors) = residual.anchor(rows), residual.candidate(rows)
    own = shard(len(rows))
    normalisers = whole(log_totals(anchors, candidates, priors, own, num_threads=num_threads), len(rows))
    return HeadVectors(*(values.cpu().numpy() for values in (anchors, candidates, priors, normalisers)))

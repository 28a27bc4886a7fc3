"""Protocol relations: what people say of pairs, predicted for pairs that share no product with what was learnt."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.heuristics import TELL_SUBSTITUTES, PairScore, heuristics
from evaluation.pair_baselines import pair_baselines
from evaluation.pair_figures import differences, judged_figures, list_figures
from evaluation.report import OURS, Report, peak_mib
from gnn.labels import KINDS, PairLabels, read_labels
from gnn.settings import TrainSettings
from gnn.training import Trained, fit
from lake.baskets import read_baskets
from lake.snapshot import build_snapshot
from loaders.raw_files import check_columns, read_names, read_raw
from measures.pairs import auc
from ranking.baskets import basket_matrix, first_instant, popularity_table
from schema.edges import RelationName
from schema.errors import BadInput
from schema.progress import Progress, silent
from schema.snapshot import GraphSnapshot
from schema.tables import RetailTables

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
COLUMNS = ("sku", "other_sku", "relation")
RELATIONS: tuple[RelationName, RelationName] = ("SUBSTITUTES_FOR", "COMPLEMENTS")
K = 10
MOST_ANCHORS = 2_000
"""Products whose labelled partners are looked for, of each relation; the first by sku."""


@dataclass(frozen=True)
class Judged:
    """Labels of a run over a snapshot's products.

    Attributes:
        test: what is predicted.
        train: what is learnt from, none of the test pairs among it; None without training labels.
        train_table: the same as `fit` takes it.
    """

    test: PairLabels
    train: PairLabels | None
    train_table: pa.Table | None


def run(
    tables: RetailTables,
    labels: Path,
    *,
    train_labels: Path | None = None,
    as_of: date | None = None,
    today: date,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """Learn from rows before a day and from training labels, and predict the other labels.

    Args:
        labels: a file of `sku`, `other_sku`, `relation`.
        train_labels: the same; None learns from behaviour and names alone.
        as_of: the cut-off; None means the day after the last purchase, or `today` where there is none.

    Raises:
        BadInput: if a file cannot be read, or names no pair of known products.
    """
    as_of = as_of or _after_everything(tables, today)
    snapshot = build_snapshot(tables, as_of=as_of, progress=progress)
    judged = _judged(snapshot, labels, train_labels)
    counts = _counts(tables, snapshot)
    settings = TrainSettings(seed=seed)
    trained = fit(snapshot, settings=settings, purchase_counts=counts, labels=judged.train_table, progress=progress)
    chances, results, lists = _figures(snapshot, trained, judged, seed, progress)
    return Report(
        protocol="relations",
        tables=tables.info.name,
        data_hash=tables.load_id,
        as_of=as_of,
        seed=seed,
        fit_seconds=trained.fit_seconds,
        peak_mib=peak_mib(),
        results=results,
        differences=differences(judged.test, chances, lists, results, snapshot.num_products, seed=seed),
        predictions=_predictions(snapshot, judged.test, chances[OURS]),
        notes=tuple(_notes(judged, trained)),
    )


def read_label_file(path: Path) -> pa.Table:
    """`sku`, `other_sku` and `relation` of a CSV or Parquet file, as trimmed text.

    Raises:
        BadInput: if it cannot be read or lacks a column.
    """
    if not path.is_file():
        raise BadInput("there is no such file.", file=str(path), remedy="Name a file of sku, other_sku, relation.")
    check_columns(path, read_names(path), COLUMNS)
    schema = pa.schema([pa.field(name, pa.string()) for name in COLUMNS])
    batches = [batch.rows.select(COLUMNS).cast(schema) for batch in read_raw(path)]
    table = pa.concat_tables([schema.empty_table(), *batches])
    return pa.table({name: pc.utf8_trim_whitespace(pc.fill_null(table.column(name), "")) for name in COLUMNS})


def _judged(snapshot: GraphSnapshot, labels: Path, train_labels: Path | None) -> Judged:
    skus = snapshot.keys("Product")
    test = read_labels(read_label_file(labels), skus)
    if not len(test):
        raise BadInput(
            "names no pair of known products with a clear relation.",
            file=labels.name,
            remedy=f"The rows left out: {_told(test) or 'none'}; relations are {', '.join(KINDS)}.",
        )
    if train_labels is None:
        return Judged(test, None, None)
    told = read_labels(read_label_file(train_labels), skus)
    size = snapshot.num_products
    apart = ~np.isin(told.left * size + told.right, test.left * size + test.right)
    train = told.part(apart)
    return Judged(test, train, label_table(train, skus))


def label_table(labels: PairLabels, skus: pa.Array) -> pa.Table:
    """Labels as rows of `sku`, `other_sku` and `relation`."""
    names = np.array(skus.to_pylist())
    columns = (names[labels.left], names[labels.right], np.array(KINDS)[labels.kinds])
    return pa.table(dict(zip(COLUMNS, (one.tolist() for one in columns), strict=True)))


def _figures(
    snapshot: GraphSnapshot, trained: Trained, judged: Judged, seed: int, progress: Progress
) -> tuple[dict[str, Floats], dict[str, dict[str, float]], dict[str, tuple[Rows, ...]]]:
    """Probabilities, figures, and the lists of candidates of each relation, by model."""
    scores, test = heuristics(snapshot), judged.test
    anchors = anchors_of(test)
    chances: dict[str, Floats] = {}
    lists: dict[str, tuple[Rows, ...]] = {}
    if judged.train is not None and len(np.unique(judged.train.kinds)) > 1:
        for place, baseline in enumerate(pair_baselines(snapshot, scores, seed)):
            chances[baseline.name] = baseline.probabilities(judged.train, test, snapshot.num_products, seed)
            progress("tuning baselines", place + 1, len(scores) + 3)
    for name, score in scores.items():
        lists[name] = tuple(score.first(rows, K) for rows in anchors)
    chances[OURS] = _judge(snapshot, trained, test)
    lists[OURS] = tuple(_related(trained, relation)[rows] for relation, rows in zip(RELATIONS, anchors, strict=True))
    names = [*(name for name in chances if name != OURS), *(name for name in lists if name not in chances), OURS]
    results = {
        name: {
            **(judged_figures(chances[name], test.kinds) if name in chances else _told_apart(scores[name], name, test)),
            **(list_figures(lists[name], anchors, test, snapshot.num_products) if name in lists else {}),
        }
        for name in names
    }
    return chances, results, lists


def anchors_of(labels: PairLabels) -> tuple[Rows, ...]:
    """Products that have a labelled partner of each relation, MOST_ANCHORS at most."""
    return tuple(
        np.unique(np.concatenate([labels.left[labels.kinds == kind], labels.right[labels.kinds == kind]]))[
            :MOST_ANCHORS
        ]
        for kind in range(2)
    )


def _told_apart(score: PairScore, name: str, test: PairLabels) -> dict[str, float]:
    """The AUC of a score that nothing is learnt for."""
    related = test.part(test.kinds < 2)
    own = score.of(related.left, related.right)
    value = auc(own if name in TELL_SUBSTITUTES else -own, related.kinds == 0)
    return {"auc_sub_vs_comp": value} if np.isfinite(value) else {}


def _judge(snapshot: GraphSnapshot, trained: Trained, pairs: PairLabels) -> Floats:
    skus = snapshot.keys("Product")
    left, right = (skus.take(pa.array(rows)).to_pylist() for rows in (pairs.left, pairs.right))
    return trained.judge(left, right)


def _related(trained: Trained, relation: RelationName) -> Rows:
    """Rows of each anchor's first K candidates `[num_products, K]`, -1 where there are no more."""
    table = trained.relations.table
    table = table.filter(pc.and_(pc.equal(table.column("relation"), relation), pc.less_equal(table.column("rank"), K)))
    keys = pa.array(trained.embeddings.skus, pa.string())
    anchors, candidates = (pc.index_in(table.column(name), value_set=keys).to_numpy() for name in ("other_sku", "sku"))
    places = np.full((len(keys), K), -1, np.int64)
    places[anchors, table.column("rank").to_numpy() - 1] = candidates
    return places


def _after_everything(tables: RetailTables, today: date) -> date:
    bought_at = read_baskets(tables).column("bought_at") if "purchases" in tables else pa.chunked_array([[]])
    newest = pc.max(bought_at).as_py() if len(bought_at) else None
    return newest.date() + timedelta(days=1) if newest else today


def _counts(tables: RetailTables, snapshot: GraphSnapshot) -> pa.Table | None:
    """Decayed baskets before the cut-off; None where nothing was bought."""
    if "purchases" not in tables:
        return None
    baskets = read_baskets(tables, before=snapshot.as_of)
    if not baskets.num_rows:
        return None
    until = first_instant(snapshot.as_of)
    return popularity_table(basket_matrix(baskets, snapshot.keys("Product").to_pylist()), until=until)


def _predictions(snapshot: GraphSnapshot, test: PairLabels, chances: Floats) -> pa.Table:
    skus = snapshot.keys("Product")
    ends = {"sku": skus.take(pa.array(test.left)), "other_sku": skus.take(pa.array(test.right))}
    return pa.table({**ends, **{f"p_{kind}": chances[:, place] for place, kind in enumerate(KINDS)}})


def _told(labels: PairLabels) -> str:
    return ", ".join(f"{number:,} {reason}" for reason, number in labels.left_out.items())


def _notes(judged: Judged, trained: Trained) -> list[str]:
    parts = {"labels": judged.test} | ({"training labels": judged.train} if judged.train is not None else {})
    notes = []
    for name, labels in parts.items():
        counts = np.bincount(labels.kinds, minlength=len(KINDS))
        told = ", ".join(f"{number:,} {kind}" for kind, number in zip(KINDS, counts, strict=True))
        notes.append(f"{len(labels):,} {name}: {told}" + (f"; left out: {_told(labels)}." if labels.left_out else "."))
    if judged.train is None:
        notes.append("Without --train-labels nothing is learnt from people: heuristics stand as plain scores.")
    elif trained.pair_judge is None:
        notes.append("The training labels are too few, or of one kind: weak labels alone give the probabilities.")
    return notes

"""Protocol relations on a shop's own labels: one half of them predicted from the other, no product in both."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from evaluation import relations
from evaluation.report import Report
from gnn.labels import folds_by_product, read_labels
from schema.errors import EmptyWindow, MissingTable
from schema.progress import Progress, silent
from schema.tables import RetailTables


def run(tables: RetailTables, *, as_of: date, seed: int = 0, progress: Progress = silent) -> Report:
    """Learn from rows before a day and half of the table `labels`, and predict the other half.

    Raises:
        MissingTable: if the shop has no labels.
        EmptyWindow: if they cannot be parted.
    """
    if "labels" not in tables:
        raise MissingTable("Evaluating relations", "labels")
    train, test = parted(tables, seed)
    with TemporaryDirectory(prefix="shelfgraph-") as name:
        files = Path(name) / "train.parquet", Path(name) / "test.parquet"
        for file, rows in zip(files, (train, test), strict=True):
            pq.write_table(rows, file)
        return relations.run(
            tables, files[1], train_labels=files[0], as_of=as_of, today=as_of, seed=seed, progress=progress
        )


def parted(tables: RetailTables, seed: int) -> tuple[pa.Table, pa.Table]:
    """Training and test labels, `sku`, `other_sku` and `relation`, that share no product: see `folds_by_product`.

    Raises:
        EmptyWindow: if either side has none.
    """
    skus = tables.read("products", ["sku"]).column("sku").combine_chunks()
    labels = read_labels(tables.read("labels", list(relations.COLUMNS)), skus)
    folds = folds_by_product(labels, len(skus), 2, seed)
    train, test = (labels.part(chosen[0]) for chosen in (folds.learnt, folds.held_out))
    if not len(train) or not len(test):
        raise EmptyWindow(
            f"The {len(labels):,} usable labels cannot be parted into two halves that share no product.",
            remedy="Label more pairs, of other products.",
        )
    return relations.label_table(train, skus), relations.label_table(test, skus)

"""A stand-in for judged pairs of names alone: the synthetic shop's names and truths, and nothing else of it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pyarrow import csv

from evaluation.relations import label_table
from gnn.labels import read_labels
from loaders.staging import LoadOptions, stage
from loaders.synthetic import make_shop
from loaders.synthetic_truths import read_truths
from schema.progress import Progress, silent


def write_names_only(
    into: Path,
    *,
    scale: str = "medium",
    seed: int = 0,
    num_train: int = 3000,
    num_test: int = 5000,
    progress: Progress = silent,
) -> tuple[Path, Path, Path]:
    """A retail-tables folder of `sku` and `name`, training labels and test labels, as `evaluate relations` takes them.

    Half of the products, drawn by chance, are of the training labels and half of the test labels; pairs across are
    dropped, and of the others `num_train` and `num_test` are drawn.
    """
    with TemporaryDirectory() as folder:
        shop = make_shop(scale, seed=seed, into=Path(folder) / "shop", params=None, progress=progress)
        truths = read_truths(shop)
        tables = stage("retail-tables", shop, into=Path(folder) / "staged", options=LoadOptions(), progress=progress)
        products = tables.read("products", ["sku", "name"]).sort_by("sku").combine_chunks()
    skus = products.column("sku").combine_chunks()
    labels, generator = read_labels(truths.labels, skus), np.random.default_rng(seed)
    is_train = generator.random(len(skus)) < 0.5
    (into / "shop").mkdir(parents=True, exist_ok=True)
    written = (into / "shop" / "products.csv", into / "train.csv", into / "test.csv")
    csv.write_csv(products, written[0])
    for path, side, number in ((written[1], is_train, num_train), (written[2], ~is_train, num_test)):
        places = np.flatnonzero(side[labels.left] & side[labels.right])
        chosen = np.sort(generator.choice(places, min(number, len(places)), replace=False))
        csv.write_csv(label_table(labels.part(chosen), skus), path)
    return into / "shop", written[1], written[2]

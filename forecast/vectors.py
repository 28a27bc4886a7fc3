"""Embedding features: where a product stands among all by the learnt vectors."""

from dataclasses import replace
from typing import Final

import numpy as np

from forecast.history import Grid, Rows, SalesHistory
from forecast.panel import Panel
from schema.embeddings import EmbeddingTable

NUM_DIRECTIONS: Final = 16
"""Leading directions of the vectors that a forecast looks at."""


def with_vectors(history: SalesHistory, table: EmbeddingTable) -> SalesHistory:
    """The history with its products' places along the leading directions of all products' vectors, NaN without one.

    Args:
        table: learnt before the first week that is forecast or held out.

    Source: Eckart and Young 1936 (the truncated singular value decomposition).
    """
    stacked = np.hstack([table.spaces[name] for name in sorted(table.spaces)]).astype(np.float64)
    left, sizes, right = np.linalg.svd(stacked - stacked.mean(axis=0), full_matrices=False)
    number = min(NUM_DIRECTIONS, len(sizes))
    strongest = np.abs(right[:number]).argmax(axis=1)
    places = left[:, :number] * sizes[:number] * np.sign(right[np.arange(number), strongest])
    row = history.keys["sku"].map(table.rows).fillna(-1).to_numpy(np.int64)
    return replace(history, vectors=np.where(row[:, None] >= 0, places[row], np.nan).astype(np.float32))


def embedding_features(panel: Panel, _origin: int, _target: int, rows: Rows) -> dict[str, Grid]:
    """The product's place along each leading direction; alike in all weeks and stores. None without vectors."""
    vectors = panel.history.vectors
    return {} if vectors is None else {f"direction_{at}": vectors[rows, at] for at in range(vectors.shape[1])}

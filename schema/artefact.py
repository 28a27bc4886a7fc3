"""Artefact: one immutable model version, everything serving needs of what was learnt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from schema.demand import SavedForecast
from schema.embeddings import EmbeddingTable
from schema.ranker import SavedRanker
from schema.relations import Relations


@dataclass(frozen=True)
class Artefact:
    """A model version: relations, vectors and popularity, with the manifest that says how they came about.

    Attributes:
        model_version: first 12 hex digits of the sha256 over the saved files' hashes.
        relations: both learnt relations, 20 candidates per anchor.
        embeddings: product vectors in four spaces.
        popularity: `sku` and `num_baskets` (recent, decayed; float32), most bought first.
        ranker: what orders products for baskets; None where too little was bought to learn it from.
        forecast: units by product, store and week to come; None where the shop has no weekly sales.
        manifest: seed, as_of, lake_version, data_hash, code_commit, library versions, settings, metrics, fit_seconds,
            and the costs of each part (`measures/costs.py`).
    """

    model_version: str
    relations: Relations
    embeddings: EmbeddingTable
    popularity: pa.Table
    manifest: Mapping[str, Any]
    ranker: SavedRanker | None = None
    forecast: SavedForecast | None = None

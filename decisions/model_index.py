"""ModelIndex: one artefact laid out by the shop's product rows, for questions answered in microseconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from decisions.ports import Ranker
from decisions.ranked import ShopRanker
from schema.artefact import Artefact
from schema.demand import SavedForecast
from schema.edges import RELATION_NAMES, RelationName
from schema.embeddings import EmbeddingTable, Space, Vectors
from schema.facts import Rows, ShopFacts

COLUMNS: Final = ("probability", "transfer_share", "num_baskets", "num_switches", "is_same_category", "text_similarity")


@dataclass(frozen=True)
class Candidates:
    """The candidates of one anchor, or of many; best first within an anchor.

    Attributes:
        rows: `[n]` product rows.
        columns: `[n]` each of COLUMNS; NaN where the artefact leaves one empty.
    """

    rows: Rows
    columns: Mapping[str, npt.NDArray[np.float32]]

    @property
    def probability(self) -> npt.NDArray[np.float32]:
        """`[n]` chance that a reviewer would call the pair so."""
        return self.columns["probability"]

    def cut(self, start: int, stop: int) -> "Candidates":
        """The candidates from `start` to before `stop`."""
        return Candidates(self.rows[start:stop], {name: values[start:stop] for name, values in self.columns.items()})


@dataclass(frozen=True)
class ModelIndex:
    """An artefact by product row; products it has never seen have no candidates and vectors of zeros.

    Attributes:
        model_version: the artefact's.
        is_calibrated: whether its probabilities were fitted on people's labels.
        popular: product rows, most bought first.
        popularity: `[len(popular)]` 1 for the first, falling.
        spaces: `[num_products, width]` float32 each.
        categories: product rows by category, ascending.
        ranker: the order of products for baskets; None where the artefact has none.
        forecast: units to come; None where the artefact has none, and `no_forecast` says why.
        no_days: why it tells no days, where it tells none.
        relations: by relation, all candidates sorted by (anchor, rank), and `[num_products + 1]` where each anchor's
            begin.
    """

    model_version: str
    is_calibrated: bool
    popular: Rows
    popularity: npt.NDArray[np.float32]
    spaces: Mapping[Space, Vectors]
    categories: Mapping[str, Rows]
    relations: Mapping[RelationName, tuple[Candidates, Rows]]
    ranker: ShopRanker | None = None
    forecast: SavedForecast | None = None
    no_forecast: str = ""
    no_days: str = ""

    @classmethod
    def of(cls, artefact: Artefact, base: ShopFacts, *, ranker: Ranker | None = None) -> "ModelIndex":
        """The index of an artefact for a shop's products; candidates the shop no longer has are left out.

        Args:
            ranker: the artefact's own, opened.
        """
        skus = base.skus
        keys = pa.array(skus, pa.string())
        popular = _rows(artefact.popularity["sku"], keys)
        weight = artefact.popularity["num_baskets"].to_numpy().astype(np.float32)[popular >= 0]
        return cls(
            model_version=artefact.model_version,
            is_calibrated=artefact.relations.is_calibrated,
            popular=popular[popular >= 0],
            popularity=weight / max(float(weight.max(initial=0.0)), 1e-9),
            spaces=_aligned(artefact.embeddings, skus),
            categories=_by_category(base.category_ids),
            relations={name: _sorted(artefact.relations.table, name, keys) for name in RELATION_NAMES},
            ranker=None if ranker is None else ShopRanker(ranker, _model_rows(artefact.embeddings, skus)),
            forecast=artefact.forecast,
            no_forecast=str(artefact.manifest.get("forecast", "")),
            no_days=str(artefact.manifest.get("forecast_days", "")),
        )

    def candidates(self, relation: RelationName, anchor: int) -> Candidates:
        """The candidates of one product row, best first."""
        table, starts = self.relations[relation]
        return table.cut(int(starts[anchor]), int(starts[anchor + 1]))

    def substituted_by(self, candidate: int) -> Rows:
        """The anchors that one product row is a substitute of, ascending."""
        order, rows, anchors = self._by_substitute
        first, last = np.searchsorted(rows, [candidate, candidate + 1])
        return np.asarray(anchors[order[first:last]])

    @cached_property
    def _by_substitute(self) -> tuple[Rows, Rows, Rows]:
        table, starts = self.relations["SUBSTITUTES_FOR"]
        order = np.argsort(table.rows, kind="stable").astype(np.int64)
        return order, table.rows[order], np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _rows(skus: pa.ChunkedArray, keys: pa.Array) -> Rows:
    return pc.fill_null(pc.index_in(pc.cast(skus, pa.string()), value_set=keys), -1).to_numpy().astype(np.int64)


def _sorted(table: pa.Table, relation: RelationName, keys: pa.Array) -> tuple[Candidates, Rows]:
    """A relation's candidates, in the order of the artefact's table, which is the order of `keys` and rank."""
    named = table["relation"]
    own = table.slice(max(pc.index(named, relation).as_py(), 0), pc.sum(pc.equal(named, relation)).as_py() or 0)
    rows, anchors = _rows(own["sku"], keys), _rows_of_runs(own["other_sku"], keys)
    kept = (rows >= 0) & (anchors >= 0)
    columns = {name: _floats(own[name])[kept] for name in COLUMNS}
    starts = np.searchsorted(anchors[kept], np.arange(len(keys) + 1)).astype(np.int64)
    return Candidates(rows[kept], columns), starts


def _rows_of_runs(skus: pa.ChunkedArray, keys: pa.Array) -> Rows:
    """As `_rows`, for skus that stand many times on end: each is looked up once."""
    runs = pc.run_end_encode(skus.combine_chunks())
    lengths = np.diff(runs.run_ends.to_numpy(), prepend=0)
    return np.repeat(_rows(pa.chunked_array([runs.values]), keys), lengths)


def _by_category(category_ids: tuple[str, ...]) -> Mapping[str, Rows]:
    codes = pa.array(category_ids, pa.string()).dictionary_encode()
    order = np.argsort(codes.indices.to_numpy(), kind="stable").astype(np.int64)
    starts = np.searchsorted(codes.indices.to_numpy()[order], np.arange(len(codes.dictionary) + 1))
    names = codes.dictionary.to_pylist()
    return {name: order[starts[place] : starts[place + 1]] for place, name in enumerate(names) if name}


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    values: npt.NDArray[np.float32] = pc.fill_null(pc.cast(column, pa.float32()), float("nan")).to_numpy()
    return values


def _aligned(embeddings: EmbeddingTable, skus: tuple[str, ...]) -> Mapping[Space, Vectors]:
    if embeddings.skus == skus:
        return embeddings.spaces
    rows = _model_rows(embeddings, skus)
    known = rows >= 0
    return {space: _scattered(vectors, rows, known) for space, vectors in embeddings.spaces.items()}


def _model_rows(embeddings: EmbeddingTable, skus: tuple[str, ...]) -> Rows:
    return _rows(pa.chunked_array([pa.array(skus, pa.string())]), pa.array(embeddings.skus, pa.string()))


def _scattered(vectors: Vectors, rows: Rows, known: npt.NDArray[np.bool_]) -> Vectors:
    out = np.zeros((len(rows), vectors.shape[1]), np.float32)
    out[known] = vectors[rows[known]]
    return out

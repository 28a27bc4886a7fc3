"""The strongest candidates of every anchor, with probability and evidence, as Relations."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
import torch

from gnn.decoding import COMPLEMENT, SUBSTITUTE, Decoder
from gnn.heads import HeadVectors
from gnn.labels import KINDS
from gnn.search import ROWS, highest
from gnn.settings import TrainSettings
from gnn.steady import search_threads
from measures.text import pair_similarity
from schema.edges import RELATION_CAP, RelationName
from schema.progress import Progress
from schema.relations import RELATION_SCHEMA, Relations
from schema.snapshot import GraphSnapshot

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
FETCHED = 100
"""Candidates fetched by vectors for each anchor before probabilities order them."""

LEAST = 0.01
"""Candidates of lower probability are not kept."""


class Says(Protocol):
    """What people's labels taught to judge pairs."""

    def probabilities(self, anchors: Rows, candidates: Rows) -> npt.NDArray[np.float64]:
        """P(substitute), P(complement), P(none) `[num_pairs, 3]`."""

    def carried(self, kind: int) -> tuple[sp.csr_matrix, sp.csr_matrix]:
        """Two matrices `[num_products, num_products]` whose product ranks candidates of an anchor."""


def relate(
    snapshot: GraphSnapshot,
    decoder: Decoder,
    judge: Says | None = None,
    *,
    settings: TrainSettings,
    progress: Progress,
) -> Relations:
    """At most RELATION_CAP candidates for every anchor and relation, ordered by probability, ties by sku.

    A relation without a single label has nothing to be told by, and none of it are kept.

    Args:
        decoder: whose heads fetch candidates.
        judge: what people's labels taught, to give candidates their probability; None means the decoder does.
    """
    heads: tuple[tuple[RelationName, HeadVectors, int], ...] = (
        ("COMPLEMENTS", decoder.complement, COMPLEMENT),
        ("SUBSTITUTES_FOR", decoder.substitute, SUBSTITUTE),
    )
    if decoder.weights is None and judge is None:
        return Relations(table=RELATION_SCHEMA.empty_table(), is_calibrated=False)
    counted = _evidence(snapshot, "BOUGHT_WITH"), _evidence(snapshot, "SWITCHED_TO")
    tables = [RELATION_SCHEMA.empty_table()]
    for relation, head, place in heads:
        if not head.is_taught:
            continue
        for anchors, candidates, probability in strongest(head, decoder, judge, place, settings, progress):
            tables.append(_rows(snapshot, decoder, counted, relation, (anchors, candidates, probability)))
    return Relations(table=pa.concat_tables(tables).combine_chunks(), is_calibrated=judge is not None)


def strongest(
    head: HeadVectors,
    decoder: Decoder,
    judge: Says | None,
    place: int,
    settings: TrainSettings,
    progress: Progress,
) -> Iterator[tuple[Rows, Rows, Floats]]:
    """Anchors, candidates and probabilities of the kept pairs, block of anchors by block, sorted as Relations is."""
    size, depth = len(head.priors), FETCHED if judge is None else FETCHED // 4
    carried = judge.carried(place) if judge else None
    for start, *fetched in zip(range(0, size, ROWS), *_searches(head, decoder, judge, place, settings), strict=True):
        block = np.arange(start, min(start + ROWS, size))
        rows = [each.cpu().numpy() for each in fetched]
        if carried:
            rows.append(_fetch((carried[0][block] @ carried[1].T).toarray(), block, depth))
        candidates = np.concatenate(rows, axis=1)
        anchors = np.repeat(block, candidates.shape[1])
        keys = np.unique((anchors * size + candidates.ravel())[anchors != candidates.ravel()])
        anchors, chosen = keys // size, keys % size
        probability = (judge or decoder).probabilities(anchors, chosen)[:, place].astype(np.float32)
        order = np.lexsort((chosen, -probability, anchors))
        anchors, chosen, probability = anchors[order], chosen[order], probability[order]
        kept = (np.arange(len(anchors)) - np.searchsorted(anchors, anchors) < RELATION_CAP) & (probability >= LEAST)
        yield anchors[kept], chosen[kept], probability[kept]
        progress(f"relations: {KINDS[place]}s", int(block[-1]) + 1, size)


def _searches(
    head: HeadVectors, decoder: Decoder, judge: Says | None, place: int, settings: TrainSettings
) -> list[Iterator[torch.Tensor]]:
    """By the head's vectors and, for substitutes, by names: the rows of candidates, block of anchors by block."""
    threads, depth = search_threads(settings), FETCHED if judge is None else FETCHED // 4
    ends = [torch.from_numpy(each).to(settings.device) for each in (head.anchors, head.candidates, head.priors)]
    searches = [highest(ends[0], ends[1], ends[2], depth=depth, num_threads=threads)]
    if place == SUBSTITUTE:
        text = torch.from_numpy(decoder.content.text).to(settings.device)
        names = highest(text, text, torch.zeros_like(ends[2]), depth=FETCHED // 4, num_threads=threads)
        searches.append(names)
    return searches


def _fetch(scores: Floats, block: Rows, depth: int) -> Rows:
    scores[np.arange(len(block)), block] = -np.inf
    depth = min(depth, scores.shape[1])
    return torch.topk(torch.from_numpy(scores), depth, dim=1).indices.numpy()


def _evidence(snapshot: GraphSnapshot, name: str) -> sp.csr_matrix:
    """How often each pair was counted `[num_products, num_products]`, anchor to candidate."""
    source, target = snapshot.edge_index(name)
    column = "num_baskets" if name == "BOUGHT_WITH" else "num_switches"
    values = snapshot.edge_values(name, column)
    matrix = sp.csr_matrix((values, (source, target)), shape=(snapshot.num_products,) * 2)
    return sp.csr_matrix(matrix + matrix.T) if name == "BOUGHT_WITH" else matrix


def _looked_up(counts: sp.csr_matrix, anchors: Rows, candidates: Rows) -> Rows:
    if not len(anchors):  # scipy answers an empty index with a matrix
        return np.empty(0, np.int64)
    return np.asarray(counts[anchors, candidates]).ravel().astype(np.int64)


def _rows(
    snapshot: GraphSnapshot,
    decoder: Decoder,
    counted: tuple[sp.csr_matrix, sp.csr_matrix],
    relation: RelationName,
    pairs: tuple[Rows, Rows, Floats],
) -> pa.Table:
    anchors, candidates, probability = pairs
    category, skus = decoder.content.category, snapshot.keys("Product")
    baskets, switches = (_looked_up(one, anchors, candidates) for one in counted)
    columns = {
        "relation": pa.array([relation] * len(anchors), pa.string()),
        "other_sku": skus.take(pa.array(anchors)),
        "rank": pa.array(np.arange(len(anchors)) - np.searchsorted(anchors, anchors) + 1, pa.int32()),
        "sku": skus.take(pa.array(candidates)),
        "probability": pa.array(probability),
        "transfer_share": pa.nulls(len(anchors), pa.float32()),
        "num_baskets": pa.array(baskets),
        "num_switches": pa.array(switches),
        "is_same_category": pa.array((category[anchors] == category[candidates]) & (category[anchors] >= 0)),
        "text_similarity": pa.array(pair_similarity(decoder.content.names, anchors, candidates)),
    }
    return pa.table(columns, schema=RELATION_SCHEMA)

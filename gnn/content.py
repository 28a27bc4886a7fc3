"""Content tower: what is known of a product before anybody buys it, as numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

from gnn.settings import TrainSettings
from measures.text import name_vectors
from schema.edges import EDGES
from schema.snapshot import GraphSnapshot

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Content:
    """What the catalogue says of each product.

    Attributes:
        names: `[num_products, buckets]` n-gram vectors of length 1.
        text: `[num_products, text_width]` the same in few directions, rows of length 1 or 0.
        category: `[num_products]` row of its category; -1 where it has none.
        price: `[num_products]` log of the list price less the mean of its category; 0 where unknown.
        features: `[num_products, width]` all of it for the network, columns of like scale.
    """

    names: sp.csr_matrix
    text: Floats
    category: Rows
    price: Floats
    features: Floats


def read_content(snapshot: GraphSnapshot, settings: TrainSettings) -> Content:
    """Names, brand, category path, supplier, price position and size of every product of a snapshot."""
    products = snapshot.nodes["Product"]
    names = name_vectors(products.column("name").to_pylist())
    text = unit_rows(leading_directions(names, settings.text_width, settings.seed))
    attributes = leading_directions(_attributes(snapshot), settings.attribute_width, settings.seed)
    category = first_target(snapshot, "IN_CATEGORY")
    price = _less_mean(_log_amount(snapshot, "list_price"), category)
    size = _less_mean(_log_amount(snapshot, "size"), category)
    blocks = {
        "names": text * np.sqrt(settings.text_width),
        "attributes": _like_scale(attributes),
        "price and size": np.stack([price, size], axis=1),
    }
    features = np.concatenate([block * (name not in settings.without) for name, block in blocks.items()], axis=1)
    return Content(names=names, text=text, category=category, price=price, features=features.astype(np.float32))


def leading_directions(matrix: sp.csr_matrix, width: int, seed: int) -> Floats:
    """Rows in the `width` strongest singular directions `[num_rows, width]`, zero beyond the matrix's rank bound."""
    result = np.zeros((matrix.shape[0], width), np.float32)
    matrix = matrix[:, np.unique(matrix.indices)]  # hashed columns are mostly empty, and would be worked on too
    depth = min(width, matrix.shape[0] - 1, matrix.shape[1] - 1)
    if depth < 1 or matrix.nnz == 0:
        return result
    directions, strengths, _ = randomized_svd(matrix, depth, n_iter=4, random_state=seed)
    result[:, :depth] = directions * strengths
    return result


def unit_rows(rows: Floats) -> Floats:
    """Rows scaled to length 1; rows of zeros stay."""
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def first_target(snapshot: GraphSnapshot, name: str) -> Rows:
    """The node each product points to by a relationship `[num_products]`; -1 where there is none."""
    result = np.full(snapshot.num_products, -1, np.int64)
    ends = snapshot.edge_index(name)[:, ::-1]
    result[ends[0]] = ends[1]
    return result


def _attributes(snapshot: GraphSnapshot) -> sp.csr_matrix:
    """Membership of brands, categories with all above them, and suppliers, each block's rows of length 1 or 0."""
    category = _incidence(snapshot, "IN_CATEGORY")
    above = _incidence(snapshot, "PART_OF")
    path, level = category, category
    for _ in range(8):
        level = sp.csr_matrix(level @ above)
        if level.nnz == 0:
            break
        path = sp.csr_matrix(path + level)
    supplier = sp.csr_matrix(_incidence(snapshot, "SUPPLIES").T)
    blocks = [_rows_of_length_one(block) for block in (path, _incidence(snapshot, "OF_BRAND"), supplier)]
    return sp.csr_matrix(sp.hstack(blocks), dtype=np.float32)


def _incidence(snapshot: GraphSnapshot, name: str) -> sp.csr_matrix:
    edge = EDGES[name]
    shape = (snapshot.nodes[edge.source].num_rows, snapshot.nodes[edge.target].num_rows)
    source, target = snapshot.edge_index(name)
    matrix = sp.csr_matrix((np.ones(len(source), np.float32), (source, target)), shape=shape)
    matrix.data[:] = 1.0
    return matrix


def _rows_of_length_one(matrix: sp.csr_matrix) -> sp.csr_matrix:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.csr_matrix(sp.diags(1.0 / np.maximum(lengths, 1e-9)) @ matrix)


def _log_amount(snapshot: GraphSnapshot, column: str) -> npt.NDArray[np.float64]:
    """log(1 + amount) `[num_products]`, NaN where it is unknown or not a number."""
    values = pc.cast(snapshot.nodes["Product"].column(column), "float64")
    amounts = pc.fill_null(values, float("nan")).to_numpy(zero_copy_only=False)
    return np.log1p(np.where(np.isfinite(amounts) & (amounts >= 0), amounts, np.nan))


def _less_mean(values: npt.NDArray[np.float64], group: Rows) -> Floats:
    """Values less their group's mean, over the whole's deviation; 0 where unknown. Group -1 is a group too."""
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values), np.float32)
    members, filled = group + 1, np.where(known, values, 0.0)
    means = np.bincount(members, weights=filled) / np.maximum(np.bincount(members, weights=known), 1)
    gaps = np.where(known, filled - means[members], 0.0)
    return np.clip(gaps / max(float(gaps.std()), 1e-6), -4, 4).astype(np.float32)


def _like_scale(columns: Floats) -> Floats:
    return columns / max(float(columns.std()), 1e-6)

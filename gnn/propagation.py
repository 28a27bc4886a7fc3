"""Decoupled, weight-free propagation: features carried over relations and metapaths once a fit."""

import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch_geometric.data import HeteroData
from torch_geometric.utils import spmm, to_torch_csr_tensor

from gnn.targets import fold_of

Floats = npt.NDArray[np.float32]
METAPATHS = ("C", "CC", "S", "SS", "CS", "SC", "B")
"""C bought with, S switched to (either way), B bought by one customer; read from right to left."""


def fold_views(data: HeteroData, features: Tensor, *, num_folds: int, seed: int) -> Iterator[Tensor]:
    """Features beside their means over every metapath `[num_products, (1 + len(METAPATHS)) × width]` float16.

    One view for each fold, whose product pairs are left out of C and S there, and last one over every edge.

    Args:
        features: `[num_products, width]` float32.

    Source: Frasca et al. 2020, SIGN, equation 4, with one operator for each metapath.
    """
    by_customer, to_customer = _customer_operators(data)
    bought = spmm(by_customer, spmm(to_customer, features))
    del by_customer, to_customer  # the largest there are, and no fold changes them
    for without_fold in (*range(num_folds), None):
        together = _pair_operator(data, "BOUGHT_WITH", without_fold, num_folds, seed)
        switched = _pair_operator(data, "SWITCHED_TO", without_fold, num_folds, seed)
        once, other = spmm(together, features), spmm(switched, features)
        views = {
            "C": once,
            "CC": spmm(together, once),
            "S": other,
            "SS": spmm(switched, other),
            "CS": spmm(together, other),
            "SC": spmm(switched, once),
            "B": bought,
        }
        yield torch.cat([features.half(), *(_like_scale(views[path]).half() for path in METAPATHS)], dim=1)


def _pair_operator(data: HeteroData, name: str, without_fold: int | None, num_folds: int, seed: int) -> Tensor:
    """Row-normalised adjacency among products, both directions, as a sparse tensor."""
    store = data["Product", name, "Product"]
    ends, weights = store.edge_index, store.edge_weight
    if without_fold is not None:
        folds = fold_of(ends[0].numpy(), ends[1].numpy(), num_folds, seed)
        kept = torch.from_numpy(folds != without_fold)
        ends, weights = ends[:, kept], weights[kept]
    if name == "SWITCHED_TO":
        ends, weights = torch.cat([ends, ends.flip(0)], dim=1), torch.cat([weights, weights])
    return _row_mean(ends, weights, (data["Product"].num_nodes,) * 2)


def _customer_operators(data: HeteroData) -> tuple[Tensor, Tensor]:
    """Means from customers to products, and from products to customers."""
    store = data["Customer", "BOUGHT", "Product"]
    shape = (data["Customer"].num_nodes, data["Product"].num_nodes)
    to_customer = _row_mean(store.edge_index, store.edge_weight, shape)
    return _row_mean(store.edge_index.flip(0), store.edge_weight, shape[::-1]), to_customer


def _row_mean(ends: Tensor, weights: Tensor, shape: tuple[int, ...]) -> Tensor:
    totals = torch.zeros(shape[0]).index_add_(0, ends[0], weights)
    shares = weights / totals.clamp(min=1e-9)[ends[0]]
    with warnings.catch_warnings():
        # torch tells once that CSR tensors are young and unchecked; nothing a user could act on
        warnings.filterwarnings("ignore", message=".*[Ss]parse.*")
        return to_torch_csr_tensor(ends, shares, size=shape, is_coalesced=False)


def _like_scale(view: Tensor) -> Tensor:
    """Columns divided by the view's deviation, so that averaging over neighbours does not silence it."""
    return view / view.std().clamp(min=1e-6) if view.numel() > 1 else view

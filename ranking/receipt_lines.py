"""Neighbouring lines: what stands close together on a receipt, which tells more than what shares a long one."""

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ranking.baskets import BasketMatrix

WINDOW: Final = 6
"""Lines that are read as one small basket; of 2 to 12 the best for baskets before 2011-06-06 on Online Retail."""


def line_windows(baskets: BasketMatrix, *, width: int = WINDOW) -> tuple[sp.csr_matrix, npt.NDArray[np.int64]]:
    """The products of each line and of the `width` - 1 after it, and the basket that each such window is of.

    Where the order of lines is not known, each basket is one window.

    Returns:
        `[num_windows, num_products]` float32, 1 where held, and `[num_windows]` rows of baskets.
    """
    if baskets.lines is None:
        return baskets.held, np.arange(baskets.held.shape[0], dtype=np.int64)
    lines = sp.coo_matrix(baskets.lines)
    order = np.lexsort((lines.data, lines.row))
    basket, product = lines.row[order].astype(np.int64), lines.col[order]
    starts, held = [], []
    for ahead in range(min(width, max(len(basket), 1))):
        first = np.flatnonzero(basket[: len(basket) - ahead] == basket[ahead:])
        starts.append(first)
        held.append(product[first + ahead])
    windows = np.concatenate(starts), np.concatenate(held)
    shape = (len(basket), baskets.held.shape[1])
    return sp.csr_matrix((np.ones(len(windows[0]), np.float32), windows), shape=shape), basket

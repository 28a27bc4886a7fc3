"""SavedRanker: a fitted order of products as plain arrays and texts, as a registry keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class SavedRanker:
    """Everything a ranker is made of that its artefact does not hold already.

    Attributes:
        arrays: by name; products stand in the order of the artefact's embeddings.
        texts: by name.
    """

    arrays: Mapping[str, Array]
    texts: Mapping[str, str]


@dataclass(frozen=True)
class RankedProducts:
    """How well products complete a basket: its candidates, few of a large catalogue.

    Attributes:
        rows: `[num_candidates]` int64 products, distinct.
        scores: `[num_candidates]` float32, above 0, comparable within a basket.
        callers: `[num_candidates]` int64, the row of the basket's product that calls loudest for each; -1 for what
            none calls for.
    """

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]
    callers: npt.NDArray[np.int64]

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
    """How well each product completes a basket.

    Attributes:
        scores: `[num_products]` float32, above 0 for candidates, 0 for everything else; comparable within a basket.
        callers: `[num_products]` int64, the row of the basket's product that calls loudest for each candidate; -1 for
            what none calls for.
    """

    scores: npt.NDArray[np.float32]
    callers: npt.NDArray[np.int64]

"""Seeded randomness for the synthetic shop: streams by name, and tastes that need no memory."""

import zlib
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


def stream(seed: int, name: str, part: int = 0) -> np.random.Generator:
    """A generator of its own for each (seed, name, part), so that one stage's draws never shift another's."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), part])


def uniform_of(first: npt.NDArray[np.integer], second: npt.NDArray[np.integer], salt: int) -> Floats:
    """A fixed uniform in (0, 1) for each pair of whole numbers, float32 of their broadcast shape.

    The same pair gives the same number wherever it is asked for: a household's taste for a product needs no table.

    Source: Steele, Lea and Flood 2014, SplitMix64's finaliser.
    """
    mixed = (
        first.astype(np.uint64) * _GOLDEN + second.astype(np.uint64) * _FIRST + np.uint64(salt * int(_SECOND) % 2**64)
    )
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND
    mixed ^= mixed >> np.uint64(31)
    return ((mixed >> np.uint64(41)).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-23)


def normal_of(first: npt.NDArray[np.integer], second: npt.NDArray[np.integer], salt: int) -> Floats:
    """A fixed bell-shaped taste of mean 0 and sd 1 for each pair, float32: a logistic, scaled."""
    uniform = uniform_of(first, second, salt)
    return np.log(uniform / (1 - uniform)) * np.float32(np.sqrt(3) / np.pi)


def between(rng: np.random.Generator, bounds: list[float], count: int) -> Floats:
    """Uniform draws between two bounds, `[count]` float32."""
    return rng.uniform(bounds[0], bounds[1], count).astype(np.float32)


def pieces(lengths: npt.NDArray[np.integer]) -> tuple[Ints, Ints]:
    """For ragged rows: the row of each element, and its position within the row, both `[sum(lengths)]`."""
    row = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    return row, np.arange(len(row)) - starts[row]

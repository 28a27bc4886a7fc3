"""Pack sizes that can be compared: amounts in one unit of mass, volume, length or count."""

from typing import Final

import numpy as np

_UNITS: Final[dict[str, tuple[str, float]]] = {
    "mg": ("g", 0.001),
    "g": ("g", 1.0),
    "kg": ("g", 1000.0),
    "oz": ("g", 28.349523),
    "lb": ("g", 453.59237),
    "ml": ("ml", 1.0),
    "cl": ("ml", 10.0),
    "dl": ("ml", 100.0),
    "l": ("ml", 1000.0),
    "fl oz": ("ml", 29.573530),
    "cm": ("cm", 1.0),
    "m": ("cm", 100.0),
}


def amount(size: float, unit: str) -> tuple[str, float] | None:
    """The unit a pack is compared in, and how much of it there is; None where size or unit is unknown.

    Units outside the table compare with themselves only.
    """
    word = unit.strip().lower()
    if not word or np.isnan(size) or size <= 0:
        return None
    name, factor = _UNITS.get(word, (word, 1.0))
    return name, size * factor


def is_alike(one: tuple[str, float] | None, other: tuple[str, float] | None, tolerance: float) -> bool:
    """Whether one pack is at most `tolerance` times the other; unknown sizes pass, different kinds of unit do not."""
    if one is None or other is None:
        return True
    if one[0] != other[0]:
        return False
    return bool(max(one[1], other[1]) <= tolerance * min(one[1], other[1]))

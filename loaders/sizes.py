"""Package sizes as printed on a shelf label, read as an amount and a unit."""

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_UNITS: Final = {
    unit: (name, factor)
    for name, factor, words in (
        ("oz", 1.0, "OZ OZS"),
        ("lb", 1.0, "LB LBS"),
        ("g", 1.0, "G GM GR GRAM"),
        ("kg", 1.0, "KG"),
        ("ml", 1.0, "ML"),
        ("l", 1.0, "L LT LTR"),
        ("pt", 1.0, "PT"),
        ("qt", 1.0, "QT"),
        ("gal", 1.0, "GAL GA GALON"),
        ("count", 1.0, "CT PC PCS PK PKS"),
        ("count", 12.0, "DZ DOZ DZN"),
        ("in", 1.0, "IN"),
        ("ft", 1.0, "FT FOOT"),
        ("yd", 1.0, "YD YDS"),
        ("cm", 1.0, "CM"),
        ("load", 1.0, "LOAD LOADS LD LDS"),
        ("sheet", 1.0, "SHEET SHEETS"),
    )
    for unit in words.split()
}
_PLAIN: Final = re.compile(r"(\d*\.?\d+) ?([A-Z]+)")
_PACK: Final = re.compile(r"(\d+) ?(?:PK|CT) ?/ ?(\d*\.?\d+) ?([A-Z]+)")


def read_size(text: str) -> tuple[float, str] | None:
    """The amount (above 0) and unit that a label tells, `12 PK/12 OZ` being 144 oz; None where it is not clear."""
    label = text.strip().upper()
    pack, plain = _PACK.fullmatch(label), _PLAIN.fullmatch(label)
    if pack is not None:
        amount, word = int(pack[1]) * float(pack[2]), pack[3]
    elif plain is not None:
        amount, word = float(plain[1]), plain[2]
    else:
        return None
    if word not in _UNITS or amount <= 0:
        return None
    unit, factor = _UNITS[word]
    return amount * factor, unit


def with_sizes(rows: pa.Table, label: str) -> pa.Table:
    """The rows with `size` and `size_unit` read from the column `label`."""
    codes = rows.column(label).combine_chunks().dictionary_encode()
    read = [read_size(text) or (None, None) for text in codes.dictionary.to_pylist()]
    sizes = pa.array([size for size, _ in read], pa.float64())
    units = pa.array([unit for _, unit in read], pa.string())
    rows = rows.append_column("size", pc.take(sizes, codes.indices))
    return rows.append_column("size_unit", pc.take(units, codes.indices))

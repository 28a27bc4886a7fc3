"""What has to be added, changed and taken away so that one table of rows becomes another."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Difference:
    """Row numbers in the wanted and the actual table.

    Attributes:
        added: rows of `wanted` that `actual` has not.
        same, same_actual: rows of both that are one thing, in the same order.
        changed: positions in `same` where other columns differ.
        gone: rows of `actual` that `wanted` has not.
    """

    added: Rows
    same: Rows
    same_actual: Rows
    changed: Rows
    gone: Rows

    @property
    def is_empty(self) -> bool:
        """Whether both tables hold the same rows."""
        return not (len(self.added) or len(self.changed) or len(self.gone))


def difference(wanted: pa.Table, actual: pa.Table, identity: list[str]) -> Difference:
    """How `actual` differs from `wanted`, whatever the order of their rows.

    Args:
        wanted: rows as they should be.
        actual: rows as they are; may have further columns.
        identity: the columns that say which thing a row is. Where one table has a thing several times, its rows are
            matched one by one and those left over are added or gone.
    """
    keys = _numbered(wanted, actual, identity)
    mine, theirs = keys[: wanted.num_rows], keys[wanted.num_rows :]
    _, same, same_actual = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
    differs = np.zeros(len(same), np.bool_)
    for name in (name for name in wanted.column_names if name not in identity):
        differs |= _differs(wanted.column(name).take(same), actual.column(name).take(same_actual))
    return Difference(
        added=np.setdiff1d(np.arange(len(mine)), same, assume_unique=True),
        same=same,
        same_actual=same_actual,
        changed=np.flatnonzero(differs),
        gone=np.setdiff1d(np.arange(len(theirs)), same_actual, assume_unique=True),
    )


def _differs(left: pa.ChunkedArray, right: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    equal = pc.fill_null(pc.equal(left, right), False)
    both_null = pc.and_(pc.is_null(left), pc.is_null(right))
    return ~np.asarray(pc.or_(equal, both_null).to_numpy(), np.bool_)


def _numbered(wanted: pa.Table, actual: pa.Table, identity: list[str]) -> Rows:
    """A number for each row of both, `wanted` first: equal across them for one thing, unique within each."""
    both = pa.concat_tables([wanted.select(identity), actual.select(identity)])
    is_actual = np.arange(both.num_rows) >= wanted.num_rows
    codes = [*(_codes(both.column(name)) for name in identity), is_actual]
    order = np.lexsort(codes[::-1])
    begins_thing, begins_side = _begins(codes[:-1], order), _begins(codes, order)
    positions = np.arange(both.num_rows)
    occurrence = positions - np.maximum.accumulate(np.where(begins_side, positions, 0))
    numbers = np.empty(both.num_rows, np.int64)
    numbers[order] = np.cumsum(begins_thing) * (occurrence.max(initial=0) + 1) + occurrence
    return numbers


def _begins(codes: list[npt.NDArray[np.int64]], order: Rows) -> npt.NDArray[np.bool_]:
    begins = np.zeros(len(order), np.bool_)
    begins[:1] = True
    for code in codes:
        ordered = code[order]
        begins[1:] |= ordered[1:] != ordered[:-1]
    return begins


def _codes(column: pa.ChunkedArray) -> Rows:
    if pa.types.is_integer(column.type) and not column.null_count:
        return np.asarray(column.to_numpy(), np.int64)
    encoded = pc.dictionary_encode(column.combine_chunks(), null_encoding="encode")
    return np.asarray(encoded.indices.to_numpy(), np.int64)

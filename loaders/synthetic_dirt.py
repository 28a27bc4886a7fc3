"""Planted dirt: faulty rows added to a table, each kind counted."""

import pyarrow as pa
import pyarrow.compute as pc

from loaders.synthetic_chance import stream
from loaders.synthetic_parameters import DirtParameters, Fault


def plant(table: str, rows: pa.Table, dirt: DirtParameters, seed: int) -> tuple[pa.Table, dict[str, int]]:
    """The rows with faulty ones after them, and how many of each kind there are."""
    faults = [fault for fault in dirt.fault if fault.table == table]
    if not faults or dirt.scale == 0 or rows.num_rows == 0:
        return rows, {}
    rng = stream(seed, f"dirt {table}")
    wanted = [max(1, round(fault.share * dirt.scale * rows.num_rows)) for fault in faults]
    total = min(sum(wanted), rows.num_rows)
    # Rows are drawn without repeats over all faults, so that no row is both duplicated and contradicted.
    drawn = rng.choice(rows.num_rows, total, replace=False)
    pieces, counts, first = [rows], {}, 0
    for fault, count in zip(faults, wanted, strict=True):
        picked = rows.take(pa.array(sorted(drawn[first : first + count])))
        first += count
        if picked.num_rows:
            pieces.append(_spoilt(picked, fault, first))
            counts[fault.kind] = picked.num_rows
    return pa.concat_tables(pieces), counts


def _spoilt(rows: pa.Table, fault: Fault, first: int) -> pa.Table:
    if fault.exact:
        return rows
    if fault.fresh:
        rows = _renewed(rows, fault, first)
    place = rows.schema.get_field_index(fault.column)
    kind = rows.schema.field(fault.column).type
    return rows.set_column(place, fault.column, pa.array([fault.value] * rows.num_rows, kind))


def _renewed(rows: pa.Table, fault: Fault, first: int) -> pa.Table:
    """The rows with a key that no good row has: words get a tail, numbers and days move far out."""
    name, kind = fault.fresh, rows.schema.field(fault.fresh).type
    place, tail = rows.schema.get_field_index(name), pa.array(range(first + 1000, first + 1000 + rows.num_rows))
    if kind == pa.string():
        renewed = pc.binary_join_element_wise(rows.column(name), pc.cast(tail, kind), "-")
    elif kind == pa.date32():
        renewed = pc.cast(pc.add(pc.cast(rows.column(name), pa.int32()), pc.cast(tail, pa.int32())), kind)
    else:
        renewed = tail
    return rows.set_column(place, name, renewed)

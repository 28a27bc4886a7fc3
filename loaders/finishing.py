"""A staged part becomes a finished table: foreign keys, keys, the category tree, missing ids, and its hash."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loaders.content_hash import TableHash
from loaders.intake import Intake
from loaders.keys import REPEATS, Keys, Rows, places_of
from loaders.parts import Part
from loaders.raw_files import BATCH_ROWS
from loaders.rejects import FILE, LINE, breaches
from schema.table_specs import SPECS, TableSpec

CYCLE = "has itself above it in the tree"
_MADE_IDS = {"redemption_id", "verdict_id"}


@dataclass
class _Findings:
    """Rows of a part that may not be kept."""

    intake: Intake
    part: Part
    bad: Rows

    def reject(self, column: str, rows: pa.Array, values: pa.Array, rule: str) -> None:
        """Count and write down rows that break a rule; a row is counted once."""
        new = np.setdiff1d(np.asarray(rows), self.bad)
        self.bad = np.union1d(self.bad, new)
        places = places_of(self.part.places, np.asarray(rows))
        found = breaches(files=places[FILE], lines=places[LINE], column=column, values=values, rule=rule)
        self.intake.rejects.add(self.part.spec.name, found, rows=len(new), spelt=self.part.spelt)

    def drop(self, rows: pa.Array) -> None:
        """Count rows that say again what an earlier one said."""
        self.intake.rejects.account(self.part.spec.name).duplicates += len(rows)
        self.bad = np.union1d(self.bad, np.asarray(rows))

    def keys(self) -> Keys:
        """The keys of the rows that are left."""
        return Keys(self.intake.database, self.part.path, self.bad)


def finish(part: Part, parts: Mapping[str, Part], finished: Path, intake: Intake) -> Mapping[str, pa.Array]:
    """Write the table's final rows to `finished/NAME.parquet`.

    Args:
        parts: every part of the load; those that this one refers to are finished already.

    Returns:
        By table, ids that rows here name, that it lacks, and that `create_missing` admits.
    """
    findings = _Findings(intake, part, np.empty(0, np.int64))
    missing = _check_foreign_keys(findings, parts, finished) | _check_tree(findings)
    made = _made_column(part.spec)
    has_given = made is None or findings.keys().count(made) > 0
    if has_given:
        _check_keys(findings, made)
    made_values = {made: _made_values(findings.keys(), made, part.spec)} if made is not None else {}
    _write(part, findings.bad, made_values, finished)
    return missing


def _check_foreign_keys(findings: _Findings, parts: Mapping[str, Part], finished: Path) -> dict[str, pa.Array]:
    missing: dict[str, pa.Array] = {}
    keys = findings.keys()
    for column in findings.part.spec.columns:
        if column.references is None:
            continue
        parent, key = column.references.split(".")
        admits = parent in findings.intake.options.create_missing
        if parent == findings.part.spec.name:
            continue
        if parent not in parts and not admits:
            _note_unchecked(findings, column.name, parent)
            continue
        path = finished / f"{parent}.parquet"
        unknown = keys.unknown(column.name, path, key)
        if admits:
            ids = [missing[parent]] if parent in missing else []
            missing[parent] = pc.unique(pa.concat_arrays([*ids, unknown["value"].combine_chunks()]))
        elif len(unknown):
            rule = f"is not in {column.references}"
            findings.reject(column.name, unknown["row"].combine_chunks(), unknown["value"], rule)
    return missing


def _note_unchecked(findings: _Findings, column: str, parent: str) -> None:
    if findings.keys().count(column):
        findings.intake.note(
            f"{parent}: not in this folder, so that no row stands for the ids in {findings.part.spec.name}.{column}"
            f" unless an earlier load brought it; --create-missing {parent} makes them."
        )


def _check_tree(findings: _Findings) -> dict[str, pa.Array]:
    """Reject categories that go round, or whose parents are unknown and not admitted, and so those below them."""
    if findings.part.spec.name != "categories":
        return {}
    rows = pq.read_table(findings.part.path, columns=["category_id", "parent_id"]).to_pydict()
    parents = dict(zip(reversed(rows["category_id"]), reversed(rows["parent_id"]), strict=True))
    missing = {}
    if "categories" in findings.intake.options.create_missing:
        unknown = sorted({above for above in parents.values() if above is not None and above not in parents})
        missing = {"categories": pa.array(unknown, pa.string())}
        parents |= dict.fromkeys(unknown)
    faults = {category: _fault_above(category, parents) for category in parents}
    for rule in sorted({rule for rule in faults.values() if rule}):
        at = [row for row, category in enumerate(rows["category_id"]) if faults[category] == rule]
        values = pa.array([rows["parent_id"][row] for row in at], pa.string())
        findings.reject("parent_id", pa.array(at, pa.int64()), values, rule)
    return missing


def _fault_above(category: str, parents: Mapping[str, str | None]) -> str:
    seen = {category}
    above = parents[category]
    while above is not None:
        if above not in parents:
            return "is not in categories.category_id"
        if above in seen:
            return CYCLE
        seen.add(above)
        above = parents[above]
    return ""


def _check_keys(findings: _Findings, made: str | None) -> None:
    spec = findings.part.spec
    repeats = findings.keys().repeats(spec.key, spec.names, made)
    same = repeats.filter(repeats["is_same"])
    other = repeats.filter(pc.invert(repeats["is_same"]))
    if len(same):
        findings.drop(same["row"].combine_chunks())
    if len(other):
        findings.reject(spec.key[0], other["row"].combine_chunks(), other["value"], REPEATS)


def _made_column(spec: TableSpec) -> str | None:
    """The key column that is made where a row has none."""
    last = spec.key[-1]
    return last if last == "line_id" or last in _MADE_IDS else None


def _made_values(keys: Keys, column: str, spec: TableSpec) -> pa.Array:
    if column == "line_id":
        return keys.numbered(column, spec.key[0])
    return keys.content_ids(column, [name for name in spec.names if name != column])


def _write(part: Part, bad: Rows, made: Mapping[str, pa.Array], finished: Path) -> None:
    done = 0
    with pq.ParquetWriter(finished / f"{part.spec.name}.parquet", part.spec.arrow_schema) as writer:
        for kept in _kept(part.path, bad):
            filled = {name: values.slice(done, len(kept)) for name, values in made.items()}
            columns = {name: filled.get(name, kept.column(name)) for name in kept.column_names}
            writer.write_table(pa.table(columns, schema=part.spec.arrow_schema))
            done += len(kept)


def _kept(path: Path, bad: Rows) -> Iterator[pa.Table]:
    start = 0
    for batch in pq.ParquetFile(path).iter_batches(batch_size=BATCH_ROWS):
        rows = pa.Table.from_batches([batch])
        inside = bad[np.searchsorted(bad, start) : np.searchsorted(bad, start + len(rows))] - start
        start += len(rows)
        if len(inside):
            keep = np.ones(len(rows), bool)
            keep[inside] = False
            rows = rows.filter(pa.array(keep))
        yield rows


def add_bare(table: str, ids: pa.Array, finished: Path) -> None:
    """Append a row with nothing but its key for each id."""
    spec = SPECS[table]
    bare = spec.arrow_schema.empty_table()
    columns = {name: pa.nulls(len(ids), bare.schema.field(name).type) for name in spec.names}
    more = pa.table({**columns, spec.key[0]: ids}, schema=spec.arrow_schema)
    path = finished / f"{table}.parquet"
    with pq.ParquetWriter(path.with_suffix(".more"), spec.arrow_schema) as writer:
        if path.exists():
            for batch in pq.ParquetFile(path).iter_batches(batch_size=BATCH_ROWS):
                writer.write_batch(batch)
        writer.write_table(more)
    path.with_suffix(".more").replace(path)


def table_digest(table: str, finished: Path) -> str:
    """The hash of a finished table's content."""
    digest = TableHash(SPECS[table].arrow_schema)
    for batch in pq.ParquetFile(finished / f"{table}.parquet").iter_batches(batch_size=BATCH_ROWS):
        digest.update(pa.Table.from_batches([batch]))
    return digest.hexdigest()

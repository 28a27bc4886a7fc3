"""Staging: a source's folder becomes checked retail tables in a folder of their own, or nothing at all."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from loaders.content_hash import load_id
from loaders.finishing import add_bare, finish, table_digest
from loaders.intake import Intake, LoadOptions, Source, open_database
from loaders.parts import Part
from loaders.rejects import Rejects
from loaders.sources import source_named
from loaders.watching import note_staleness, note_volumes
from schema.errors import BadInput
from schema.progress import Progress, silent
from schema.table_specs import SPECS
from schema.tables import RetailTables

__all__ = ["LoadOptions", "stage"]

_WORK = ".work"


def stage(source: str, path: Path, *, into: Path, options: LoadOptions, progress: Progress = silent) -> RetailTables:
    """The tables of a source's folder, checked and written to `into`, `load.json` last.

    What an earlier staging left in `into`, whole or torn, is replaced. On failure `into` holds at most `rejects/`.

    Raises:
        BadInput: for a fault of a whole file.
        TooManyRejects: if more than `options.max_rejects` of any table's rows break the contract.
        NotFound: if there is no such source.
    """
    reader = source_named(source)
    dataset = reader.describe(path)
    _refuse_unknown(options)
    _empty(into)
    work = into / _WORK
    work.mkdir(parents=True)
    rejects = Rejects(into / "rejects")
    try:
        with open_database(work) as database:
            intake = Intake(path, work, dataset, options, rejects, database, progress)
            return _staged(reader, intake, into)
    except BaseException:
        rejects.close()
        _empty(into, but="rejects")
        raise
    finally:
        rejects.close()
        shutil.rmtree(work, ignore_errors=True)


def _staged(reader: Source, intake: Intake, into: Path) -> RetailTables:
    parts = _read(reader, intake)
    finished = intake.work / "finished"
    finished.mkdir()
    _finish(parts, finished, intake)
    _refuse_no_products(intake, finished)
    intake.rejects.check_shares(intake.options.max_rejects)
    names = [name for name in SPECS if (finished / f"{name}.parquet").exists()]
    digests = {name: table_digest(name, finished) for name in names}
    for name in names:
        (finished / f"{name}.parquet").replace(into / f"{name}.parquet")
    tallies = {name: intake.rejects.account(name).tally() for name in names}
    info = intake.dataset.info
    tables = RetailTables(into, info, load_id(info, digests), tallies)
    note_staleness(tables, intake)
    note_volumes(tables, intake)
    tables = RetailTables(into, info, tables.load_id, tallies, tuple(intake.notes))
    intake.rejects.close()
    tables.save_manifest()
    return tables


def _read(reader: Source, intake: Intake) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    try:
        for feed in reader.feeds(intake):
            if feed.table not in parts:
                parts[feed.table] = Part(feed.table, intake)
            parts[feed.table].take(feed)
    finally:
        for part in parts.values():
            part.close()
    return parts


def _finish(parts: dict[str, Part], finished: Path, intake: Intake) -> None:
    missing: dict[str, list[pa.Array]] = {}
    for table in intake.options.create_missing - set(parts):
        add_bare(table, pa.array([], pa.string()), finished)
    for done, name in enumerate(table for table in SPECS if table in parts):
        intake.progress("checking keys", done, len(parts))
        for parent, ids in finish(parts[name], parts, finished, intake).items():
            missing.setdefault(parent, []).append(ids)
    for parent, several in missing.items():
        ids = pc.unique(pa.concat_arrays(several))
        add_bare(parent, ids, finished)
        intake.rejects.account(parent).read += len(ids)
        if len(ids):
            intake.note(f"{parent}: {len(ids):,} ids that other tables name were admitted with nothing but their key.")


def _refuse_unknown(options: LoadOptions) -> None:
    able = [name for name, spec in SPECS.items() if [c.name for c in spec.columns if c.is_required] == [*spec.key]]
    for table in options.create_missing:
        if table not in able:
            raise BadInput(f"Rows of {table!r} cannot be made from an id.", remedy=f"Choose of {', '.join(able)}.")


def _refuse_no_products(intake: Intake, finished: Path) -> None:
    path = finished / "products.parquet"
    if intake.rejects.account("products").read == 0 or not path.exists():
        raise BadInput(
            "`products` holds no rows, and nothing can be done without products.",
            file=str(intake.folder),
            remedy="Export the product list again.",
        )


def _empty(into: Path, but: str = "") -> None:
    """Remove what staging writes, and nothing else."""
    (into / "load.json").unlink(missing_ok=True)
    (into / "load.json.part").unlink(missing_ok=True)
    for name in SPECS:
        (into / f"{name}.parquet").unlink(missing_ok=True)
    for folder in (_WORK, "rejects"):
        if folder != but:
            shutil.rmtree(into / folder, ignore_errors=True)

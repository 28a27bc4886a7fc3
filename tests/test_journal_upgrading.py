"""Revisions: they make exactly the tables that the code names, adopt old journals, and are applied once."""

import multiprocessing
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from journal.store import Journal
from journal.tables import METADATA
from journal.upgrading import REVISIONS, revision_of, revisions
from schema.errors import BadInput


def engine_of(address):
    return create_engine(address if "://" in address else f"sqlite:///{address}")


def test_the_revisions_make_the_tables_that_the_code_names(journal_address):
    Journal(journal_address).close()
    with engine_of(journal_address).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        missing = compare_metadata(context, METADATA)
        lacking = produce_migrations(context, METADATA).upgrade_ops
        assert not missing, f"put this into a new revision:\n{render_python_code(lacking)}"


def test_revisions_stand_in_one_line_and_are_named_by_their_numbers():
    script = ScriptDirectory(str(REVISIONS))
    assert [revision.revision for revision in reversed(list(script.walk_revisions()))] == revisions()
    assert script.get_heads() == [revisions()[-1]]


def test_a_journal_from_before_there_were_revisions_is_adopted(journal_address):
    Journal(journal_address).close()
    engine = engine_of(journal_address)
    with engine.begin() as connection:
        connection.execute(text("UPDATE numbers SET last = 7 WHERE name = 'changes'"))
        connection.execute(text("DELETE FROM numbers WHERE name NOT IN ('changes', 'verdicts')"))
        connection.execute(text("DROP TABLE alembic_version"))
        for table in set(inspect(connection).get_table_names()) - {"numbers", "changes", "verdicts"}:
            connection.execute(text(f"DROP TABLE {table}"))
    Journal(journal_address).close()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT last FROM numbers WHERE name = 'changes'")) == 7
        assert revision_of(connection) == revisions()[-1]
        assert set(METADATA.tables) <= set(inspect(connection).get_table_names())


def test_a_journal_that_a_newer_program_upgraded_is_left_alone(journal_address):
    Journal(journal_address).close()
    with engine_of(journal_address).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadInput, match="revision 9999"):
        Journal(journal_address)


def _open(address, results):
    Journal(address).close()
    results.put("opened")


def test_processes_that_open_a_new_journal_at_once_do_not_clash(journal_address):
    fork = multiprocessing.get_context("fork")
    results = fork.Queue()
    openers = [fork.Process(target=_open, args=(journal_address, results)) for _ in range(4)]
    for opener in openers:
        opener.start()
    assert [results.get(timeout=60) for _ in openers] == ["opened"] * 4
    for opener in openers:
        opener.join()


@pytest.mark.slow
def test_an_installed_wheel_makes_a_journal(tmp_path):
    root = tmp_path / "source"
    shutil.copytree(
        Path(__file__).parents[1], root, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "tests")
    )
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", str(tmp_path)]
    subprocess.run([*build, str(root)], check=True, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    unpack = [sys.executable, "-m", "zipfile", "-e", str(wheel), str(tmp_path / "installed")]
    subprocess.run(unpack, check=True)
    script = "import journal.store as s; print(s.__file__); print(s.Journal('journal.db').last_sequence())"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path / "installed", capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(tmp_path / "installed" / "journal" / "store.py"), "0"]

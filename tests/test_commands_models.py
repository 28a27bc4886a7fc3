"""`shelfgraph models` and `shelfgraph audit` from the shell's side."""

from datetime import timedelta

import pytest
from ledger_entries import NOON
from test_registry_store import save
from typer.testing import CliRunner

from commands.application import application
from commands.settings import Settings
from journal.audit import AuditLog
from registry.store import Registry
from schema.audit import Attempt, Outcome
from shelfgraph import clock, wire


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def invoke(home, *words):
    return CliRunner().invoke(application, words, obj=wire(Settings(home=home, audit_days=30)))


def test_versions_and_their_history_are_listed(home):
    registry = Registry(home / "registry")
    saved = registry.save(
        relations=save(registry).relations,
        embeddings=save(registry).embeddings,
        popularity=save(registry).popularity,
        manifest={"lake_version": 3, "as_of": "2024-05-01"},
    )
    shop = wire(Settings(home=home))
    shop.models().approve(saved.model_version, approved_by="ann", reason="It is [bold]good[/].", at=clock())
    history = invoke(home, "models", "list", "--history").stdout
    assert "ann" in history
    assert "[bold]" in history
    told = invoke(home, "models", "list").stdout
    assert "champion" in told
    assert invoke(home, "models", "approve", "nothing").exit_code != 0


def test_audit_rows_are_listed_and_go_when_their_time_is_up(home):
    log = AuditLog(str(home / "journal.db"))
    for age in (40, 31, 29, 1):
        number = log.begin(Attempt(clock() - timedelta(days=age), "r", f"key:{age}", "admin", "setRule", {"age": age}))
        log.end(number, Outcome(NOON, True))
    assert "key:40" in invoke(home, "audit", "list").stdout
    assert "key:40" not in invoke(home, "audit", "list", "--caller", "key:1").stdout
    assert "Deleted 2 audit rows older than 30 days." in invoke(home, "audit", "prune").stdout
    assert [entry.attempt.caller for entry in log.entries(limit=9)] == ["key:1", "key:29"]
    assert "Deleted 1 audit" in invoke(home, "audit", "prune", "--days", "20").stdout


def test_audit_rows_go_block_by_block_and_their_numbers_do_not_come_again(journal_address, monkeypatch):
    monkeypatch.setattr("journal.audit.AT_ONCE", 10)
    log = AuditLog(journal_address)
    for number in range(40):
        log.begin(Attempt(NOON + timedelta(seconds=number), "r", "ann", "admin", "setRule", None))
    assert log.prune(NOON + timedelta(seconds=35)) == 35
    assert [entry.number for entry in log.entries(limit=99)] == list(range(40, 35, -1))
    assert log.prune(NOON + timedelta(seconds=40)) == 5
    assert log.begin(Attempt(NOON, "r", "ann", "admin", "setRule", None)) == 41

"""`replay` and `ledger prune` from the shell's side: what they print and their exit codes."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
import service_shop as shop
from ledger_entries import NOON, entry
from typer.testing import CliRunner

from commands.application import application
from commands.context import Shop
from decisions import entries
from decisions.live import LiveFacts
from decisions.recommend import recommend
from decisions.replay import Replayer
from journal.decision_log import DecisionLog
from journal.ledger import Ledger
from journal.store import Journal
from schema.decisions import Request
from schema.ledger import EntryFilter


@pytest.fixture
def running(tmp_path, monkeypatch):
    """A shop with two decisions, one of them left in a dead process's spool; `invoke` runs a command in it."""
    address = str(tmp_path / "journal.db")
    artefact = shop.artefact()
    live = LiveFacts(shop.facts(), journal=Journal(address), read_facts=lambda _: shop.facts())
    moment = replace(shop.moment(model=artefact), facts=live.now())
    log = DecisionLog(address)
    kept = []
    for n, anchor in enumerate(("spaghetti", "beer")):
        request = Request(anchor=anchor)
        decision, at = recommend(request, first=3, moment=moment), NOON + timedelta(seconds=n)
        kept.append(entries.recommendation(request, first=3, decision=decision, moment=moment, decided_at=at))
    log.add(kept[:1])
    away = Ledger(log, tmp_path / "spool", max_bytes=1 << 20)
    monkeypatch.setattr(away, "_carry", lambda: None)
    away.keep(lambda: kept[1]).result(timeout=20)
    away.close(within_seconds=0)
    shop_ = Shop(
        **{name: None for name in Shop.__dataclass_fields__}
        | {
            "ledger": lambda: Ledger(DecisionLog(address), tmp_path / "spool", max_bytes=1 << 20),
            "ledger_days": 1,
            "replayer": lambda: Replayer(live.at, lambda _: artefact),
            "clock": lambda: NOON + timedelta(days=1, milliseconds=500),
        }
    )

    def invoke(*words):
        return CliRunner().invoke(application, words, obj=shop_)

    return SimpleNamespace(invoke=invoke, kept=kept, log=log)


def test_the_newest_are_replayed_those_of_a_dead_process_among_them(running):
    told = running.invoke("replay", "--last", "5")
    assert (told.exit_code, "Replayed 2 decisions: 2 the same." in told.stdout) == (0, True)


def test_a_decision_that_differs_is_named_and_ends_with_code_1(running):
    one = running.kept[0]
    other = entry(kind=one.kind, inputs=one.inputs, policy=one.policy, changes_sequence=0, answer='{"offers":[]}')
    running.log.add([other])
    told = running.invoke("replay", other.decision_id, one.decision_id)
    assert told.exit_code == 1
    assert other.decision_id in told.stdout
    assert "Replayed 2 decisions: 1 the same." in told.stdout


def test_pruning_keeps_the_days_of_the_setting(running):
    assert "Deleted 1 decisions older than 1 days." in running.invoke("ledger", "prune").stdout
    assert [each.decision_id for each in running.log.entries(EntryFilter(), limit=9)] == [running.kept[1].decision_id]


@pytest.mark.parametrize("words", [("replay",), ("replay", "x", "--last", "1"), ("replay", "nothing")])
def test_what_is_not_there_or_not_said_is_told(running, words):
    assert running.invoke(*words).exit_code != 0

"""Erasing a customer: no store names them afterwards, nothing brings them back, and a kill at any step is completed."""

import json
from datetime import UTC, datetime

import numpy as np
import pyarrow.dataset as ds
import pytest
from ledger_entries import NOON, entry
from loader_shops import write_shop
from sqlalchemy import inspect
from test_registry_store import save

from decisions.replay import Replayer
from jobs import erasure as erasing
from jobs.check import check
from jobs.erasure import erase
from jobs.load import load, staged
from journal.audit import AuditLog
from journal.decision_log import DecisionLog
from journal.erasure_log import ErasureLog
from journal.job_log import JobLog
from journal.keys import Keys
from journal.store import Journal
from lake.store import Lake
from loaders.staging import LoadOptions
from registry.store import Registry
from schema.access import Role
from schema.audit import Attempt, Outcome
from schema.errors import NotFound
from schema.events import Event, EventKind
from schema.jobs import JobEnd, JobState
from schema.ledger import Outcome as DecisionOutcome

pytestmark = [pytest.mark.graph, pytest.mark.slow]
GONE = "änn'; %_@example"
ASKED = {"asked_by": "key:admin", "asked_at": NOON, "reason": "She asked."}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Killed(BaseException):
    """A process that ends here."""


def event(number, customer, **more):
    return Event(f"e{number}", EventKind.VIEW, NOON, customer_id=customer, **more)


class Shop:
    """A shop with a customer in every store."""

    def __init__(self, home, address, graph):
        self.home, self.address, self.graph = home, address, graph
        self.journal, self.decisions = Journal(address), DecisionLog(address)
        self.erasures, self.audit, self.keys = ErasureLog(address), AuditLog(address), Keys(address)
        self.lake = Lake(str(home / "lake"))

    def load(self, name, customers, purchases):
        tables = {"products": [["sku", "name"], ["a", "A"]], "customers": customers, "purchases": purchases}
        folder = write_shop(tables, self.home.parent / f"{self.home.name}-{name}")
        options = LoadOptions(max_rejects=1.0)
        with staged("retail-tables", folder, home=self.home, options=options) as tables:
            parts = {"lake": self.lake, "journal": self.journal, "graph": self.graph}
            return load(tables, home=self.home, now=NOW, **parts)

    def fill(self):
        self.load("first", CUSTOMERS, PURCHASES)
        self.load("second", CUSTOMERS, [*PURCHASES, line("b9", 1, GONE, day=5), line("b9", 2, f"{GONE} jr", day=5)])
        self.journal.save_events(
            [event(1, GONE), event(2, "bob"), event(3, None, decision_id=THEIRS)], recorded_at=NOON
        )
        inputs = f'{{"customer_id":"{GONE}"}}'
        self.decisions.add([entry(decision_id=THEIRS, customer_id=GONE, inputs=inputs), entry(customer_id="bob")])
        outcome = DecisionOutcome(THEIRS, "bought", "a", NOON)
        self.decisions.add_outcomes([outcome], recorded_at=NOON, idempotency_key="k")
        self.keys.create(Role.FRONTEND, created_at=NOON, name=f"app of {GONE}", customer_id=GONE)
        cut_off = {"bytes": 9, "sha256": "x", "begins": json.dumps({"a": GONE})}
        for arguments in ({"events": [{"customer_id": GONE}]}, cut_off):
            number = self.audit.begin(Attempt(NOON, "r", "key:1", "admin", "recordEvents", arguments))
            self.audit.end(number, Outcome(NOON, True, before=[GONE], after={"said": "nothing"}))
        self.saved = save(Registry(self.home / "registry"))

    def erase(self, number=1):
        parts = {"erasures": self.erasures, "graph": self.graph, "lake": self.lake, "audit": self.audit}
        return erase(number, home=self.home, now=NOW, **parts)

    def places(self):
        """Where the customer's key still stands: files of the home, rows of Parquet, nodes, and rows of the journal."""
        spelled = [GONE.encode(), json.dumps(GONE)[1:-1].encode(), GONE.encode("utf-16-le")]
        for path in sorted(path for path in self.home.rglob("*") if path.is_file()):
            content = path.read_bytes()
            if any(each in content for each in spelled):
                yield str(path.relative_to(self.home))
            if path.suffix == ".parquet" and GONE in str(ds.dataset(path).to_table().to_pylist()):
                yield str(path.relative_to(self.home))
            if path.suffix == ".npy" and GONE in str(np.load(path)):
                yield path.name
        yield from (f"graph {row}" for row in self.graph.read("find_customers", keys=[GONE]))
        with self.journal._database.transaction() as connection:
            for table in inspect(connection).get_table_names():
                for row in connection.exec_driver_sql(f"SELECT * FROM {table}"):
                    said = "".join(map(str, row))
                    if GONE in said or json.dumps(GONE)[1:-1] in said:
                        yield f"{table} {row}"


def line(basket, number, customer, day=1):
    return [basket, number, "a", f"2024-05-0{day} 10:00:00", 1, customer]


THEIRS = "0" * 31 + "1"
CUSTOMERS = [["customer_id", "region"], [GONE, "N"], ["bob", "S"]]
PURCHASES = [
    ["basket_id", "line_id", "sku", "bought_at", "units", "customer_id"],
    line("b1", 1, GONE),
    line("b2", 1, "bob"),
    line("b3", 1, ""),
]


@pytest.fixture
def shop(tmp_path, journal_address, graph):
    (tmp_path / "home").mkdir()
    shop = Shop(tmp_path / "home", journal_address.replace(str(tmp_path), str(tmp_path / "home")), graph)
    shop.fill()
    return shop


def test_no_store_names_an_erased_customer_and_the_receipt_counts_what_went(shop):
    assert len(list(shop.places())) > 8
    asked = shop.erasures.ask(GONE, **ASKED)
    assert (asked.counts, asked.ended_at) == ({"access keys": 1}, None)
    ended = shop.erase()
    assert list(shop.places()) == []
    assert ended.ended_at == NOW
    counts = dict(ended.counts)
    assert counts.pop("graph relationships") >= 1
    assert counts == {
        "access keys": 1,
        "audit rows": 4,
        "graph customers": 1,
        "journal decisions": 1,
        "journal events": 2,
        "journal outcomes": 1,
        "lake customers": 1,
        "lake purchases": 2,
        "reject lines": 1,
        **{name: 0 for name in counts if name.startswith("lake ") and name not in ("lake customers", "lake purchases")},
    }
    assert shop.lake.read("purchases", version=1).num_rows == 2
    assert [each.event_id for each in shop.journal.events()] == ["e2"]
    assert shop.keys.all()[0].revoked_at is not None
    found = check(lake=shop.lake, graph=shop.graph, registry=Registry(shop.home / "none"), journal=shop.journal)
    assert found.differences == ()


def test_nothing_brings_them_back(shop):
    shop.erasures.ask(GONE, **ASKED)
    assert shop.journal.save_events([event(9, GONE), event(8, "bob")], recorded_at=NOON) == 1
    shop.decisions.add([entry(decision_id="0" * 31 + "9", customer_id=GONE, inputs=f'"{GONE}"')])
    shop.erase()
    assert shop.decisions.entry("0" * 31 + "9").customer_id is None
    assert shop.journal.save_events([event(9, GONE)], recorded_at=NOON) == 0
    later = [*PURCHASES, line("b9", 1, GONE, day=6), line("b10", 1, "bob", day=6)]
    loaded = shop.load("later", [*CUSTOMERS, ["zoe", "N"]], later)
    assert any("customers who were erased" in note for note in loaded.tables.notes)
    newest = loaded.published.version  # what was told since comes as a version of its own before it
    assert set(shop.lake.read("customers", version=newest).column("customer_id").to_pylist()) == {"bob", "zoe"}
    assert set(shop.lake.read("purchases", version=newest).column("basket_id").to_pylist()) == {"b2", "b3", "b10"}
    assert list(shop.places()) == []


def test_a_decision_that_named_them_says_why_it_cannot_be_made_again(shop):
    shop.erasures.ask(GONE, **ASKED)
    shop.erase()
    kept = shop.decisions.entry(THEIRS)
    assert (kept.customer_id, shop.decisions.outcomes([THEIRS])) == (None, {})
    with pytest.raises(NotFound, match="its customer was erased"):
        Replayer(None, None).replay(kept)


def test_asking_again_answers_the_same_and_takes_up_what_failed(shop):
    first = shop.erasures.ask(GONE, **ASKED)
    again = shop.erasures.ask(GONE, **ASKED)
    assert (again.number, again.job) == (first.number, first.job)
    jobs = JobLog(shop.address)
    jobs.claim(worker="w", at=NOON)
    jobs.end(first.job, JobEnd(JobState.FAILED, error="The graph is away."), worker="w", at=NOON)
    taken_up = shop.erasures.ask(GONE, **ASKED)
    assert (taken_up.number, taken_up.job) == (first.number, first.job + 1)
    ended = shop.erase()
    assert shop.erase() == ended
    assert shop.erasures.ask(GONE, **ASKED).ended_at == NOW
    assert list(shop.places()) == []


@pytest.mark.parametrize("place", ["erase_customer", "_forget_rejects", "lake", "audit", "end"])
def test_killed_at_any_step_it_is_completed_by_running_it_again(shop, monkeypatch, place):
    shop.erasures.ask(GONE, **ASKED)

    def killed(*_args, **_kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        if place in ("lake", "audit", "end"):
            target, name = {
                "lake": (shop.lake, "erase_customer"),
                "audit": (shop.audit, "forget"),
                "end": (shop.erasures, "end"),
            }[place]
            patched.setattr(target, name, killed)
        else:
            patched.setattr(erasing, place, killed)
        with pytest.raises(Killed):
            shop.erase()
    assert shop.erasures.erasure(1).ended_at is None
    assert shop.erase().ended_at == NOW
    assert list(shop.places()) == []


def test_whom_nobody_knows_is_erased_and_does_not_come(shop):
    shop.erasures.ask("zoe", **ASKED)
    shop.erase()
    shop.load("later", [*CUSTOMERS, ["zoe", "N"]], PURCHASES)
    assert "zoe" not in shop.lake.read("customers", version=3).column("customer_id").to_pylist()
    with pytest.raises(NotFound):
        shop.erasures.erasure(7)

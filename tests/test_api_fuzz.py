"""Operations drawn from the contract: every one is answered, with a typed error at most. `make fuzz` draws 2,000."""

import os
import sys
import time
from collections import Counter

import pytest
import service_shop as shop
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from service_client import address_of, serving
from test_registry_store import save

from api.contract import printed
from api.operations import Operations
from jobs.models import Models
from journal.approval_log import ApprovalLog
from journal.decision_log import DecisionLog
from journal.erasure_log import ErasureLog
from journal.job_log import JobLog
from journal.ledger import Ledger
from journal.store import Journal
from registry.store import Registry

pytestmark = [pytest.mark.graph, pytest.mark.slow]
NUM_OPERATIONS = int(os.environ.get("FUZZ", "300"))
CODES = {"BAD_USER_INPUT", "NOT_FOUND", "COST_EXCEEDED", "UNAVAILABLE", "TIMEOUT"}
LEAKS = ("Traceback", "MATCH (", "UNWIND", "bolt://", "sqlite", 'File "')
KEYS = [*shop.SKUS, *shop.STORES, "pasta", "food", "Roma", "acme", "p1", "c1", "", "'", '"', "\\", "*", "\x00", "}) //"]
DAYS = ("2024-05-01", "9999-12-31", "0001-01-01", "x")
INSTANTS = ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00Z", "x")
NUMBERS = ("1", "0", "-1", "1e400", "NaN", "Infinity", "0.1", "x", "1" * 400)
SCALARS = {"Date": DAYS, "DateTime": INSTANTS, "Decimal": NUMBERS, "CurrencyCode": ("EUR", ""), "JSON": ("{}", "x")}


def operations():
    from hypothesis_graphql import nodes  # heavy, and wanted here alone
    from schemathesis import graphql

    for name, values in SCALARS.items():
        graphql.scalar(name, st.sampled_from(values).map(nodes.String))
    graphql.scalar("Sequence", st.integers(-1, 2**63).map(nodes.Int))
    return [operation.ok() for operation in graphql.from_file(printed()).get_all_operations()]


@pytest.fixture(scope="module")
def service(loaded, tmp_path_factory):
    """A service to which all is wired that the contract names."""
    folder = tmp_path_factory.mktemp("fuzz")
    journal = Journal(str(folder / "journal.db"))
    address, registry = address_of(journal), Registry(folder / "registry")
    save(registry)
    models = Models(registry, ApprovalLog(address))
    operations = Operations(JobLog(address), KEYS, models=models, erasures=ErasureLog(address))
    ledger = Ledger(DecisionLog(address), folder / "ledger", max_bytes=10_000_000)
    with serving(loaded, journal, model=shop.artefact(), ledger=ledger, operations=operations) as running:
        yield running


def known_strings(text, draw):
    """The text, some of its strings replaced by keys that the shop has or by ones that would break a statement."""
    parts = text.split('""')
    if len(parts) > 20:
        return text
    keys = [
        draw(st.sampled_from(KEYS)).replace("\\", "\\\\").replace('"', '\\"').replace("\x00", "\\u0000")
        for _ in parts[1:]
    ]
    return parts[0] + "".join(f'"{key}"{part}' for key, part in zip(keys, parts[1:], strict=True))


class Tally:
    """What became of the operations asked so far."""

    def __init__(self, service):
        self.service, self.counts, self.slowest = service, Counter(), 0.0

    def ask(self, query):
        """Ask one, and fail where the service did."""
        began = time.monotonic()
        answer = self.service.http.post("/graphql", json={"query": query})
        self.slowest = max(self.slowest, time.monotonic() - began)
        assert answer.status_code < 500, (query, answer.text)
        assert not [leak for leak in LEAKS if leak in answer.text], (query, answer.text)
        errors = answer.json().get("errors", [])
        codes = {error["extensions"]["code"] for error in errors}
        assert codes <= CODES, (query, errors)
        self.counts.update(["asked", *codes] if errors else ["asked", "answered whole"])


def draw_and_ask(operation, tally, *, times, start):
    @seed(start)
    @settings(max_examples=times, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def draw(data):
        tally.ask(known_strings(data.draw(operation.as_strategy()).body, data.draw))

    draw()


@pytest.mark.timeout(1_800)
def test_every_drawn_operation_is_answered_or_refused_by_name(service, capsys):
    drawn, tally = operations(), Tally(service)
    start = 0
    while (missing := NUM_OPERATIONS - tally.counts["asked"]) > 0:  # some have fewer different ones than their share
        for operation in drawn:
            draw_and_ask(operation, tally, times=-(-missing // len(drawn)), start=start)
            start += 1
    with capsys.disabled():
        sys.stdout.write(f"\n{dict(tally.counts)}; slowest {tally.slowest:.2f} s\n")
    assert tally.slowest < 20

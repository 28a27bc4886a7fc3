"""Bad days: no model yet, no time left, the journal or the graph gone; told in time, and what can be is answered."""

import json

import pytest
import service_shop as shop
from service_client import codes, posted, refused, serving, settled, within

from api.admission import BOUND_SECONDS
from journal.store import Journal

pytestmark = pytest.mark.graph


def test_before_training_the_catalogue_answers_and_relations_say_what_to_do(neo4j_server, service, tmp_path):
    with serving(neo4j_server, Journal(str(tmp_path / "journal.db")), model=None) as untrained:
        answer = untrained.ask('{ product(sku: "beer") { name price { amount } substitutes { totalCount } } }')
        assert answer["data"]["product"] == {"name": "Pale ale", "price": {"amount": "1.5"}, "substitutes": None}
        assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert "shelfgraph train" in answer["errors"][0]["message"]
        ready = untrained.http.get("/readyz")
        assert ready.status_code == 503
        assert "shelfgraph train" in ready.json()["checks"]["model"]


def test_an_operation_past_its_deadline_is_ended(neo4j_server, service, tmp_path):
    journal = Journal(str(tmp_path / "journal.db"))
    with serving(neo4j_server, journal, model=shop.artefact(), deadline_seconds=0.0005) as hurried:
        settled(hurried)
        answer = posted(hurried, json.dumps({"query": '{ product(sku: "beer") { name } }'}))
        assert codes(answer) == {"TIMEOUT"}


def test_a_journal_that_is_gone_is_told_and_answers_go_on(neo4j_server, service, tmp_path):
    (tmp_path / "there").mkdir()
    journal = Journal(str(tmp_path / "there" / "journal.db"))
    asked = '{ product(sku: "beer") { availability } }'
    with serving(neo4j_server, journal, model=shop.artefact()) as running:
        settled(running)
        assert set(running.ask(asked)["extensions"]) == {"cost"}
        (tmp_path / "there").rename(tmp_path / "gone")
        journal.close()
        ready = running.http.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["journal"]) == (503, "does not answer")
        assert ready.json()["checks"]["graph"] == "ready"
        assert running.data(asked)["product"]["availability"] == "IN_STOCK"
        within(5, lambda: running.ask(asked)["extensions"].get("liveFacts", {}).get("staleSeconds", 0) > BOUND_SECONDS)
        mutation = """mutation { recordStock(input: {idempotencyKey: "k", changes: [
          {storeId: "S1", sku: "beer", onHandUnits: 1, countedAt: "2024-05-01T12:00:00Z"}]}) { sequence } }"""
        refused(running, mutation, "UNAVAILABLE")


@pytest.mark.slow
def test_the_graph_killed_and_restarted(neo4j_server, service):
    """UNAVAILABLE while it is gone, decisions by arrays go on where they can, and recovery by itself.

    How soon after its first answer is held under load, in test_api_outage.
    """
    settled(service)
    neo4j_server.stop()
    try:
        refused(service, '{ product(sku: "beer") { name } }', "UNAVAILABLE")
        ready = service.http.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["graph"]) == (503, "does not answer")
        assert service.http.get("/healthz").status_code == 200
    finally:
        neo4j_server.start()
    settled(service, within=15)
    assert service.data('{ product(sku: "beer") { name } }')["product"]["name"] == "Pale ale"

"""A serving process projects beside its answers, and /readyz says how far the graph is and who brings it there."""

import time

import pytest
from live_shops import Shop, held, stock
from service_client import serving

from schema.errors import Unavailable
from schema.projection import LEASE

pytestmark = pytest.mark.graph


@pytest.fixture
def shop(tmp_path, graph):
    made = Shop(tmp_path, graph)
    made.load()
    return made


def projection(service, until):
    """What /readyz says of the projection once it says so."""
    for _ in range(200):
        told = service.http.get("/readyz").json()["projection"]
        if until(told):
            return told
        time.sleep(0.05)
    raise AssertionError(told)


def test_a_change_reaches_the_graph_while_the_service_runs(shop, neo4j_server):
    with serving(neo4j_server, shop.journal, projector=shop.projector("serve")) as service:
        sequence = shop.tell(stock("a", 0))
        told = projection(service, lambda told: told["projected_sequence"] == sequence)
        assert told == {
            "told_sequence": sequence,
            "projected_sequence": sequence,
            "lag_changes": 0,
            "lag_seconds": 0.0,
            "holder": told["holder"],
            "is_ours": True,
            "state": "ready",
        }
        assert told["holder"].startswith("serve")
        assert ["choosy", "a", 0.0, "2024-05-01T13:00:00Z"] in held(shop.graph)["stocks"]
    assert shop.journal.lease(LEASE).expires_at < shop.time


def test_a_graph_that_is_away_is_told_and_tried_again(shop, neo4j_server):
    def connect():
        if not is_back:
            raise Unavailable("Nobody answers at bolt://secret.", remedy="Start it.")
        return shop.graph

    is_back = []
    projector = shop.projector()
    projector._connect = connect
    with serving(neo4j_server, shop.journal, projector=projector) as service:
        sequence = shop.tell(stock("a", 0))
        told = projection(service, lambda told: told["told_sequence"] == sequence and told["state"] != "ready")
        assert (told["projected_sequence"], told["lag_changes"]) == (None, sequence)
        assert "secret" not in str(told)
        is_back.append(True)
        assert projection(service, lambda told: told["lag_changes"] == 0)["state"] == "ready"


def test_a_service_that_does_not_project_says_nothing_of_it(shop, neo4j_server):
    with serving(neo4j_server, shop.journal) as service:
        assert service.http.get("/readyz").json()["projection"] is None

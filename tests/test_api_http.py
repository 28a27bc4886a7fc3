"""What HTTP adds: persisted queries, what may be kept, what browsers may do, and GraphiQL's page."""

import hashlib
import json
import re

import pytest
import service_shop as shop
from service_client import ADMIN_KEY, bearer, serving

from api.access import Access
from api.contract import contract
from api.endpoint import Endpoint
from api.ide import shown as shown_page
from api.persisted import NotPersisted, PersistedQueries
from api.roles import lasting_fields, role_table
from journal.store import Journal
from schema.access import AccessPolicy, Role
from schema.errors import BadInput

NAME = '{ product(sku: "beer") { name brand { name } category { name parent { name } } } }'


def persisted(text):
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}


def test_a_text_is_known_after_it_was_sent_once():
    queries = PersistedQueries()
    with pytest.raises(NotPersisted):
        queries.text(None, persisted(NAME))
    assert queries.text(NAME, persisted(NAME)) == NAME
    assert queries.text(None, persisted(NAME)) == NAME
    assert queries.text(NAME, None) == NAME
    assert queries.text(None, {"other": 1}) is None


@pytest.mark.parametrize("given", [1, [], {}, {"version": 1}, {"version": 2, "sha256Hash": "x"}, {"sha256Hash": "x"}])
def test_what_is_no_hash_is_refused(given):
    with pytest.raises(BadInput):
        PersistedQueries().text(NAME, {"persistedQuery": given})


def test_a_hash_of_another_text_is_refused_and_poisons_nothing():
    queries = PersistedQueries()
    with pytest.raises(BadInput, match="not that of the query"):
        queries.text("{ evil }", persisted(NAME))
    with pytest.raises(NotPersisted):
        queries.text(None, persisted(NAME))
    with pytest.raises(BadInput, match="characters"):
        queries.text("#" * 100_001, None)


def test_texts_are_bounded_in_all():
    queries = PersistedQueries(max_bytes=1_000)
    texts = [f'{{ product(sku: "{n}") {{ name }} }}'.ljust(100) for n in range(50)]
    for text in texts:
        queries.text(text, persisted(text))
    assert sum(map(len, queries._texts.values())) == 1_000
    assert queries.text(None, persisted(texts[-1])) == texts[-1]
    with pytest.raises(NotPersisted):
        queries.text(None, persisted(texts[0]))


def test_nothing_that_changes_between_loads_may_be_kept():
    changing = re.compile(
        r"stock|onHand|availab|price|verdict|customer|recommend|substitut|complement|probab|audit", re.I
    )
    assert lasting_fields() <= set(role_table())
    assert not [field for field in lasting_fields() if changing.search(field[1])]
    kinds = contract()._schema.type_map
    for kind, name in lasting_fields():
        answer = str(kinds[kind].fields[name].type)
        assert not re.search(r"Stock|Related|Recommend|Verdict|ProductConnection", answer), (kind, name)


@pytest.fixture(scope="module")
def service(loaded, tmp_path_factory):
    journal = Journal(str(tmp_path_factory.mktemp("journal") / "journal.db"))
    policy = AccessPolicy(anonymous_role=Role.VIEWER, cors_origins=("https://shop.example",))
    access = Access(policy, development_key=ADMIN_KEY)
    with serving(loaded, journal, model=shop.artefact(), access=access) as running:
        yield running


def get(service, *, text=None, extensions=None, headers=None):
    params = {"query": text, "extensions": extensions and json.dumps(extensions)}
    given = {name: value for name, value in params.items() if value is not None}
    return service.http.get("/graphql", params=given, headers={"accept": "*/*", **(headers or {})})


@pytest.mark.graph
def test_a_hash_is_asked_by_get_and_answers_that_last_are_kept(service):
    unknown = get(service, extensions=persisted(NAME))
    assert (unknown.status_code, unknown.json()["errors"][0]["message"]) == (200, "PersistedQueryNotFound")
    assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert unknown.headers["cache-control"] == "no-store"
    posted = service.http.post("/graphql", json={"query": NAME, "extensions": persisted(NAME)})
    assert posted.headers["cache-control"] == "no-store"
    known = get(service, extensions=persisted(NAME))
    assert known.json()["data"]["product"]["name"] == "Pale ale"
    assert known.headers["cache-control"] == "private, max-age=60"
    assert known.headers["vary"].startswith("authorization")
    nobody = get(service, extensions=persisted(NAME), headers={"authorization": ""})
    assert nobody.status_code == 401
    del service.http.headers["authorization"]
    assert get(service, text=NAME).headers["cache-control"] == "public, max-age=60"
    service.http.headers.update(bearer(ADMIN_KEY))
    for changing in ("price { amount }", "availability", "substitutes { totalCount }", "nothing"):
        answer = get(service, text=f'{{ product(sku: "beer") {{ name {changing} }} }}')
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.graph
def test_every_answer_says_what_browsers_may_do(service):
    for path in ("/healthz", "/graphql", "/nothing"):
        headers = service.http.get(path, headers={"accept": "application/json"}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "strict-transport-security" not in headers


@pytest.mark.graph
def test_pages_of_named_origins_alone_may_ask(service):
    def preflight(origin):
        asked = {"origin": origin, "access-control-request-method": "POST"}
        asked["access-control-request-headers"] = "authorization,content-type"
        return service.http.options("/graphql", headers=asked)

    assert preflight("https://shop.example").headers["access-control-allow-origin"] == "https://shop.example"
    refused = preflight("https://evil.example")
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers


class Browser:
    """A request as the page sees it."""

    def __init__(self, client, host):
        from starlette.datastructures import URL, Address

        self.client, self.url = Address(client, 1), URL(f"http://{host}/graphql")


@pytest.mark.parametrize(
    ("client", "host", "is_told"),
    [
        ("127.0.0.1", "127.0.0.1:8000", True),
        ("127.0.0.1", "localhost:8000", True),
        ("::1", "[::1]:8000", True),
        ("10.0.0.7", "127.0.0.1:8000", False),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "localhost.evil.example", False),
    ],
)
def test_the_page_knows_the_development_key_for_this_machine_alone(client, host, is_told):
    page = shown_page('<script nonce="PAGE_NONCE">CALLER_HEADERS</script>', Browser(client, host), key="sg_secret")
    assert (b"sg_secret" in page.body) == is_told
    nonce = re.search(rb'nonce="([^"]+)"', page.body).group(1).decode()
    assert f"'nonce-{nonce}'" in page.headers["content-security-policy"]
    assert b"sg_secret" not in shown_page("CALLER_HEADERS", Browser(client, host), key=None).body


@pytest.mark.graph
def test_past_its_bound_a_server_says_at_once_that_it_is_busy(service, monkeypatch):
    monkeypatch.setattr(Endpoint, "most_in_flight", 0)
    answer = service.http.post("/graphql", json={"query": NAME})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    monkeypatch.undo()
    assert service.http.post("/graphql", json={"query": NAME}).json()["data"]["product"]["name"] == "Pale ale"

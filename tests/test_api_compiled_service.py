"""Compiled queries against graphql-core's executor on the service: the repository's operations, and drawn ones."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from test_api_fuzz import known_strings, operations

from api.compiled import CompiledExecutor
from api.graphiql import examples

pytestmark = pytest.mark.graph
ROOT = Path(__file__).parent.parent
FILES = [*sorted((ROOT / "evaluation" / "service_queries").glob("*.graphql")), ROOT / "commands" / "showcase.graphql"]
TEXTS = [file.read_text() for file in FILES] + [text for text in examples() if "mutation" not in text]
VARIABLES = [
    {
        "sku": "spaghetti",
        "storeId": "S1",
        "for": {"basket": ["spaghetti"], "storeId": "S1", "customerAge": 40},
        "basket": ["spaghetti", "beer"],
        "words": "past",
        "lines": [{"sku": "spaghetti", "units": 1_000_000}],
    },
    {"sku": "nothing", "storeId": "nowhere", "for": {"product": "nothing"}, "basket": ["nothing"], "words": ""},
    {},
]
OWN = [
    '{ node(id: "x") { id __typename } }',
    '{ a: product(sku: "spaghetti") { ...P brand { name } } b: product(sku: "beer") { ...P } }'
    " fragment P on Product { __typename id sku price { amount } category { name parent { name } } }",
    '{ product(sku: "spaghetti") { stocks(first: -1) { edges { node { onHandUnits } } } name } }',
    '{ product(sku: "spaghetti") { substitutes(first: 5000) { edges { rank } } complements { edges { rank } } } }',
    "{ products(first: 50) { edges { node { sku suppliers { edges { node { name } } } stocks { edges { node { "
    "storeId } } } complements(first: 2) { edges { explanation { sentence } node { sku } } } } } } }",
]


@pytest.fixture(scope="module")
def twice(service):
    """Asks both executors, and fails where they tell different things."""

    def asked(query, variables, *, compiled):
        with pytest.MonkeyPatch.context() as patch:
            if not compiled:
                patch.setattr(CompiledExecutor, "_is_compiled", lambda _self: False)
            answer = service.http.post("/graphql", json={"query": query, "variables": variables}).json()
        answer.pop("extensions", None)
        return json.dumps(answer)

    def told_alike(query, variables):
        asked(query, variables, compiled=True)
        assert asked(query, variables, compiled=True) == asked(query, variables, compiled=False), query

    return told_alike


@pytest.mark.parametrize("query", TEXTS + OWN)
def test_the_repositorys_operations_are_answered_as_graphql_core_answers_them(twice, query):
    for variables in VARIABLES:
        twice(query, variables)


def drawn_alike(twice, times):
    queries = [operation for operation in operations() if operation.label.startswith("Query.")]
    assert queries
    for start, operation in enumerate(queries):
        draw(operation, twice, times=times, start=start)


def draw(operation, twice, *, times, start):
    @seed(start)
    @settings(max_examples=times, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def drawn(data):
        twice(known_strings(data.draw(operation.as_strategy()).body, data.draw), {})

    drawn()


def test_a_few_drawn_operations_are_answered_alike(twice):
    drawn_alike(twice, times=2)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_hundreds_of_drawn_operations_are_answered_alike(twice):
    drawn_alike(twice, times=20)


@pytest.mark.slow
def test_a_page_of_products_costs_less_than_with_graphql_core(service):
    page = (ROOT / "evaluation" / "service_queries" / "page.graphql").read_text()
    begin, end = page.index("{") + 1, page.rindex("}")
    wide = page[:begin] + " ".join(f"p{number}: {page[begin:end].strip()}" for number in range(5)) + "}"

    def cpu(*, compiled):
        with pytest.MonkeyPatch.context() as patch:
            if not compiled:
                patch.setattr(CompiledExecutor, "_is_compiled", lambda _self: False)
            began = time.process_time()
            for _ in range(5):
                service.data(wide)
            return time.process_time() - began

    cpu(compiled=True)
    # In turns, for what else the machine does changes by the second; alone it is 1.7 to 1.9.
    plain, planned = zip(*((cpu(compiled=False), cpu(compiled=True)) for _ in range(5)), strict=True)
    assert min(plain) > 1.1 * min(planned)

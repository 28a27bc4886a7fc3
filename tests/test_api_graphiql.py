"""GraphiQL comes from files installed here, with examples that run as they stand on the shop that is served."""

import json
import re

import pytest
import service_shop as shop
from graphql import parse, validate

from api.contract import contract
from api.graphiql import examples, page

TABS = json.loads(re.search(r"const tabs = (.*);", page(shop.facts()))[1])


def name(tab):
    return re.search(r"(?:query|mutation) (\w+)", tab["query"])[1]


@pytest.mark.parametrize("tab", TABS, ids=name)
def test_every_example_is_of_the_contract_and_says_what_it_asks(tab):
    assert validate(contract()._schema, parse(tab["query"])) == []
    assert tab["query"].startswith("# ")


def test_every_example_has_a_tab_of_its_own():
    assert [tab["query"] for tab in TABS] == examples()
    assert len(set(map(name, TABS))) == len(TABS)


def test_a_shop_without_products_has_the_page_too():
    nothing = shop.facts(skus=(), names=(), store_ids=())
    assert "RecordStock" in page(nothing)


def test_a_name_cannot_leave_its_script():
    hostile = shop.facts(names=("</script><script>alert(1)</script>", *shop.facts().names[1:]))
    assert "</script><script>alert" not in page(hostile)


@pytest.mark.graph
@pytest.mark.parametrize("tab", TABS, ids=name)
def test_every_example_runs_as_it_stands(service, tab):
    variables = json.loads(tab["variables"] or "{}")
    answered = service.data(tab["query"], **variables)
    assert all(value not in (None, []) for value in answered.values()), answered
    assert not answered.get("recordStock", {}).get("userErrors")


@pytest.mark.graph
def test_the_ide_and_its_scripts_come_from_here(service):
    told = service.http.get("/graphql", headers={"accept": "text/html"}).text
    assert "https://" not in told
    assert "RecordStock" in told
    for script in ("graphiql.min.js", "graphiql.min.css", "react.production.min.js", "react-dom.production.min.js"):
        assert f"/graphiql/{script}" in told
        assert service.http.get(f"/graphiql/{script}").status_code == 200

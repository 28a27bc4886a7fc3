"""Every list of the contract is walked from either end, in the same order, and says truly whether it goes on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import service_shop as shop
from graphql import GraphQLObjectType, get_named_type
from service_client import Service, address_of, serving, within_two_seconds
from test_registry_store import save

from api.contract import contract
from api.operations import Operations
from api.pages import MAX_PAGE
from graph.server import LocalServer
from jobs.models import Models
from journal.approval_log import ApprovalLog
from journal.decision_log import DecisionLog
from journal.job_log import JobLog
from journal.ledger import Ledger
from journal.store import Journal
from registry.store import Registry
from schema.changes import PriceChange, RuleSet
from schema.jobs import JobKind
from schema.rules import Rule, RuleAction, Subject, SubjectKind

pytestmark = pytest.mark.graph
LISTS = {
    "Product.priceHistory": '{ product(sku: "sauce") { LIST } }',
    "Product.stocks": '{ product(sku: "sauce") { LIST } }',
    "Product.suppliers": '{ product(sku: "beer") { LIST } }',
    "Product.promotions": '{ product(sku: "penne") { LIST } }',
    "Product.substitutes": '{ product(sku: "spaghetti") { LIST } }',
    "Product.complements": '{ product(sku: "spaghetti") { LIST } }',
    "Product.boughtWith": '{ product(sku: "spaghetti") { LIST } }',
    "Category.products": '{ category(categoryId: "food") { LIST } }',
    "Category.subcategories": '{ category(categoryId: "food") { LIST } }',
    "Brand.products": '{ brand(name: "Grano") { LIST } }',
    "Supplier.products": '{ supplier(supplierId: "acme") { LIST } }',
    "Store.products": '{ store(storeId: "S1") { LIST } }',
    "Store.promotions": '{ store(storeId: "S1") { LIST } }',
    "Promotion.products": '{ promotion(promotionId: "p1") { LIST } }',
    "Promotion.stores": '{ promotion(promotionId: "p1") { LIST } }',
    "Customer.bought": '{ customer(customerId: "c1") { LIST } }',
    "Customer.stores": '{ customer(customerId: "c1") { LIST } }',
    "Customer.promotions": '{ customer(customerId: "c1") { LIST } }',
    "Query.products": "{ LIST }",
    "Query.categories": "{ LIST }",
    "Query.rules": "{ LIST }",
    "Query.verdicts": "{ LIST }",
    "Query.decisions": "{ LIST }",
    "Query.jobs": "{ LIST }",
    "Query.models": "{ LIST }",
    "Query.modelApprovals": "{ LIST }",
    "Query.auditEntries": "{ LIST }",
}
"""Each list of the contract within an operation that asks for one with rows."""
SINGLE = {"Product.promotions", "Store.promotions", "Customer.promotions", "Query.categories"}
"""Lists that hold one row in the shop."""
ENDS = ("first", "after", "last", "before")


@pytest.fixture(scope="module")
def service(loaded: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with rows in every list."""
    folder = tmp_path_factory.mktemp("paging")
    journal = Journal(str(folder / "journal.db"))
    address = address_of(journal)
    jobs, models = JobLog(address), Models(Registry(folder / "registry"), ApprovalLog(address))
    ledger = Ledger(DecisionLog(address), folder / "spool", max_bytes=1 << 20)
    with serving(
        loaded, journal, model=shop.artefact(), ledger=ledger, operations=Operations(jobs, models=models)
    ) as running:
        fill(running, jobs, models, folder / "registry")
        yield running


def fill(service: Service, jobs: JobLog, models: Models, registry: Path) -> None:
    """Three rows for each list of the journal, the ledger and the registry."""
    for number, sku in enumerate(("fusilli", "penne", "lasagne")):
        day = shop.TODAY + timedelta(days=number)
        rule = Rule(RuleAction.BOOST, Subject(SubjectKind.PRODUCT, sku), reason="Sells.", set_by="ann")
        word = shop.verdict(sku, "spaghetti", "confirmed", relation="SUBSTITUTES_FOR")
        service.journal.record([PriceChange("sauce", 1.0 + number, None, day), RuleSet(rule)], recorded_at=shop.NOON)
        service.journal.save_verdicts([word], recorded_at=shop.NOON)
        jobs.ask(JobKind.RETRAINING, {}, asked_by="ann", asked_at=shop.NOON, idempotency_key=sku)
        version = save(Registry(registry), seed=number).model_version
        models.approve(version, approved_by="ann", reason="Better.", at=shop.NOON, idempotency_key=sku)
        service.data('{ recommendations(for: { product: "spaghetti" }, first: 1) { decisionId } }')
        told = {"idempotencyKey": sku, "changes": []}
        service.data("mutation ($i: RecordStockInput!) { recordStock(input: $i) { sequence } }", i=told)
    within_two_seconds(lambda: len(page(service, "Query.decisions")["edges"]) == 3)
    within_two_seconds(lambda: len(page(service, "Query.rules")["edges"]) == 3)


def page(service: Service, name: str, **ends: object) -> dict:
    """A page of a list: its edges' cursors and where it stands."""
    asked = ", ".join(f'{key}: "{end}"' if isinstance(end, str) else f"{key}: {end}" for key, end in ends.items())
    field = name.split(".")[1] + (f"({asked})" if asked else "")
    told = "{ edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
    answer = service.data(LISTS[name].replace("LIST", f"list: {field} {told}"))
    return answer["list"] if "list" in answer else next(iter(answer.values()))["list"]


def cursors(page: dict) -> list[str]:
    """The cursors of a page's edges."""
    return [edge["cursor"] for edge in page["edges"]]


def test_every_list_of_the_contract_has_both_ends_and_is_walked_here():
    found = {
        f"{kind.name}.{name}": set(field.args)
        for kind in contract()._schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if "pageInfo" in getattr(get_named_type(field.type), "fields", {})
    }
    assert {name for name, arguments in found.items() if not arguments.issuperset(ENDS)} == set()
    assert found.keys() == LISTS.keys()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_the_same_from_either_end(service, name):
    every = cursors(page(service, name, first=MAX_PAGE))
    assert len(every) > 1 or name in SINGLE
    assert len(set(every)) == len(every) > 0
    assert cursors(page(service, name, last=MAX_PAGE)) == every
    for size in (1, 2):
        forward = [page(service, name, first=size)]
        while forward[-1]["pageInfo"]["hasNextPage"]:
            forward.append(page(service, name, first=size, after=forward[-1]["pageInfo"]["endCursor"]))
        backward = [page(service, name, last=size)]
        while backward[-1]["pageInfo"]["hasPreviousPage"]:
            backward.append(page(service, name, last=size, before=backward[-1]["pageInfo"]["startCursor"]))
        assert [each for one in forward for each in cursors(one)] == every
        assert [each for one in reversed(backward) for each in cursors(one)] == every
        assert [one["pageInfo"]["hasPreviousPage"] for one in forward] == [False] + [True] * (len(forward) - 1)
        assert [one["pageInfo"]["hasNextPage"] for one in backward] == [False] + [True] * (len(backward) - 1)


@pytest.mark.parametrize("name", LISTS)
def test_a_stretch_between_two_cursors_is_cut_from_either_end(service, name):
    every = cursors(page(service, name, first=MAX_PAGE))
    between = {"after": every[0], "before": every[-1]}
    inner = every[1:-1]
    assert cursors(page(service, name, **between)) == inner
    assert cursors(page(service, name, first=1, **between)) == inner[:1]
    assert cursors(page(service, name, last=1, **between)) == inner[-1:]
    assert cursors(page(service, name, last=0)) == cursors(page(service, name, first=0)) == []


@pytest.mark.parametrize("name", LISTS)
def test_both_ends_at_once_and_another_lists_cursor_are_refused(service, name):
    field, told = name.split(".")[1], "{ pageInfo { endCursor } }"
    for asked in ("first: 1, last: 1", 'before: "abc"', 'after: "WyJvdGhlciIsIjEiXQ"', "last: -1", "last: 251"):
        assert service.code(LISTS[name].replace("LIST", f"{field}({asked}) {told}")) == "BAD_USER_INPUT"

"""The role table covers the contract, and nobody asks what their role may not."""

import pytest
import service_shop as shop
from graphql import parse
from service_client import address_of, bearer, serving

from api.access import Access
from api.contract import contract
from api.documents import Same
from api.guard import asked_fields
from api.roles import personal_arguments, role_table, roles_of
from journal.keys import Keys
from journal.store import Journal
from schema.access import AccessPolicy, Role

CUSTOMER = "query($id: String!) { recommendations(for: {customerId: $id}) { isFallback } }"
ANYBODY = "{ recommendations(for: {}) { isFallback } }"


def fields_of_the_contract():
    kinds = contract()._schema.type_map
    return {
        (name, field)
        for name, kind in kinds.items()
        if not name.startswith("__") and not name.endswith("Input")
        for field in getattr(kind, "fields", {})
        if not hasattr(kind.fields[field], "default_value")
    }


def test_every_field_of_the_contract_has_an_entry():
    fields = fields_of_the_contract()
    assert not fields - set(role_table()), "say in api/roles.toml who may ask these"
    assert not set(role_table()) - fields, "api/roles.toml names fields that the contract does not have"


def test_what_the_table_does_not_name_is_for_admins_alone():
    assert roles_of(("Query", "somethingNew")) == {Role.ADMIN}


def test_admins_may_ask_everything():
    assert not [field for field, roles in role_table().items() if Role.ADMIN not in roles]


def test_every_argument_about_customers_is_known():
    kinds = contract()._schema.type_map
    arguments = {
        name
        for kind in kinds.values()
        for field in getattr(kind, "fields", {}).values()
        for name in getattr(field, "args", {})
    } | {
        name
        for kind in kinds.values()
        for name in getattr(kind, "fields", {})
        if hasattr(kind.fields[name], "default_value")
    }
    keys = {name for name in arguments if name.lower().startswith("customer") and name != "customerAge"}
    assert keys <= set(personal_arguments())


def test_a_field_is_found_wherever_it_is_asked():
    document = parse("""query { node(id: "x") { id ...P ... on Supplier { leadTimeDays } } nothing { sku } }
      fragment P on Product { sku suppliers { edges { packUnits __typename } } }""")
    found = {asked.field for asked in asked_fields(contract()._schema, Same(document))}
    assert {("Query", "node"), ("Node", "id"), ("Supplier", "leadTimeDays"), ("Product", "sku")} <= found
    assert ("SupplyEdge", "packUnits") in found
    assert not [field for field in found if field[1] in ("__typename", "nothing")]


@pytest.fixture(scope="module")
def shop_with_keys(loaded, tmp_path_factory):
    journal = Journal(str(tmp_path_factory.mktemp("journal") / "journal.db"))
    keys = Keys(address_of(journal))
    made = {role.value: keys.create(role, created_at=shop.NOON)[1] for role in Role}
    made["c1"] = keys.create(Role.FRONTEND, created_at=shop.NOON, customer_id="c1")[1]
    with serving(loaded, journal, model=shop.artefact(), access=Access(AccessPolicy(), keys=keys)) as running:
        yield running, made


@pytest.fixture
def ask(shop_with_keys):
    running, made = shop_with_keys

    def asked(who, query, **variables):
        body = {"query": query, "variables": variables}
        return running.http.post("/graphql", json=body, headers=bearer(made[who])).json()

    return asked


def code(answer):
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


@pytest.mark.graph
def test_each_role_asks_what_it_may(ask):
    stock = """mutation { recordStock(input: {idempotencyKey: "k", changes: []}) { sequence } }"""
    terms = '{ product(sku: "beer") { suppliers { edges { leadTimeDays } } } }'
    for role in Role:
        assert code(ask(role.value, '{ product(sku: "beer") { name } }')) == []
        assert code(ask(role.value, stock)) == ([] if role in (Role.OPERATOR, Role.ADMIN) else ["FORBIDDEN"])
        assert code(ask(role.value, terms)) == (["FORBIDDEN"] if role is Role.FRONTEND else [])


@pytest.mark.graph
def test_a_refused_operation_says_which_field_and_resolves_nothing(ask):
    answer = ask("viewer", """mutation { recordStock(input: {idempotencyKey: "k", changes: []}) { sequence } }""")
    assert answer["data"] is None
    assert "`Mutation.recordStock`" in answer["errors"][0]["message"]
    assert answer["errors"][0]["locations"]


@pytest.mark.graph
@pytest.mark.parametrize(
    ("who", "customer", "expected"),
    [
        ("frontend", "c1", []),
        ("frontend", "c2", []),
        ("admin", "c2", []),
        ("c1", "c1", []),
        ("c1", "c2", ["FORBIDDEN"]),
        ("viewer", "c1", ["FORBIDDEN"]),
        ("planner", "c1", ["FORBIDDEN"]),
        ("operator", "c1", ["FORBIDDEN"]),
    ],
)
def test_customers_are_seen_by_those_who_may(ask, who, customer, expected):
    assert code(ask(who, CUSTOMER, id=customer)) == expected
    assert (
        code(
            ask(
                who,
                CUSTOMER.replace("$id: String!", "$f: RecommendationsFor!").replace("{customerId: $id}", "$f"),
                f={"customerId": customer},
            )
        )
        == expected
    )
    assert code(ask(who, CUSTOMER.replace("($id: String!)", "").replace("$id", f'"{customer}"'))) == expected
    assert code(ask(who, ANYBODY)) == []


def test_a_document_is_looked_at_once():
    """The guard costs nothing per field: after the first time a document's fields are known."""
    schema, document = contract()._schema, parse('{ product(sku: "x") { name } }')
    before = asked_fields.cache_info()
    assert asked_fields(schema, Same(document)) is asked_fields(schema, Same(document))
    assert asked_fields.cache_info().hits > before.hits

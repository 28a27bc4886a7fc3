"""What operations cost: their pages, batches and work, written out or told by variables."""

import pytest
from graphql import parse

from api.contract import contract
from api.documents import Same
from api.limits import known_size, refuse_large


@pytest.mark.parametrize("weeks", [-(2**31), -1, 0])
def test_a_field_asked_for_no_weeks_pays_for_no_other(weeks):
    asked = f'{{ product(sku: "a") {{ demand(storeId: "S", weeks: {weeks}) {{ weeks {{ units }} }} }} }}'
    document = parse(asked)
    assert refuse_large(document, contract()._schema, {}, document.definitions[0]).cost > 0


def test_a_week_told_by_day_pays_for_its_days():
    asked = '{{ product(sku: "a") {{ demand(storeId: "S", weeks: 2, grain: {}) {{ weeks {{ mean }} }} }} }}'
    week, day = (
        refuse_large(document, contract()._schema, {}, document.definitions[0])
        for document in (parse(asked.format(grain)) for grain in ("WEEK", "DAY"))
    )
    assert day.cost > 3 * week.cost


@pytest.mark.parametrize(
    ("declared", "argument", "values"),
    [
        ("$grain: ForecastGrain!", "weeks: 2, grain: $grain", [{"grain": "WEEK"}, {"grain": "DAY"}]),
        ("$weeks: Int!", "weeks: $weeks", [{"weeks": 2}, {"weeks": 26}]),
    ],
)
def test_what_weighs_weighs_as_much_by_a_variable(declared, argument, values):
    asked = f'query ({declared}) {{ product(sku: "a") {{ demand(storeId: "S", {argument}) {{ weeks {{ mean }} }} }} }}'
    document, schema = parse(asked), contract()._schema
    counted = [known_size(Same(document), schema, each, document.definitions[0]) for each in values]
    assert counted == [refuse_large(document, schema, each, document.definitions[0]) for each in values]
    assert counted[1].cost > 3 * counted[0].cost


@pytest.mark.parametrize(("default", "values"), [("250", {}), ("1", {"n": 250})])
def test_a_page_weighs_by_what_its_variable_stands_for(default, values):
    document = parse(f"query ($n: Int = {default}) {{ products(first: $n) {{ edges {{ node {{ sku }} }} }} }}")
    written = parse("{ products(first: 250) { edges { node { sku } } } }")
    by_variable, by_hand = (
        refuse_large(each, contract()._schema, values, each.definitions[0]) for each in (document, written)
    )
    assert by_variable == by_hand


def sized(text, **variables):
    document = parse(text)
    return known_size(Same(document), contract()._schema, variables, document.definitions[0])


def test_a_page_multiplies_what_it_lists_and_nothing_beside():
    page = "query ($n: Int) {{ products(first: $n) {{ {} }} }}"
    facets, beside = "facets { values { value count } }", "totalCount pageInfo { endCursor }"
    for text in (facets, beside, f"... on ProductSearch {{ {facets} }}", f"... {{ {beside} }}"):
        assert sized(page.format(text), n=1) == sized(page.format(text), n=250)
    listed = [sized(page.format("edges { node { sku } } " + facets), n=n).cost for n in (1, 2, 250)]
    assert listed[2] - listed[0] == 249 * (listed[1] - listed[0])
    fragment = page.format("...F") + " fragment F on ProductSearch { edges { node { sku } } " + facets + " }"
    assert sized(fragment, n=250).cost == listed[2]


@pytest.mark.parametrize("num", [0, 1, 1_000])
def test_a_batch_weighs_what_it_holds_written_out_or_by_variables(num):
    text = "mutation ($input: RecordStockInput!) { recordStock(input: $input) { sequence } }"
    changes = [{"sku": "a", "storeId": "S", "onHandUnits": "1"}] * num
    whole = sized(text, input={"changes": changes, "idempotencyKey": "k"})
    assert (whole.cost, whole.fixed) == (2 + num, num)
    listed = text.replace("$input: RecordStockInput!", "$c: [StockChangeInput!]!").replace(
        "input: $input", 'input: {changes: $c, idempotencyKey: "k"}'
    )
    assert sized(listed, c=changes) == whole
    written = listed.replace("($c: [StockChangeInput!]!)", "").replace("$c", "[" + '{sku: "a"} ' * num + "]")
    assert sized(written) == whole


def test_work_over_a_whole_shop_is_paid_for_however_little_is_answered():
    orders = sized('{ orderProposals(storeId: "S", first: 1) { proposals { sku } } }')
    assert orders.cost > orders.fixed >= 1_000
    twice = sized('{ orderProposals(storeId: "S") { decisionId } disruption(supplierId: "x") { decisionId } }')
    assert twice.fixed >= 2_000

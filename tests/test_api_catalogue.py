"""The catalogue's tree and its customers, with a constant number of round trips to a real Neo4j."""

import pytest
from service_client import serving

from journal.store import Journal

pytestmark = pytest.mark.graph


def test_the_tree_of_categories_is_walked_both_ways(service):
    query = """{ categories(first: 5) { edges { node { categoryId ancestors { categoryId }
      subcategories { edges { node { categoryId ancestors { categoryId name } } } } } } pageInfo { hasNextPage } } }"""
    (top,) = service.data(query)["categories"]["edges"]
    assert (top["node"]["categoryId"], top["node"]["ancestors"]) == ("food", [])
    below = [edge["node"] for edge in top["node"]["subcategories"]["edges"]]
    assert [node["categoryId"] for node in below] == ["drinks", "pasta", "sauces", "snacks"]
    assert {str(node["ancestors"]) for node in below} == {"[{'categoryId': 'food', 'name': 'Food'}]"}
    assert service.reads(query) == 4


def test_a_customer_and_what_they_buy(service):
    query = """query($id: String!) { customer(customerId: $id) { customerId segment joinedOn
      bought(first: 1) { totalCount pageInfo { hasNextPage endCursor }
        edges { strength numBaskets node { sku price { amount } } } } } }"""
    customer = service.data(query, id="c1")["customer"]
    assert (customer["customerId"], customer["bought"]["totalCount"]) == ("c1", 2)
    assert customer["bought"]["edges"] == [
        {"strength": 2.0, "numBaskets": 0, "node": {"sku": "cola", "price": {"amount": "1.2"}}}
    ]
    assert customer["bought"]["pageInfo"]["hasNextPage"] is True
    assert service.data(query, id="nobody")["customer"] is None
    assert service.reads(query, id="c1") == 3


def test_promotions_and_the_stores_and_customers_they_reach(service):
    asked = """{ promotion(promotionId: "p1") { stores { edges { numProducts node { storeId name } } } }
      store(storeId: "S2") { promotions { edges { numProducts node { promotionId name } } } }
      customer(customerId: "c1") {
        stores { edges { numBaskets lastBoughtAt node { storeId } } }
        promotions { edges { sentOn node { promotionId stores { edges { node { storeId } } } } } } } }"""
    told = service.data(asked)
    assert told["promotion"]["stores"]["edges"] == [
        {"numProducts": 4, "node": {"storeId": "S1", "name": "Store S1"}},
        {"numProducts": 2, "node": {"storeId": "S2", "name": "Store S2"}},
    ]
    assert told["store"]["promotions"]["edges"] == [
        {"numProducts": 2, "node": {"promotionId": "p1", "name": "Pasta week"}}
    ]
    assert told["customer"]["stores"]["edges"] == [
        {"numBaskets": 3, "lastBoughtAt": "2024-05-01T12:00:00+00:00", "node": {"storeId": "S1"}},
        {"numBaskets": 1, "lastBoughtAt": None, "node": {"storeId": "S2"}},
    ]
    (sent,) = told["customer"]["promotions"]["edges"]
    assert (sent["sentOn"], sent["node"]["promotionId"]) == ("2024-05-01", "p1")
    assert [edge["node"]["storeId"] for edge in sent["node"]["stores"]["edges"]] == ["S1", "S2"]


def test_where_a_customer_shops_is_read_anew_at_every_request(loaded, tmp_path):
    asked = '{ customer(customerId: "c1") { stores { edges { cursor } } promotions { edges { cursor } } } }'
    with serving(loaded, Journal(str(tmp_path / "journal.db")), catalogue_seconds=60.0) as kept:
        assert [kept.reads(asked) for _ in range(2)][1] == 3

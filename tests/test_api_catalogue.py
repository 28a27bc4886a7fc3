"""The catalogue's tree and its customers, with a constant number of round trips to a real Neo4j."""

import pytest

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

"""The catalogue over HTTP, on a real Neo4j: each kind with all it is joined to, page by page."""

import pytest
import service_shop as shop
from service_client import skus, walked

pytestmark = pytest.mark.graph


def test_a_product_with_everything_it_is_joined_to(service):
    product = service.data(
        """{ product(sku: "spaghetti") {
          id sku name description size sizeUnit minimumAge price { amount currencyCode } availability
          brand { name products { edges { node { sku } } } }
          category { name parent { name parent { name } subcategories(first: 2) {
            edges { node { categoryId } } pageInfo { hasNextPage endCursor } } } }
          suppliers { edges { leadTimeDays node { supplierId name leadTimeDays } } }
          promotions { edges { discountShare node { name kind startsOn endsOn } } }
          stocks { totalCount edges { node { storeId onHandUnits availability store { name } } } }
          boughtWith { edges { numBaskets node { sku } } }
        } }"""
    )["product"]
    assert product["name"] == "Spaghetti"
    assert product["price"] == {"amount": "1.0", "currencyCode": "EUR"}
    assert product["availability"] == "IN_STOCK"
    assert skus(product["brand"]["products"]) == ["spaghetti", "spaghetti_xl"]
    assert product["category"]["parent"]["name"] == "Food"
    assert product["category"]["parent"]["parent"] is None
    below = product["category"]["parent"]["subcategories"]
    assert [edge["node"]["categoryId"] for edge in below["edges"]] == ["drinks", "pasta"]
    assert below["pageInfo"]["hasNextPage"] is True
    assert product["suppliers"]["edges"][0]["node"] == {"supplierId": "acme", "name": "ACME", "leadTimeDays": 3.0}
    assert product["promotions"]["edges"][0]["discountShare"] == 0.2
    assert product["promotions"]["edges"][0]["node"]["startsOn"] == "2024-05-01"
    # The graph's own copy says 99: stock is answered from live facts.
    assert product["stocks"]["edges"][0]["node"] == {
        "storeId": "S1",
        "onHandUnits": "10.0",
        "availability": "IN_STOCK",
        "store": {"name": "Store S1"},
    }
    assert product["stocks"]["edges"][1]["node"]["onHandUnits"] is None
    assert [edge["numBaskets"] for edge in product["boughtWith"]["edges"]] == [37, 12]


def test_what_does_not_exist_is_null(service):
    query = """{ product(sku: "x") { sku } category(categoryId: "x") { name } brand(name: "x") { name }
      supplier(supplierId: "x") { name } store(storeId: "x") { name } promotion(promotionId: "x") { name } }"""
    assert set(service.data(query).values()) == {None}


def test_each_kind_is_found_and_knows_its_products(service):
    data = service.data(
        """{ category(categoryId: "pasta") { name products(first: 2) { edges { node { sku } } totalCount } }
        supplier(supplierId: "acme") { name products(first: 1) { edges { node { sku } } } }
        store(storeId: "S1") { name products(last: 1) { edges { node { sku } } } }
        promotion(promotionId: "p1") { kind products { edges { node { sku } } } } }"""
    )
    assert skus(data["category"]["products"]) == ["fusilli", "lasagne"]
    assert data["category"]["products"]["totalCount"] == 5
    assert skus(data["supplier"]["products"]) == ["beer"]
    assert skus(data["store"]["products"]) == ["spaghetti_xl"]
    assert len(data["promotion"]["products"]["edges"]) == 5


PAGE = """query($first: Int, $after: String, $last: Int, $before: String, $filter: ProductFilter, $query: String) {
  products(first: $first, after: $after, last: $last, before: $before, filter: $filter, query: $query) {
    totalCount edges { cursor node { sku } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.mark.parametrize("size", [1, 3, 10, 250])
@pytest.mark.parametrize("chosen", [None, {"categoryId": "food"}, {"brand": "Grano"}])
def test_following_cursors_gives_each_product_once_both_ways(service, size, chosen):
    every = skus(service.data(PAGE, first=250, filter=chosen)["products"])
    assert every == sorted(every)
    forwards = walked(lambda at: service.data(PAGE, first=size, after=at, filter=chosen)["products"])
    backwards = walked(lambda at: service.data(PAGE, last=size, before=at, filter=chosen)["products"], backwards=True)
    assert forwards == backwards == every


def test_the_count_of_all_is_told(service):
    assert service.data(PAGE, first=0)["products"]["totalCount"] == len(shop.SKUS)


def test_nodes_are_found_again_by_their_ids(service):
    ids = service.data(
        """{ product(sku: "beer") { id category { id } brand { id } }
        store(storeId: "S1") { id } supplier(supplierId: "acme") { id } promotion(promotionId: "p1") { id } }"""
    )
    wanted = [
        ids["product"]["id"],
        ids["product"]["category"]["id"],
        ids["product"]["brand"]["id"],
        ids["store"]["id"],
        ids["supplier"]["id"],
        ids["promotion"]["id"],
    ]
    found = service.data("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", ids=wanted)["nodes"]
    assert [node["id"] for node in found] == wanted
    kinds = [node["__typename"] for node in found]
    assert kinds == ["Product", "Category", "Brand", "Store", "Supplier", "Promotion"]
    one = service.data("query($id: ID!) { node(id: $id) { ... on Product { name } } }", id=wanted[0])
    assert one["node"]["name"] == "Pale ale"

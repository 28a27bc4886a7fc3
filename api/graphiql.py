"""GraphiQL from files that are installed here, so that it works where the internet does not reach."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.staticfiles import StaticFiles

from schema.facts import ShopFacts

PACKAGE: Final = "graphene_django_graphiql_static"
"""Ships GraphiQL and React as plain files (MIT); nothing of it is imported but its folder's place."""

EXAMPLES: Final = (
    """# Products of the catalogue, with what each store holds of them now.
query Catalogue {
  products(first: 5) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges {
      node {
        sku
        name
        brand { name }
        category { name parent { name } }
        price { amount currencyCode }
        availability
        suppliers(first: 2) { edges { leadTimeDays node { name } } }
      }
    }
  }
}
""",
    """# What can stand in for a product and what goes with it, how sure, and why.
query Relations($sku: String!) {
  product(sku: $sku) {
    name
    substitutes(first: 5) {
      edges {
        rank
        probability
        evidence { baskets switches sharedCategory textSimilarity }
        node { sku name price { amount currencyCode } }
        explanation { sentence paths { steps { source relation target } } }
      }
    }
    complements(first: 5) {
      edges { probability node { sku name } explanation { sentence } }
    }
  }
}
""",
    """# What to offer beside a basket; what would have been offered but may not be is named with its reason.
query Recommend {
  recommendations(for: { basket: [] }, first: 5) {
    isFallback
    modelVersion
    products { score source reason availability product { sku name } explanation { sentence } }
    withheld { reason product { sku name } }
  }
}
""",
    """# What to offer for basket lines that cannot be filled.
query Substitute($lines: [BasketLineInput!]!) {
  substitutesFor(basketLines: $lines, first: 3) {
    sku
    problem
    offers { reason probability availability product { sku name } }
  }
}
""",
    """# Tell that a shelf is empty: every answer begun after this one honours it.
mutation RecordStock($input: RecordStockInput!) {
  recordStock(input: $input) {
    sequence
    userErrors { field message code }
  }
}
""",
)


def assets() -> StaticFiles:
    """GraphiQL's scripts and styles."""
    return StaticFiles(directory=_folder() / "static" / PACKAGE)


def page(facts: ShopFacts) -> str:
    """The page with GraphiQL and queries ready to run on this shop in its tabs; its scripts come from `/graphiql`."""
    template = files("api").joinpath("graphiql.html").read_text(encoding="utf-8")
    variables = json.dumps(_variables(facts), indent=2)
    tabs = json.dumps([{"query": query, "variables": variables if "$" in query else ""} for query in EXAMPLES])
    tabs = tabs.replace("<", "\\u003c")
    return template.replace("EXAMPLE_TABS", tabs)


def _variables(facts: ShopFacts) -> dict[str, object]:
    sku = facts.skus[0] if facts.skus else ""
    store_id = facts.store_ids[0] if facts.store_ids else ""
    counted_at = f"{facts.as_of.isoformat()}T12:00:00+00:00"
    change = {"storeId": store_id, "sku": sku, "onHandUnits": 0, "countedAt": counted_at}
    lines = [{"sku": sku, "units": 1_000_000}]
    return {"sku": sku, "lines": lines, "input": {"idempotencyKey": "graphiql-1", "changes": [change]}}


def _folder() -> Path:
    return Path(str(files(PACKAGE)))

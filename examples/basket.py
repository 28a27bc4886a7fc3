"""Print what to offer beside a basket, and why: `python examples/basket.py SKU...` while `shelfgraph serve` runs."""

import json
import os
import sys
import urllib.request
from typing import Any

URL = os.environ.get("SHELFGRAPH_URL", "http://127.0.0.1:8000") + "/graphql"
KEY = os.environ.get("SHELFGRAPH_KEY")
QUERY = """query BesideBasket($basket: [String!]!) {
  recommendations(for: { basket: $basket }, first: 5) {
    products { reason product { sku name } }
    withheld { reason product { sku name } }
  }
}"""


def ask(query: str, **variables: object) -> dict[str, Any]:
    """The `data` of an answer; ends with the service's own words where it refuses."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {KEY}"} if KEY else {})
    body = json.dumps({"query": query, "variables": variables}).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(URL, body, headers), timeout=30) as response:
            answer = json.load(response)
    except OSError as error:
        sys.exit(f"{URL} does not answer: {error}")
    if answer.get("errors"):
        sys.exit("\n".join(f"{error['extensions']['code']}: {error['message']}" for error in answer["errors"]))
    data: dict[str, Any] = answer["data"]
    return data


advice = ask(QUERY, basket=sys.argv[1:])["recommendations"]
for offer in advice["products"]:
    print(f"{offer['product']['name']}: {offer['reason']}")
for withheld in advice["withheld"]:
    print(f"not {withheld['product']['name']}: {withheld['reason']}")

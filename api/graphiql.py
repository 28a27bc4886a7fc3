"""GraphiQL from files that are installed here, so that it works where the internet does not reach."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.staticfiles import StaticFiles

from schema.facts import ShopFacts

PACKAGE: Final = "graphene_django_graphiql_static"
"""Ships GraphiQL and React as plain files (MIT); nothing of it is imported but its folder's place."""

_DECLARED: Final = re.compile(r"\$(\w+):")


def examples() -> list[str]:
    """Operations ready to run, a tab each, in the order of their files in `graphiql_examples`."""
    found = sorted(files("api").joinpath("graphiql_examples").iterdir(), key=lambda file: file.name)
    return [file.read_text(encoding="utf-8") for file in found if file.name.endswith(".graphql")]


def assets() -> StaticFiles:
    """GraphiQL's scripts and styles."""
    return StaticFiles(directory=_folder() / "static" / PACKAGE)


def page(facts: ShopFacts) -> str:
    """The page with GraphiQL and queries ready to run on this shop in its tabs; its scripts come from `/graphiql`."""
    template = files("api").joinpath("graphiql.html").read_text(encoding="utf-8")
    tabs = json.dumps([{"query": query, "variables": _variables(query, facts)} for query in examples()])
    tabs = tabs.replace("<", "\\u003c")
    return template.replace("EXAMPLE_TABS", tabs)


def _variables(query: str, facts: ShopFacts) -> str:
    """What an example's variables may be on this shop, as JSON; empty for one that has none."""
    sku, store_id = next(iter(facts.skus), ""), next(iter(facts.store_ids), "")
    counted_at = f"{facts.as_of.isoformat()}T12:00:00+00:00"
    change = {"storeId": store_id, "sku": sku, "onHandUnits": 0, "countedAt": counted_at}
    known = {
        "sku": sku,
        "storeId": store_id,
        "words": next(iter(next(iter(facts.names), "").split()), ""),
        "basket": list(facts.skus[:2]),
        "lines": [{"sku": sku, "units": 1_000_000}],
        "input": {"idempotencyKey": "graphiql-1", "changes": [change]},
    }
    asked = {name: known[name] for name in _DECLARED.findall(query)}
    return json.dumps(asked, indent=2) if asked else ""


def _folder() -> Path:
    return Path(str(files(PACKAGE)))

"""The demo's questions, asked of the running service over HTTP, and their answers in words."""

import json
import time
import urllib.request
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from rich.markup import escape

from commands.console import out
from schema.edges import RELATION_NAMES
from schema.errors import Unavailable

if TYPE_CHECKING:
    from schema.artefact import Artefact

WAIT_SECONDS = 60
TRIES = 20
SLOW_TRIES = 5


def show_answers(url: str, key: str, artefact: "Artefact") -> None:
    """Ask for substitutes, complements and recommendations of one product; print names, probabilities and reasons.

    The product is the most bought one that has both relations, so that there is something to see.

    Raises:
        Unavailable: if the service does not answer within WAIT_SECONDS.
    """
    _wait(url.replace("/graphql", "/readyz"))
    query = (files("commands") / "showcase.graphql").read_text()
    answers = (ask(url, key, query, {"sku": sku}) for sku in telling_products(artefact)[:TRIES])
    _print_answer(max(answers, key=_num_shown))


def ask(url: str, key: str, query: str, variables: dict[str, object]) -> dict[str, Any]:
    """The `data` of a GraphQL answer; asked again, a few times, where the graph was too slow, as just after its start.

    Raises:
        Unavailable: if the service cannot be reached or answers errors.
    """
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310  # our own address
    for _ in range(SLOW_TRIES):
        answer = _answer(url, request)
        if not answer.get("errors"):
            return cast(dict[str, Any], answer["data"])
        first = answer["errors"][0]
        if first.get("extensions", {}).get("code") != "TIMEOUT":
            break
    raise Unavailable(f"{url} answered: {first['message']}", remedy="Run `shelfgraph doctor`.")


def _answer(url: str, request: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return cast(dict[str, Any], json.load(response))
    except OSError as error:
        raise Unavailable(f"{url} does not answer: {error}.", remedy="See what `shelfgraph doctor` says.") from error


def telling_products(artefact: "Artefact") -> list[str]:
    """Products that have candidates in both relations, most bought first; where none has, the most bought ones."""
    grouped = artefact.relations.table.group_by("other_sku").aggregate([("relation", "count_distinct")]).to_pylist()
    both = {row["other_sku"] for row in grouped if row["relation_count_distinct"] == len(RELATION_NAMES)}
    popular: list[str] = artefact.popularity.column("sku").to_pylist()
    return [sku for sku in popular if sku in both] or popular


def _wait(url: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.05)
    raise Unavailable(f"{url} was not ready within {WAIT_SECONDS} s.", remedy="See what `shelfgraph doctor` says.")


def _num_shown(answer: dict[str, Any]) -> int:
    product = answer["product"] or {}
    sides = [product.get(side, {}).get("edges", []) for side in ("substitutes", "complements")]
    return min(map(len, sides)) + len(answer["recommendations"]["products"])


def _print_answer(answer: dict[str, Any]) -> None:
    product = answer["product"]
    out.print(f"\n[bold]{escape(product['name'])}[/]", highlight=False)
    for heading, side in (("can be replaced by", "substitutes"), ("goes with", "complements")):
        out.print(f"  {heading}", highlight=False)
        for edge in product[side]["edges"]:
            out.print(f"    {edge['probability']:.2f}  {escape(edge['node']['name'])}", highlight=False, soft_wrap=True)
            evidence = edge["explanation"]["sentence"].rpartition("): ")[2]
            out.print(f"          [dim]{escape(evidence)}[/]", highlight=False, soft_wrap=True)
    out.print("  recommended beside it", highlight=False)
    for offer in answer["recommendations"]["products"]:
        line = f"{offer['product']['name']}  ({offer['availability'].lower()}; {offer['reason']})"
        out.print(f"    {offer['score']:.2f}  {escape(line)}", highlight=False, soft_wrap=True)
    for withheld in answer["recommendations"]["withheld"]:
        out.print(f"    [dim]withheld: {withheld['product']['name']}, {withheld['reason'].lower()}[/]", soft_wrap=True)
    out.print()

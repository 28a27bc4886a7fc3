"""`shelfgraph evaluate ledger`: what keeping decisions adds to the time of an answer."""

import asyncio
import json
import random
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import bars, out, table
from commands.context import Shop, shop_of
from schema.access import KEY_MARK
from schema.errors import Unavailable

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from api.context import Context

QUERY = """query ($sku: String!) {
  recommendations(for: { product: $sku }, first: 20) { decisionId products { score product { sku name } } } }"""
WARM_UP = 50
IN_PROCESS_KEY = f"{KEY_MARK}evaluate_ledger"


def ledger_command(
    ctx: typer.Context,
    requests: Annotated[int, typer.Option(min=100, help="Recommendations to ask for with, and without.")] = 1_000,
    at_once: Annotated[int, typer.Option(min=1, help="How many are asked for side by side.")] = 1,
) -> None:
    """Ask the service in this process for recommendations, by turns with the ledger and without, and compare times."""
    times, num_kept = asyncio.run(_measured(shop_of(ctx), requests, at_once))
    if not all(times.values()):
        raise Unavailable("No request was answered.", remedy="See what `shelfgraph doctor` says.")
    rows = [
        (name, _quantile(seconds, 0.5), _quantile(seconds, 0.95), _quantile(seconds, 0.99))
        for name, seconds in times.items()
    ]
    out.print(table(f"A recommendation of 20, ms ({at_once} at once)", ("ledger", "p50", "p95", "p99"), rows))
    added = rows[0][1] - rows[1][1]
    out.print(f"Added by the ledger: p50 {added:+.2f} ms; {num_kept:,} of {len(times['with']):,} answers had an id.")


async def _measured(shop: Shop, requests: int, at_once: int) -> tuple[dict[str, list[float]], int]:
    is_kept, times = {"next": True}, dict[str, list[float]]({"with": [], "without": []})

    def on_context(context: "Context") -> None:
        if not is_kept["next"]:
            context.ledger = None

    app = shop.app(IN_PROCESS_KEY, on_context=on_context)
    moment = shop.live().now()
    draw, num_kept = random.Random(0), 0  # noqa: S311  # which products are asked about
    async with app.router.lifespan_context(app):
        await asyncio.sleep(1)
        with bars() as progress:
            for place in range(2 * (requests + WARM_UP) // at_once):
                is_kept["next"] = place % 2 == 0
                asked = draw.choices(moment.base.skus, k=at_once)
                told = await asyncio.gather(*[_timed(app, sku) for sku in asked])
                answers = [answer for answer in told if answer is not None]
                if place * at_once < 2 * WARM_UP:
                    continue
                times["with" if is_kept["next"] else "without"] += [seconds for seconds, _ in answers]
                num_kept += sum(decision_id is not None for _, decision_id in answers)
                progress("Asked", place + 1, 2 * (requests + WARM_UP) // at_once)
    return times, num_kept


async def _timed(app: "Starlette", sku: str) -> tuple[float, str | None] | None:
    """Milliseconds of one answer, and its decision's id; None where an error was answered."""
    body = json.dumps({"query": QUERY, "variables": {"sku": sku}}).encode()
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        parts.append(message.get("body", b""))

    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers.append((b"authorization", f"Bearer {IN_PROCESS_KEY}".encode()))
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
    }
    scope |= {"scheme": "http", "query_string": b"", "headers": headers, "http_version": "1.1"}
    scope |= {"server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"}}
    began = time.perf_counter()
    await app(scope, receive, send)
    milliseconds = 1000 * (time.perf_counter() - began)
    answer = (json.loads(b"".join(parts)).get("data") or {}).get("recommendations")
    return None if answer is None else (milliseconds, answer["decisionId"])


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]

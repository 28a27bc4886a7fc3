"""`shelfgraph evaluate service`: how fast the service answers under load, beside what is promised."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markdown import Markdown

from commands.console import bars, out
from commands.context import Shop, shop_of
from commands.door import key_to_serve
from commands.ending import ended_by_sigterm
from commands.evaluation_options import JsonFile, PictureFile, Seed
from commands.graph import start_graph
from commands.serve import refuse_used_port
from commands.showcase import wait_ready
from schema.errors import NotTrained, Unavailable

if TYPE_CHECKING:
    from decisions.moment import Moment
    from evaluation.load_generator import Target
    from evaluation.service import Plan
    from evaluation.service_figures import ServiceFigures
    from evaluation.service_scenarios import Subjects

CUSTOMERS = 100_000
PAGES = 20
STOP_SECONDS = 30
WARM_SECONDS = 600.0
ASKED_EACH = 10


def service_command(
    ctx: typer.Context,
    requests: Annotated[int, typer.Option(min=20, help="Of each scenario on one connection.")] = 1_000,
    per_second: Annotated[float, typer.Option(min=1, help="Recommendations of the steady load.")] = 250,
    seconds: Annotated[float, typer.Option(min=1, help="Of the steady load, and of the one with changes.")] = 60,
    soak: Annotated[float, typer.Option(min=0, help="Minutes at half of what saturates; memory's growth is told.")] = 0,
    changes: Annotated[int, typer.Option(min=0, help="Stock changes a second beside recommendations.")] = 200,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer.")] = 1,
    key: Annotated[str, typer.Option(envvar="SHELFGRAPH_KEY", help="An admin's key, where the shop has keys.")] = "",
    seed: Seed = 0,
    json_file: JsonFile = None,
    picture: PictureFile = None,
) -> None:
    """Start `serve` on this shop and put load on it from this process; needs its graph and port for itself.

    Waiting counts from when a request was due, so that a stalled server shows in the figures.
    It empties and fills shelves of the shop's first store: use a shop made for it, as `make bench-api` does.
    """
    from evaluation import service_report  # noqa: PLC0415
    from evaluation.service import Plan  # noqa: PLC0415

    shop = shop_of(ctx)
    was_started = start_graph(shop)
    try:
        figures = _measured(shop, Plan(requests, per_second, seconds, soak, changes, seed), workers=workers, key=key)
    finally:
        server = shop.server()
        if was_started and server is not None:
            server.stop()
    if json_file is not None:
        json_file.write_text(json.dumps(service_report.as_json(figures), indent=1, allow_nan=False) + "\n")
    if picture is not None:
        service_report.save_picture(figures, picture)
    out.print(Markdown(service_report.markdown(figures)))
    for violation in figures.violations[:10]:
        out.print(f"[red]✗[/] {violation}", highlight=False)
    if figures.violations:
        raise typer.Exit(1)


def _measured(shop: Shop, plan: "Plan", *, workers: int, key: str) -> "ServiceFigures":
    """What the plan's load finds, the engine alone last."""
    import uvloop  # noqa: PLC0415

    from evaluation.load_generator import Target  # noqa: PLC0415
    from evaluation.service import Bench  # noqa: PLC0415
    from evaluation.service_engine import engine  # noqa: PLC0415

    target, moment = Target(shop.graphiql_url, key or key_to_serve(shop) or ""), _moment(shop)
    subjects = _subjects(shop, moment)
    alone = engine(moment, subjects, count=plan.requests, seed=plan.seed + 1)
    del moment
    with bars() as progress, _serving(shop, workers) as pid:

        async def measure() -> "ServiceFigures":
            everything = await _with_cursors(target, subjects)
            return await Bench(target, everything, plan, pid=pid, progress=progress).run(shop.clock())

        figures = uvloop.run(measure())
    figures.rows.append(alone)
    return figures


def _wait_warm(url: str, workers: int) -> None:
    """Return when every worker has read the catalogue ahead, as far as many new connections in a row can tell.

    Raises:
        Unavailable: if they have not within WARM_SECONDS.
    """
    until, in_a_row = time.monotonic() + WARM_SECONDS, 0
    while in_a_row < ASKED_EACH * workers:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own address
                is_warm = json.load(answer)["catalogue"] == "ready"
        except OSError:  # a worker is not ready yet
            is_warm = False
        in_a_row = in_a_row + 1 if is_warm else 0
        if not is_warm:
            time.sleep(1)
        if time.monotonic() > until:
            problem = f"The catalogue was not read ahead within {WARM_SECONDS:g} s."
            raise Unavailable(problem, remedy="See what `shelfgraph doctor` says.")


def _moment(shop: Shop) -> "Moment":
    """The newest facts and the champion, as the service sees them."""
    from decisions.model_index import ModelIndex  # noqa: PLC0415
    from decisions.moment import Moment  # noqa: PLC0415
    from ranking.saved import open_ranker  # noqa: PLC0415

    champion = shop.registry().champion()
    if champion is None:
        raise NotTrained
    artefact, facts = shop.registry().load(champion), shop.live().refresh()
    index = ModelIndex.of(artefact, facts.base, ranker=open_ranker(artefact))
    return Moment(facts, index, shop.clock().date())


def _subjects(shop: Shop, moment: "Moment") -> "Subjects":
    """Products, most bought first, stores, and some customers of the newest lake version."""
    from evaluation.service_scenarios import Subjects  # noqa: PLC0415

    known = moment.facts.base
    popular = [known.skus[row] for row in moment.trained().popular]
    lake = shop.lake().at()
    customers = lake.rows("customers", ["customer_id"]).column(0).to_pylist() if "customers" in lake else []
    rest = set(known.skus) - set(popular)
    return Subjects([*popular, *sorted(rest)], known.store_ids, customers[:CUSTOMERS])


async def _with_cursors(target: "Target", subjects: "Subjects") -> "Subjects":
    """The subjects with where pages of 50 products begin, as the service says."""
    from evaluation.load_generator import data  # noqa: PLC0415
    from evaluation.service_scenarios import operation  # noqa: PLC0415

    cursors: list[str | None] = [None]
    while len(cursors) < PAGES:
        page = (await data(target, operation("page"), {"after": cursors[-1]}))["products"]["pageInfo"]
        if not page["hasNextPage"]:
            break
        cursors.append(page["endCursor"])
    return replace(subjects, cursors=cursors)


@contextmanager
def _serving(shop: Shop, workers: int) -> Iterator[int]:
    """`serve` in a process of its own, ready; its process id. It ends with this one, when that is told to end too."""
    refuse_used_port(shop.api_host, shop.api_port)
    log = shop.home / "evaluate-service.log"
    with ended_by_sigterm(), log.open("w") as file:
        command = [sys.executable, "-m", "shelfgraph", "serve", "--workers", str(workers)]
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)  # noqa: S603  # our own command
        try:
            ready = shop.graphiql_url.replace("/graphql", "/readyz")
            wait_ready(ready)
            _wait_warm(ready, workers)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

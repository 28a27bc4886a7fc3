"""Every protocol that a folder of tables allows, in one table and a picture each."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from evaluation import basket_completion, forecast, next_basket, own_labels, recommendation
from evaluation.report import OURS, Report, as_json, headline, markdown, save_picture
from schema.errors import ShelfgraphError
from schema.progress import Progress, silent
from schema.tables import RetailTables

PROTOCOLS: Mapping[str, Callable[..., Report]] = {
    "basket-completion": basket_completion.run,
    "next-basket": next_basket.run,
    "recommendation": recommendation.run,
    "relations": own_labels.run,
    "forecast": forecast.run,
}
"""Each takes the tables and, by keyword, `as_of`, `seed` and `progress`."""


@dataclass(frozen=True)
class Suite:
    """What every protocol found, or why it could not run.

    Attributes:
        reports: of those that ran, in order.
        reasons: by protocol, a sentence for each that did not.
    """

    reports: tuple[Report, ...]
    reasons: Mapping[str, str]


def run(
    tables: RetailTables,
    *,
    as_of: date,
    seed: int = 0,
    protocols: Mapping[str, Callable[..., Report]] = PROTOCOLS,
    progress: Progress = silent,
) -> Suite:
    """Run the protocols one after another; one that the tables do not allow gives its reason instead."""
    reports, reasons = [], {}
    for place, (name, protocol) in enumerate(protocols.items()):
        try:
            reports.append(protocol(tables, as_of=as_of, seed=seed, progress=progress))
        except ShelfgraphError as error:
            reasons[name] = str(error)
        progress("protocols", place + 1, len(protocols))
    return Suite(tuple(reports), reasons)


def save(suite: Suite, folder: Path) -> list[Path]:
    """Write `figures.md`, `figures.json` and `PROTOCOL.png` of each protocol that ran; what was written, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "figures.md", folder / "figures.json"]
    written[0].write_text("\n".join([table(suite), *(markdown(report) for report in suite.reports)]))
    body = {"protocols": [as_json(report) for report in suite.reports], "not_run": dict(suite.reasons)}
    written[1].write_text(json.dumps(body, indent=1, allow_nan=False) + "\n")
    for report in suite.reports:
        written.append(folder / f"{report.protocol}.png")
        save_picture(report, written[-1])
    return written


def table(suite: Suite) -> str:
    """One Markdown table: for each protocol's headline metrics our figure, the best baseline's and the difference."""
    lines = ["| protocol | metric | shelfgraph | best baseline | difference (95 %) |", "|---|---|---:|---|---:|"]
    for report in suite.reports:
        for metric in headline(report):
            ours, gap = report.results[OURS][metric], report.differences.get(metric)
            best, told = "–", "–"
            if gap:
                best = f"{gap['against']} {report.results[gap['against']][metric]:.4f}"
                told = f"{gap['mean']:+.4f} ({gap['low']:+.4f} to {gap['high']:+.4f})"
            lines.append(f"| {report.protocol} | {metric} | {ours:.4f} | {best} | {told} |")
    return "\n".join([*lines, "", *(f"- {name} was not run: {why}" for name, why in suite.reasons.items())]) + "\n"

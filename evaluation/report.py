"""What a protocol found: as JSON, Markdown, predictions and one picture."""

import json
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

OURS = "shelfgraph"
_LOWER_IS_BETTER = (
    "ece",
    "gini",
    "brier",
    "wape",
    "mape",
    "wrmsse",
    "pinball",
    "error",
    "stock_",
    "waste_",
    "weeks_of",
)
_WANTED = {"bias": 0.0, "coverage_90": 0.9}
"""Metrics that are best at a value, and that value."""


def badness(metric: str, value: float) -> float:
    """How bad a metric's value is, so that values of one metric can be ordered: the lowest is the best.

    A slice's metric (`promo_wape`) is told by its end.
    """
    for name, wanted in _WANTED.items():
        if metric == name or metric.endswith(f"_{name}"):
            return abs(value - wanted)
    is_lower = metric.startswith(_LOWER_IS_BETTER) or metric.rpartition("_")[2] in _LOWER_IS_BETTER
    return value if is_lower else -value


@dataclass(frozen=True)
class Curve:
    """A panel of lines beside the figures.

    Attributes:
        lines: by model, `x` and `y`; ours under OURS.
        wanted: a line to lie on, `x` and `y`, or None.
    """

    title: str
    lines: Mapping[str, tuple[Sequence[Any], Sequence[float]]]
    wanted: tuple[Sequence[Any], Sequence[float]] | None = None


@dataclass(frozen=True)
class Report:
    """The figures of one protocol run, our model among its baselines.

    Attributes:
        tables: name of the data set.
        data_hash: load id of the tables.
        fit_seconds: of our model, wall clock.
        peak_mib: most memory the process had held by the end.
        results: by model, metrics in lower case; one that cannot be told (no such query) is left out.
        differences: by metric, `against` (best baseline), `mean`, `low`, `high` of ours minus theirs.
        predictions: rows as evaluation.md gives them, or None.
        notes: sentences a reader of the table needs.
        curves: panels of lines that the picture shows besides.
    """

    protocol: str
    tables: str
    data_hash: str
    as_of: date | None
    seed: int
    fit_seconds: float
    peak_mib: float
    results: Mapping[str, Mapping[str, float]]
    differences: Mapping[str, Mapping[str, Any]]
    predictions: pa.Table | None = None
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()


def peak_mib() -> float:
    """Most memory this process has held so far, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


def as_json(report: Report) -> dict[str, Any]:
    """The figures in the form of evaluation.md."""
    return {
        "protocol": report.protocol,
        "tables": report.tables,
        "data_hash": report.data_hash,
        "as_of": report.as_of.isoformat() if report.as_of else None,
        "seed": report.seed,
        "model": OURS,
        "fit_seconds": round(report.fit_seconds, 2),
        "peak_mib": round(report.peak_mib, 1),
        "results": report.results,
        "differences": report.differences,
    }


def save_json(report: Report, path: Path) -> None:
    """Write the figures in the form of evaluation.md."""
    path.write_text(json.dumps(as_json(report), indent=1, allow_nan=False) + "\n")


def markdown(report: Report) -> str:
    """One table, a column a model, ours last, best figure of each row in bold; deciles stand in the JSON alone."""
    metrics = list(dict.fromkeys(metric for row in report.results.values() for metric in row))
    names = sorted(report.results, key=lambda name: name == OURS)
    lines = ["| metric | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for metric in metrics:
        if not metric.startswith("decile_"):
            best = _best(report, metric)
            cells = [_cell(report.results[name].get(metric), best) for name in names]
            lines.append(f"| {metric} | " + " | ".join(cells) + " |")
    day = f", cut-off {report.as_of}" if report.as_of else ""
    head = f"`{report.protocol}` on {report.tables} ({report.data_hash}){day}, seed {report.seed}; "
    head += f"fitted in {report.fit_seconds:.0f} s, peak {report.peak_mib:.0f} MiB."
    gaps = [
        f"- {metric}: {gap['mean']:+.4f} against {gap['against']} (95 % {gap['low']:+.4f} to {gap['high']:+.4f})"
        for metric, gap in report.differences.items()
    ]
    return "\n".join([head, "", *lines, "", *gaps, *(f"- {note}" for note in report.notes)]) + "\n"


def save_predictions(report: Report, path: Path) -> None:
    """Write the predictions as Parquet; nothing where the protocol kept none."""
    if report.predictions is not None:
        pq.write_table(report.predictions, path)


def save_picture(report: Report, path: Path) -> None:
    """Draw the headline metrics (PNG or SVG by suffix): a panel a metric, a bar a model, values at the bars.

    The line on our bar is the 95 % interval of its difference from the best baseline, laid from that one's end.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 heavy, and wanted for pictures alone

    metrics = headline(report)
    number = len(metrics) + len(report.curves)
    columns = 2 if number > 1 else 1
    rows = -(-number // columns)
    height = max(0.8 + 0.34 * len(report.results), 2.8 if report.curves else 0)
    size = (6.4 * columns, rows * height + 0.5)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, metric in zip(panels, metrics, strict=False):
        _draw(panel, report, metric)
    for panel, curve in zip(panels[len(metrics) :], report.curves, strict=False):
        _draw_curve(panel, curve)
    for panel in panels[number:]:
        panel.set_axis_off()
    day = f", cut-off {report.as_of}" if report.as_of else ""
    figure.suptitle(f"{report.protocol} on {report.tables}{day}", fontsize=12)
    if report.differences:
        said = "line: 95 % interval of ours less the best baseline, laid from that baseline's end"
        figure.supxlabel(said, fontsize=8)
    figure.savefig(path, dpi=120)


def headline(report: Report, most: int = 6) -> list[str]:
    """The metrics that a picture shows: the first ones told of our model, counts, spreads and what is 0 left out."""
    aside = ("weeks_of", "coverage", "gini", "num_", "decile_", "bias")
    told = [metric for metric in report.results[OURS] if not metric.startswith(aside)]
    return [metric for metric in told if any(row.get(metric) for row in report.results.values())][:most]


def _draw(panel: Any, report: Report, metric: str) -> None:
    """One metric as horizontal bars, lowest at the foot, ours in black."""
    told = {name: row[metric] for name, row in report.results.items() if metric in row}
    names = sorted(told, key=lambda name: badness(metric, told[name]), reverse=True)
    values = [told[name] for name in names]
    bars = panel.barh(names, values, color=["black" if name == OURS else "#9db4c8" for name in names], height=0.7)
    ends, labels = list(values), [_digits(value) for value in values]
    gap = report.differences.get(metric)
    if gap and gap["against"] in told:
        base, place = told[gap["against"]], names.index(OURS)
        span = (base + gap["low"], base + gap["high"])
        panel.plot(span, (place, place), color="#d9480f", linewidth=3, solid_capstyle="butt")
        ends[place] = max(ends[place], span[1])
        mean, low, high = (_digits(gap[name], "+") for name in ("mean", "low", "high"))
        labels[place] += f"  ({mean}, {low} to {high})"
    reach = max(*ends, 1e-9)
    for bar, end, label in zip(bars, ends, labels, strict=True):
        panel.text(end + 0.015 * reach, bar.get_y() + bar.get_height() / 2, label, va="center", fontsize=8)
    panel.set_xlim(0, reach * 1.75)
    panel.set_xticks([])
    panel.set_title(metric, fontsize=10, loc="left")
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right", "bottom"]].set_visible(False)


def _digits(value: float, sign: str = "") -> str:
    """A figure as a bar shows it: whole from a thousand on, with four places below ten."""
    return f"{value:{sign},.{0 if abs(value) >= 1_000 else 2 if abs(value) >= 10 else 4}f}"


def _draw_curve(panel: Any, curve: Curve) -> None:
    """One panel of lines, ours in black, the wanted one dotted."""
    if curve.wanted is not None:
        panel.plot(*curve.wanted, color="#d9480f", linestyle=":", linewidth=1.5)
    for name, (x, y) in curve.lines.items():
        colour = {"color": "black", "linewidth": 2} if name == OURS else {"linewidth": 1}
        panel.plot(x, y, label=name, **colour)
    panel.set_title(curve.title, fontsize=10, loc="left")
    panel.tick_params(labelsize=7)
    panel.legend(fontsize=7, frameon=False)
    panel.spines[["top", "right"]].set_visible(False)


def _best(report: Report, metric: str) -> float:
    values = [row[metric] for row in report.results.values() if metric in row]
    return min(values, key=lambda value: badness(metric, value))


def _cell(value: float | None, best: float) -> str:
    if value is None:
        return "–"
    return f"**{value:.4f}**" if value == best else f"{value:.4f}"

"""What a protocol found: as JSON, Markdown, predictions and one picture."""

import json
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

OURS = "shelfgraph"


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


def peak_mib() -> float:
    """Most memory this process has held so far, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


def save_json(report: Report, path: Path) -> None:
    """Write the figures in the form of evaluation.md."""
    body = {
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
    path.write_text(json.dumps(body, indent=1, allow_nan=False) + "\n")


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
    """Draw bars of the headline metrics, a group a metric and a bar a model (PNG or SVG by suffix)."""
    from matplotlib.figure import Figure  # noqa: PLC0415 heavy, and wanted for pictures alone

    metrics = [metric for metric in report.results[OURS] if not metric.startswith(("coverage", "gini", "num_"))][:6]
    figure = Figure(figsize=(1.6 * len(metrics) + 2, 4), layout="constrained")
    axes = figure.subplots()
    names, step = list(report.results), 0.8 / len(report.results)
    for place, name in enumerate(names):
        heights = [report.results[name].get(metric, float("nan")) for metric in metrics]
        lefts = [group + step * (place - len(names) / 2 + 0.5) for group in range(len(metrics))]
        axes.bar(lefts, heights, width=step, label=name, color="black" if name == OURS else f"C{place}")
    axes.set_xticks(range(len(metrics)), metrics)
    axes.set_title(f"{report.protocol}, {report.tables}")
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)


def _best(report: Report, metric: str) -> float:
    values = [row[metric] for row in report.results.values() if metric in row]
    return min(values) if metric.startswith(("ece", "gini", "brier")) else max(values)


def _cell(value: float | None, best: float) -> str:
    if value is None:
        return "–"
    return f"**{value:.4f}**" if value == best else f"{value:.4f}"

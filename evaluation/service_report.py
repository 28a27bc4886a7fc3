"""The service's figures as a table, as JSON and as a picture."""

from pathlib import Path
from typing import Any

import numpy as np

from evaluation.open_loop import growth
from evaluation.service_figures import Row, ServiceFigures

CURVE = (50, 75, 90, 95, 98, 99, 99.5, 99.9, 100)


def markdown(figures: ServiceFigures) -> str:
    """One row a scenario, its limit beside it; below it memory, what was changed and checked, and how busy it was."""
    lines = [
        "| asked | load | p50 ms | p95 ms | p99 ms | longest | per s | refused | CPU ms | reads | limit | kept |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|---|",
        *(_line(row) for row in figures.rows),
        "",
        *_notes(figures),
    ]
    return "\n".join(lines)


def as_json(figures: ServiceFigures) -> dict[str, Any]:
    """Every figure of the table, percentiles as points of a curve, and memory second by second."""
    instants, held = figures.memory()
    return {
        "products": figures.products,
        "load_average": figures.busy,
        "scenarios": [_figures(row) for row in figures.rows],
        "memory": {"seconds": instants.round(1).tolist(), "mib": held.round(1).tolist()},
        "soak_growth_mib_per_minute": _growth(figures),
        "facts_checked": figures.num_checked,
        "violations": len(figures.violations),
    }


def save_picture(figures: ServiceFigures, path: Path) -> None:
    """Percentile curves of every scenario, the wait over time under steady load, and the server's memory."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    drawn = Figure(figsize=(10, 11), layout="constrained")
    curves, over_time, memory = drawn.subplots(3, 1, height_ratios=(3, 2, 1.5))
    _draw_curves(curves, figures.rows)
    _draw_over_time(over_time, figures.rows)
    _draw_memory(memory, figures)
    for panel in (curves, over_time, memory):
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
        panel.tick_params(which="minor", length=0)
    drawn.savefig(path, dpi=120)


def _line(row: Row) -> str:
    told, reads = row.measured.percentiles(), row.measured.graph_reads()
    kept = {None: "", True: "yes", False: "**no**"}[row.is_kept]
    cells = [
        row.name,
        row.load,
        *(f"{value:.1f}" for value in told.values()),
        f"{row.measured.per_second:.0f}",
        f"{row.measured.refused.sum()}",
        f"{_cpu_ms(row):.1f}",
        "–" if reads is None else f"{reads:.1f}",
        row.limit.words(),
        kept,
    ]
    return "| " + " | ".join(cells) + " |"


def _notes(figures: ServiceFigures) -> list[str]:
    _, held = figures.memory()
    before, after = figures.busy
    late = max((1000 * np.percentile(row.measured.late, 99) for row in figures.rows if "open" in row.load), default=0.0)
    notes = [
        f"{figures.products:,} products. Load average {before:.1f} before, {after:.1f} after; the generator is on the "
        f"same machine and sent p99 {late:.1f} ms late under steady load, which is counted as waiting. "
        f"Server's memory: {held[0]:,.0f} MiB at first, {held.max():,.0f} at most, {held[-1]:,.0f} at last."
    ]
    if figures.num_checked:
        notes.append(
            f"Of {figures.num_checked:,} facts told more than 2 s after their change, {len(figures.violations)} went "
            "against it."
        )
    slope = _growth(figures)
    if slope is not None:
        notes.append(f"Over the second half of the soak memory grew by {slope:+.2f} MiB a minute.")
    return notes


def _cpu_ms(row: Row) -> float:
    """Milliseconds of processor that the server took for an answer, which other work on the machine hardly changes."""
    return 1000 * row.cpu / max(1, len(row.measured.waited))


def _growth(figures: ServiceFigures) -> float | None:
    return None if figures.soaked is None else growth(*_since(figures))


def _since(figures: ServiceFigures) -> tuple[Any, Any]:
    instants, held = figures.memory(between=figures.soaked)
    return instants - instants[0], held


def _figures(row: Row) -> dict[str, Any]:
    waited = 1000 * row.measured.waited
    return {
        "asked": row.name,
        "load": row.load,
        "requests": len(waited),
        **{f"{name}_ms": round(value, 3) for name, value in row.measured.percentiles().items()},
        "curve_ms": {f"{point:g}": round(float(np.percentile(waited, point)), 3) for point in CURVE},
        "per_second": round(row.measured.per_second, 1),
        "refused": int(row.measured.refused.sum()),
        "server_cpu_ms": round(_cpu_ms(row), 3),
        "graph_reads": row.measured.graph_reads(),
        "limit": {"p99_ms": row.limit.p99, "per_second": row.limit.per_second},
        "kept": row.is_kept,
    }


def _draw_curves(panel: Any, rows: list[Row]) -> None:
    """Milliseconds over how rare so long a wait is, both axes logarithmic; a dot is a limit."""
    from matplotlib import colormaps  # noqa: PLC0415  # heavy, and wanted for pictures alone

    for row, color in zip(rows, colormaps["tab20"](np.arange(len(rows)) % 20), strict=True):
        waited = np.sort(1000 * row.measured.waited)
        rarity = len(waited) / (len(waited) - np.arange(len(waited)))
        (line,) = panel.plot(rarity, waited, linewidth=1.5, color=color, label=f"{row.name}, {row.load}")
        if row.limit.p99 is not None:
            panel.plot([100], [row.limit.p99], marker="v", color=line.get_color(), markersize=8, linestyle="")
    panel.set(xscale="log", yscale="log", ylabel="milliseconds")
    panel.yaxis.set_major_formatter("{x:g}")
    panel.set_xticks([1, 2, 10, 100, 1000], ["all", "p50", "p90", "p99", "p99.9"])
    panel.set_title(
        "What answers were waited for, from when they were due; ▼ the limit at p99", loc="left", fontsize=10
    )
    panel.grid(alpha=0.25)
    panel.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))


def _draw_over_time(panel: Any, rows: list[Row]) -> None:
    for row in rows:
        if "/s" not in row.load or row.name != "recommendations":
            continue
        waited, second = 1000 * row.measured.waited, row.measured.due.astype(int)
        seconds = np.unique(second)
        median = [np.median(waited[second == each]) for each in seconds]
        longest = [waited[second == each].max() for each in seconds]
        (line,) = panel.plot(seconds, median, linewidth=1.5, label=f"{row.load}: median")
        panel.plot(seconds, longest, linewidth=0.8, linestyle=":", color=line.get_color(), label="longest")
    panel.set(xlabel="seconds", ylabel="milliseconds", yscale="log")
    panel.yaxis.set_major_formatter("{x:g}")
    panel.set_title("Recommendations over time, each second's median and longest", loc="left", fontsize=10)
    panel.grid(alpha=0.25)
    panel.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))


def _draw_memory(panel: Any, figures: ServiceFigures) -> None:
    seconds, held = figures.memory()
    panel.plot(seconds, held, color="black", linewidth=1.5)
    panel.set(xlabel="seconds of the whole run", ylabel="MiB")
    panel.set_ylim(bottom=0, top=1.1 * float(held.max(initial=1.0)))
    panel.set_title("The server's memory", loc="left", fontsize=10)
    panel.grid(alpha=0.25)

"""What growth was measured: a table with ratios and exponents, the next limit, JSON and a picture."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from evaluation.growth import MOST_MIB, MOST_SECONDS, MOST_TIMES, Cost, exponents, limit

FIGURES: Final = {
    "count_seconds": "counting, s",
    "fit_seconds": "fit, s",
    "count_cpu_seconds": "counting, CPU s",
    "fit_cpu_seconds": "fit, CPU s",
    "start_mib": "memory before counting, MiB",
    "count_mib": "memory after counting, MiB",
    "peak_mib": "peak memory, MiB",
    "num_edges": "counted and listed edges",
    "num_vectors": "vectors",
    "num_relations": "relations",
}


def markdown(costs: Sequence[Cost]) -> str:
    """A column a size, each figure with its ratio to the smallest; then exponents, then where the next limit lies."""
    first = costs[0]
    head = [f"{cost.times:g}×: {cost.num_products:,} products, {cost.num_lines:,} lines" for cost in costs]
    lines = ["| | " + " | ".join(head) + " | exponents |", "|---|" + "---:|" * (len(costs) + 1)]
    for figure, title in FIGURES.items():
        cells = [f"{getattr(cost, figure):,.0f}{_ratio(cost, first, figure)}" for cost in costs]
        told = [] if figure == "start_mib" else exponents(costs, figure)
        powers = ", ".join(f"{power:.2f}" for power in told) or "–"
        lines.append(f"| {title} | " + " | ".join(cells) + f" | {powers} |")
    return "\n".join([*lines, "", *(f"- {note}" for note in limits(costs))]) + "\n"


def limits(costs: Sequence[Cost]) -> list[str]:
    """Where memory and time reach what a fit may take (see `limit`), the nearer one first."""
    told = []
    for figure, most, name in (("peak_mib", MOST_MIB, "8 GiB of memory"), ("seconds", MOST_SECONDS, "30 minutes")):
        lines = limit(costs, figure, most)
        if lines is None:
            told.append((float("inf"), f"{name}: further than {MOST_TIMES} times the largest size."))
            continue
        products = costs[-1].num_products * lines / costs[-1].num_lines
        word = "extrapolated" if lines > costs[-1].num_lines else "already passed"
        told.append((lines, f"{name}: at about {lines:,.0f} lines and {products:,.0f} products ({word})."))
    nearer, later = sorted(told)
    return [f"Next limit – {nearer[1]}", f"Then – {later[1]}"]


def save_json(costs: Sequence[Cost], path: Path) -> None:
    """Write sizes, costs, exponents and limits."""
    body = {
        "protocol": "growth",
        "sizes": [asdict(cost) for cost in costs],
        "exponents": {figure: exponents(costs, figure) for figure in FIGURES if figure != "start_mib"},
        "limits": {
            "lines_at_8_gib": limit(costs, "peak_mib", MOST_MIB),
            "lines_at_30_minutes": limit(costs, "seconds", MOST_SECONDS),
        },
    }
    path.write_text(json.dumps(body, indent=1, allow_nan=False) + "\n")


def save_picture(costs: Sequence[Cost], path: Path) -> None:
    """Draw seconds and memory over lines (PNG or SVG by suffix), both axes logarithmic, with what a fit may take."""
    from matplotlib.figure import Figure  # noqa: PLC0415 heavy, and wanted for pictures alone

    figure = Figure(figsize=(11, 4.4), layout="constrained")
    panels = figure.subplots(1, 2)
    lines = [cost.num_lines for cost in costs]
    drawn = (("seconds", ("count_seconds", "fit_seconds"), MOST_SECONDS), ("MiB", ("count_mib", "peak_mib"), MOST_MIB))
    for panel, (unit, figures, most) in zip(panels, drawn, strict=True):
        for name, colour, beside in zip(figures, ("#4c78a8", "black"), (-14, 6), strict=True):
            values = [getattr(cost, name) for cost in costs]
            panel.loglog(lines, values, marker="o", color=colour, label=FIGURES[name])
            for place, value in zip(lines, values, strict=True):
                panel.annotate(
                    f"{value:,.0f}",
                    (place, value),
                    xytext=(0, beside),
                    textcoords="offset points",
                    ha="center",
                    fontsize=8,
                )
        panel.margins(x=0.15, y=0.15)
        panel.minorticks_off()
        panel.set_xticks(lines, [f"{each:,}" for each in lines], fontsize=8)
        panel.axhline(most, color="#d9480f", linewidth=1, linestyle="--", label=f"what a fit may take: {most:,}")
        panel.set_xlabel("receipt lines")
        panel.set_ylabel(unit)
        panel.spines[["top", "right"]].set_visible(False)
        panel.legend(fontsize=8, frameon=False)
    figure.suptitle(
        "growth: " + ", ".join(f"{cost.times:g}× = {cost.num_products:,} products" for cost in costs), fontsize=11
    )
    figure.savefig(path, dpi=120)


def _ratio(cost: Cost, first: Cost, figure: str) -> str:
    return "" if cost is first else f" ({getattr(cost, figure) / max(getattr(first, figure), 1e-9):.1f}×)"

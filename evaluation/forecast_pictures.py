"""Pictures of the forecast page: drawn once, kept as SVG within the page."""

import io
import re
from collections.abc import Mapping
from typing import Any

from evaluation.forecast_report import ABLATION
from evaluation.report import OURS, Curve, Report

INK, ACCENT, SOFT = "#18212b", "#c2410c", "#9aa6b2"
_OTHERS = ("#3b82a6", "#8d9f2f", "#9466a8", "#b08938")


def lines(curve: Curve) -> str:
    """One panel of lines as SVG, ours in orange, what is wanted dotted."""
    figure, panel = _panel(5.2, 3.1)
    if curve.wanted is not None:
        panel.plot(*curve.wanted, color=INK, linestyle=(0, (1, 2)), linewidth=1.5, label="wanted")
    others = iter(_OTHERS * len(curve.lines))
    for name, (x, y) in curve.lines.items():
        panel.plot(
            x, y, label=name, color=ACCENT if name == OURS else next(others), linewidth=2.4 if name == OURS else 1.3
        )
    panel.margins(x=0.02)
    if any(len(str(label)) > 8 for x, _ in curve.lines.values() for label in list(x)[:1]):
        panel.tick_params(axis="x", rotation=30)
    panel.legend(fontsize=8, frameon=False)
    return _svg(figure)


def bars_by_part(report: Report, parts: Mapping[str, str]) -> str:
    """WAPE of ours beside the best simple forecast and the mean of both kinds of model, by part of the rows, as SVG."""
    ours = report.results[OURS]
    simple = [name for name in report.results if name != OURS and not name.startswith(ABLATION)]
    told = [part for part in parts if f"{part}wape" in ours]
    figure, panel = _panel(10.4, 2.8)
    for at, part in enumerate(told):
        best = min(report.results[name].get(f"{part}wape", float("inf")) for name in simple)
        for offset, value, colour in ((-0.19, ours[f"{part}wape"], ACCENT), (0.19, best, SOFT)):
            panel.bar(at + offset, value, width=0.36, color=colour)
            panel.text(at + offset, value, f"{value:.1f}", ha="center", va="bottom", fontsize=8, color=INK)
    panel.set_xticks(range(len(told)), [parts[part] for part in told])
    panel.set_yticks([])
    panel.spines["left"].set_visible(False)
    panel.set_title("WAPE in per cent: ours (orange) and the best simple forecast", fontsize=9, loc="left", color=INK)
    return _svg(figure)


def forest(gaps: Mapping[str, Mapping[str, Any]], results: Mapping[str, Mapping[str, float]]) -> str:
    """Differences with their 95 % intervals as shares of the other's own figure, one a line, as SVG."""
    figure, panel = _panel(10.4, 0.7 + 0.27 * len(gaps))
    names = []
    for at, (name, gap) in enumerate(reversed(list(gaps.items()))):
        metric = name.partition("_without_")[0]
        own = abs(results[gap["against"]].get(metric, 1.0)) or 1.0
        low, mean, high = (100 * gap[key] / own for key in ("low", "mean", "high"))
        colour = ACCENT if high < 0 else INK if low > 0 else SOFT
        panel.plot((low, high), (at, at), color=colour, linewidth=2, solid_capstyle="round")
        panel.plot(mean, at, "o", color=colour, markersize=5)
        panel.text(
            1.01, at, f"{mean:+.1f} %", transform=panel.get_yaxis_transform(), fontsize=8, va="center", color=INK
        )
        names.append(f"{metric.replace('_', ' ')}, against {gap['against']}")
    panel.axvline(0, color=INK, linewidth=0.8)
    panel.set_yticks(range(len(names)), names)
    panel.spines["left"].set_visible(False)
    panel.tick_params(axis="y", length=0)
    panel.set_xlabel("per cent of the other's figure", fontsize=8, color=INK)
    return _svg(figure)


def _panel(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415  # heavy, and wanted for pictures alone

    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    panel = figure.subplots()
    panel.patch.set_alpha(0)
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[["left", "bottom"]].set_color(SOFT)
    panel.tick_params(labelsize=8, colors=INK)
    return figure, panel


def _svg(figure: Any) -> str:
    """The drawing as an `svg` element; equal drawings give equal text."""
    import matplotlib as mpl  # noqa: PLC0415

    kept = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "page", "font.family": "sans-serif"}):
        figure.savefig(kept, format="svg", metadata={"Date": None})
    text = kept.getvalue()
    return re.sub(r'\s(width|height)="[\d.]+pt"', "", text[text.index("<svg") :], count=2)

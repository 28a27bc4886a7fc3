"""A forecast's evaluation as one page of HTML: figures, intervals and pictures, all within it."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from evaluation.forecast_pictures import bars_by_part, forest, lines
from evaluation.forecast_report import ABLATION
from evaluation.report import OURS, Report, badness

METRICS: Mapping[str, tuple[str, str]] = {
    "wape": ("WAPE", "%"),
    "mape": ("MAPE", "%"),
    "pinball": ("Pinball", ""),
    "wrmsse": ("WRMSSE", ""),
    "coverage_90": ("90 % interval covers", ""),
    "bias": ("Bias", "%"),
}
PARTS: Mapping[str, str] = {
    "": "All rows",
    "promo_": "Promotion weeks",
    "plain_": "Other weeks",
    "slow_": "Slow",
    "medium_": "Medium",
    "fast_": "Fast",
    "cold_": "Cold start",
    "unsold_": "Not sold yet",
}
"""Beginnings of metrics' names, and what they are of."""
_WANTED_COVER = (0.85, 0.95)
_STYLE = """
:root { --ink: #18212b; --soft: #5b6775; --line: #e3e7ec; --accent: #c2410c; --good: #157347; --paper: #fff }
* { box-sizing: border-box }
body { margin: 0; background: #f4f5f7; color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Helvetica, sans-serif }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px }
h1 { font-size: 30px; letter-spacing: -.02em; margin: 0 0 4px } h2 { font-size: 18px; margin: 0 0 12px }
h2::first-letter { text-transform: uppercase } svg + .wide { margin-top: 12px }
.lead { color: var(--soft); margin: 0 0 28px }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 14px; margin-bottom: 14px }
section, .card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px }
section { margin-bottom: 14px } .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 14px }
.card b { display: block; font-size: 30px; font-weight: 650; letter-spacing: -.02em; line-height: 1.2 }
.card span { color: var(--soft); font-size: 13px } .card .name { text-transform: uppercase; letter-spacing: .06em }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: 6px 8px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th { color: var(--soft); font-weight: 500; font-size: 13px } th:first-child, td:first-child { text-align: left }
tr.ours td { background: #fff7ed; font-weight: 600 } td.best { color: var(--good); font-weight: 650 }
td.out { color: var(--accent); font-weight: 650 } svg { width: 100%; height: auto; display: block }
.wide { overflow-x: auto } ul { margin: 0; padding-left: 18px; color: var(--soft) } p.say { color: var(--soft) }
@media (max-width: 760px) { .pair { grid-template-columns: 1fr } }
"""


def save_page(report: Report, path: Path) -> None:
    """Write the page; it appears whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(page(report), encoding="utf-8")
    part.replace(path)


def page(report: Report) -> str:
    """The page of a report of the protocol forecast, as HTML with its pictures in it."""
    told = f"{report.tables} · data {report.data_hash} · last cut-off {report.as_of} · seed {report.seed} · "
    told += f"ours fitted in {report.fit_seconds:.0f} s"
    pictures = [f"<section><h2>{escape(curve.title)}</h2>{lines(curve)}</section>" for curve in report.curves]
    body = [
        f"<h1>Forecasts beside what was sold</h1><p class=lead>{escape(told)}</p>",
        f"<div class=cards>{''.join(_cards(report))}</div>",
        f"<section><h2>All models</h2><div class=wide>{_models(report)}</div></section>",
        f"<section><h2>Where it errs</h2>{bars_by_part(report, PARTS)}<div class=wide>{_parts(report)}</div></section>",
        *_pairs(pictures),
        f"<section><h2>Is it told apart?</h2>{_forest(report)}</section>",
        f"<section><h2>How to read this</h2><ul>{''.join(f'<li>{escape(note)}</li>' for note in report.notes)}</ul>"
        "</section>",
    ]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    title = f"<title>Forecast of {escape(report.tables)}</title>"
    return (
        f'<!doctype html><html lang="en"><head>{head}{title}<style>{_STYLE}</style></head>'
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def simple_names(report: Report) -> list[str]:
    """The models that are neither ours nor ours without a family."""
    return [name for name in report.results if name != OURS and not name.startswith(ABLATION)]


def _pairs(parts: Sequence[str]) -> list[str]:
    return [f"<div class=pair>{''.join(parts[at : at + 2])}</div>" for at in range(0, len(parts), 2)]


def _cards(report: Report) -> list[str]:
    found = []
    for metric in ("wape", "pinball", "coverage_90", "bias"):
        if metric not in report.results[OURS]:
            continue
        name, unit = METRICS[metric]
        gap = report.differences.get(metric)
        said = "wanted: 88 to 92 %" if metric == "coverage_90" else "wanted: 0"
        if gap is not None:
            said = f"{gap['mean']:+.2f} against {gap['against']} (95 %: {gap['low']:+.2f} to {gap['high']:+.2f})"
        value = report.results[OURS][metric]
        shown = f"{100 * value:.1f} %" if metric == "coverage_90" else f"{value:.2f}{' ' + unit if unit else ''}"
        found.append(f"<div class=card><span class=name>{name}</span><b>{shown}</b><span>{escape(said)}</span></div>")
    return found


def _models(report: Report) -> str:
    metrics = [metric for metric in METRICS if metric in report.results[OURS]]
    best = {
        metric: min((row[metric] for row in report.results.values() if metric in row), key=lambda x: badness(metric, x))
        for metric in metrics
    }
    names = sorted(report.results, key=lambda name: report.results[name].get("wape", float("inf")))
    rows = []
    for name in names:
        row = report.results[name]
        cells = "".join(
            f"<td{' class=best' if row.get(metric) == best[metric] else ''}>{_number(row.get(metric))}</td>"
            for metric in metrics
        )
        rows.append(f"<tr{' class=ours' if name == OURS else ''}><td>{escape(name)}</td>{cells}</tr>")
    heads = "".join(f"<th>{METRICS[metric][0]}</th>" for metric in metrics)
    return f"<table><tr><th>model</th>{heads}</tr>{''.join(rows)}</table>"


def _parts(report: Report) -> str:
    ours, simple = report.results[OURS], simple_names(report)
    rows = []
    for part, word in PARTS.items():
        if f"{part}wape" not in ours:
            continue
        nearest = min(simple, key=lambda name: report.results[name].get(f"{part}wape", float("inf")))
        cover = ours[f"{part}coverage_90"]
        is_out = not _WANTED_COVER[0] <= cover <= _WANTED_COVER[1]
        rows.append(
            f"<tr><td>{word}</td><td>{_number(ours[f'{part}wape'])}</td>"
            f"<td>{_number(report.results[nearest].get(f'{part}wape'))} ({escape(nearest)})</td>"
            f"<td>{_number(ours.get(f'{part}pinball'))}</td>"
            f"<td{' class=out' if is_out else ''}>{100 * cover:.1f} %</td></tr>"
        )
    heads = "<th>rows</th><th>WAPE, %</th><th>best simple</th><th>pinball</th><th>90 % interval covers</th>"
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"


def _forest(report: Report) -> str:
    gaps = {name: gap for name, gap in report.differences.items() if name.rpartition("_")[2] != "mape"}
    said = "Ours less the other, drawn again by week; left of the line we err less."
    return f"<p class=say>{said}</p>{forest(gaps, report.results)}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if abs(value) < 10 else f"{value:.2f}"

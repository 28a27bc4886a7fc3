"""What the protocol forecast found, as a report with its curves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from evaluation.forecast_rounds import Round
from evaluation.forecast_scoring import RATIOS, Scored
from evaluation.report import OURS, Curve, Report, badness, peak_mib
from forecast.ablation import Verdict
from forecast.history import SalesHistory
from forecast.receipts import LEAST_SOLD, SILENT_WEEKS
from forecast.settings import ForecastSettings
from forecast.velocity import CLASSES
from schema.demand import LEVELS
from schema.tables import RetailTables

ABLATION = ("without ", "with ")
"""What the name of our model with a family left out, or one more, begins with."""
COMPARED = ("wape", "mape", "pinball")
SHOWN = 3
"""Models drawn as lines, ours among them."""


def forecast_report(
    tables: RetailTables,
    history: SalesHistory,
    scored: Scored,
    *,
    rounds: Sequence[Round],
    settings: ForecastSettings,
    fit_seconds: float,
    predictions: pa.Table,
) -> Report:
    """The figures of all models, ours against the best simple one and against itself without each family."""
    results = {name: scored.figures(name) for name in scored.losses}
    return Report(
        protocol="forecast",
        tables=tables.info.name,
        data_hash=tables.load_id,
        as_of=rounds[-1].train_before,
        seed=settings.seed,
        fit_seconds=fit_seconds,
        peak_mib=peak_mib(),
        results=results,
        differences=_differences(scored, results, settings.seed),
        predictions=predictions,
        notes=_notes(history, scored, rounds, settings),
        settings={OURS: {"objective": settings.objective, "families": list(settings.families)}},
        curves=_curves(history, scored, results, rounds),
    )


def _differences(scored: Scored, results: dict[str, dict[str, float]], seed: int) -> dict[str, dict[str, Any]]:
    """By metric against the best simple forecast; by `METRIC_without_FAMILY` (or `_with_`) against ourselves so."""
    simple = [name for name in results if name != OURS and not name.startswith(ABLATION)]
    ablated = [name for name in results if name.startswith(ABLATION)]
    found: dict[str, dict[str, Any]] = {}
    for metric in results[OURS]:
        if metric.endswith(COMPARED):
            best = min(simple, key=lambda name: badness(metric, results[name].get(metric, np.inf)))
            found[metric] = {"against": best, **vars(scored.difference(OURS, best, metric, seed=seed))}
    for name in ablated:
        for metric in ("wape", "mape", "pinball", "promo_wape", "unsold_wape", "unsold_pinball"):
            if metric in results[OURS]:
                gap = scored.difference(OURS, name, metric, seed=seed)
                found[f"{metric}_{name.replace(' ', '_')}"] = {"against": name, **vars(gap)}
    return found


def told_verdicts(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """One sentence on the families that were tried, none where none was."""
    if not verdicts:
        return ()
    told = ", ".join(str(verdict) for verdict in verdicts)
    return (
        f"Families, with the part of the pinball loss that weeks held out before the cut-off lose without: {told}.",
    )


def told_fallbacks(simple: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """One sentence on what a simple forecast told in place of our model, by round; none where none ever did."""
    number, last = sum(1 for each in simple if each), next((each for each in reversed(simple) if each), ())
    if not number:
        return ()
    return (f"Simple forecasts serve where they did better at {number} of {len(simple)} cut-offs: {'; '.join(last)}.",)


def _notes(
    history: SalesHistory, scored: Scored, rounds: Sequence[Round], settings: ForecastSettings
) -> tuple[str, ...]:
    units = np.concatenate([truth.units for truth in scored.truths])
    unknown = counted_weeks(history) or "a week without a row is unknown, not zero"
    ahead = f"{rounds[0].train_before} to {rounds[-1].train_before}"
    return (
        f"{len(rounds)} rounds with cut-offs {ahead}, {len(units):,} rows of {history.num_series:,} series; "
        f"{int((units == 0).sum()):,} rows with zero units are left out of MAPE; MAPE, WAPE and bias are per cent.",
        f"The point of our model serves {settings.objective.upper()}; {unknown}.",
        "Differences are drawn again by week; velocity classes are thirds of series by mean units before the cut-off, "
        "cold has fewer than eight known weeks.",
    )


def counted_weeks(history: SalesHistory) -> str:
    """What weeks are counted from receipts, and how many series are left out; "" where the shop tells its weeks."""
    if not history.is_counted:
        return ""
    return (
        f"weeks are counted from receipts: zero for {SILENT_WEEKS} weeks after a sale, then unknown; "
        f"{history.num_left_out:,} products in stores sold in fewer than {LEAST_SOLD} weeks are left out"
    )


def _curves(
    history: SalesHistory, scored: Scored, results: dict[str, dict[str, float]], rounds: Sequence[Round]
) -> tuple[Curve, ...]:
    simple = [name for name in results if name != OURS and not name.startswith(ABLATION)]
    nearest = sorted(simple, key=lambda name: results[name].get("wape", np.inf))[: SHOWN - 1]
    wanted = (LEVELS, LEVELS)
    calibration = {name: (LEVELS, list(scored.below(name))) for name in (OURS, *nearest)}
    weekly = {}
    for name in (OURS, *nearest):
        weeks, figures = scored.by_week(name, RATIOS[0])
        weekly[name] = (list(history.weeks[weeks].astype(object)), list(figures))
    told = [part for part in ("", *(f"{name}_" for name in CLASSES)) if f"{part}coverage_90" in results[OURS]]
    names = [part.rstrip("_") or "all" for part in told]
    covers = {name: (names, [results[name][f"{part}coverage_90"] for part in told]) for name in (OURS, *nearest)}
    return (
        Curve("calibration: share at or below each quantile", calibration, wanted),
        Curve("WAPE by predicted week", weekly),
        *([_by_cut(scored, rounds, nearest)] if len(rounds) > 1 else []),
        Curve("coverage of the 90 % interval by velocity class", covers, (names, [0.9] * len(names))),
    )


def _by_cut(scored: Scored, rounds: Sequence[Round], nearest: Sequence[str]) -> Curve:
    days = [one.train_before for one in rounds]
    return Curve("WAPE by cut-off", {name: (days, scored.by_round(name, RATIOS[0])) for name in (OURS, *nearest)})

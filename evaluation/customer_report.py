"""What a protocol about customers found, as a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaluation.customer_choice import Choice
from evaluation.customer_scoring import Floats, Lists, compared, means, predictions
from evaluation.customer_truth import Truth
from evaluation.report import OURS, Report, peak_mib
from schema.tables import RetailTables


@dataclass(frozen=True)
class Told:
    """What came out for every model, by its name.

    Attributes:
        figures: each metric by customer `[num_queries]`, NaN for those it cannot be told of.
        note: how many there were, and what settings were chosen on.
    """

    lists: Mapping[str, Lists]
    figures: Mapping[str, Mapping[str, Floats]]
    settings: Mapping[str, Mapping[str, Any]]
    note: str


def customer_report(
    protocol: str, tables: RetailTables, truth: Truth, told: Told, ours: Choice, *, as_of: date | None, seed: int
) -> Report:
    """The figures of all models, ours against the best of the others, and why ours is what it is."""
    learnt = {"order": ours.name, "validation": ours.figures, "gains": ours.gains}
    return Report(
        protocol=protocol,
        tables=tables.info.name,
        data_hash=tables.load_id,
        as_of=as_of,
        seed=seed,
        fit_seconds=ours.fit_seconds,
        peak_mib=peak_mib(),
        results={name: means(figures) for name, figures in told.figures.items()},
        differences=compared(told.figures, seed=seed),
        predictions=predictions(told.lists[OURS], truth),
        notes=(told.note, ours.note, *truth.notes),
        settings={**told.settings, OURS: learnt},
    )

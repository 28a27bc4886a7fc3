"""Rounds of a forecast's evaluation: what each may learn from and which weeks it predicts."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from schema.artefact import Artefact
from schema.errors import BadInput, EmptyWindow

COLUMNS = ("round", "train_before", "from", "to")


@dataclass(frozen=True)
class Round:
    """One cut-off and the weeks predicted from it.

    Attributes:
        train_before: weeks that ended by this day are known.
        from_, to: half-open window of the days on which predicted weeks start.
    """

    name: str
    train_before: date
    from_: date
    to: date


def read_rounds(path: Path) -> list[Round]:
    """The rounds of a CSV file `round,train_before,from,to`, in its order.

    Raises:
        BadInput: if the file cannot be read, or a column, a day or a window is wrong.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot be read as rounds: {error}.", file=path.name) from error
    if sorted(frame.columns) != sorted(COLUMNS):
        raise BadInput(
            f"has the columns {', '.join(frame.columns)}.",
            file=path.name,
            line=1,
            remedy=f"Give exactly {', '.join(COLUMNS)}.",
        )
    rounds = [
        _round(row, path.name, line) for line, row in enumerate(frame[list(COLUMNS)].itertuples(index=False), start=2)
    ]
    names = [one.name for one in rounds]
    if len(set(names)) < len(names):
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise BadInput(f"names the round {twice!r} twice.", file=path.name, column="round")
    if not rounds:
        raise BadInput("holds no round.", file=path.name, remedy="Give one line a round.")
    return rounds


def _round(row: tuple[str, ...], file: str, line: int) -> Round:
    name, *texts = row
    days = []
    for column, text in zip(COLUMNS[1:], texts, strict=True):
        try:
            days.append(date.fromisoformat(text.strip()))
        except ValueError as error:
            raise BadInput(
                f"{text!r} is no day.", file=file, line=line, column=column, remedy="Write it as 2011-03-31."
            ) from error
    return checked(Round(name, *days), file=file, line=line)


def checked(one: Round, *, file: str = "", line: int | None = None) -> Round:
    """The round, if its window is filled and no week in it had ended by the cut-off.

    Raises:
        BadInput: if not.
    """
    if one.to <= one.from_:
        raise BadInput(f"round {one.name} predicts from {one.from_} to {one.to}: no day.", file=file, line=line)
    if one.from_ + timedelta(days=7) <= one.train_before:
        raise BadInput(
            f"round {one.name} learns from weeks that ended by {one.train_before} and predicts them from {one.from_}.",
            file=file,
            line=line,
            remedy="Let `from` be no earlier than six days before `train_before`.",
        )
    return one


def single_round(as_of: date, weeks: int) -> list[Round]:
    """One round: the weeks that start in the `weeks` weeks from `as_of` on."""
    return [checked(Round("1", as_of, as_of, as_of + timedelta(weeks=weeks)))]


def rolling_rounds(
    first_week: np.datetime64, num_weeks: int, *, origins: int, weeks: int, gap: int = 0, step: int = 1
) -> list[Round]:
    """Rounds that roll on by `step` weeks; the last one predicts up to the last of `num_weeks` weeks.

    Args:
        first_week: first day of the first week there is.
        weeks: weeks that each round predicts.
        gap: weeks between the cut-off and the first predicted one.

    Raises:
        EmptyWindow: if the first round would have no week to learn from.
    """
    start: date = first_week.astype("datetime64[D]").item()
    cuts = [num_weeks - weeks - gap - step * back for back in range(origins)][::-1]
    if cuts[0] < 1:
        raise EmptyWindow(
            f"{origins} origins of {weeks} weeks with a gap of {gap} need more than the {num_weeks} weeks there are.",
            remedy="Ask for fewer origins or weeks.",
        )
    days = [start + timedelta(weeks=cut) for cut in cuts]
    return [
        Round(str(at + 1), day, day + timedelta(weeks=gap), day + timedelta(weeks=gap + weeks))
        for at, day in enumerate(days)
    ]


def known_model(model: Artefact, first: Round) -> Artefact:
    """The model version, if a round may look at what it learnt.

    Args:
        first: the earliest round.

    Raises:
        BadInput: if the version was trained on days that this round may not know.
    """
    as_of = str(model.manifest["as_of"])
    if as_of > first.train_before.isoformat():
        raise BadInput(
            f"Model {model.model_version} was trained as of {as_of}, after the first cut-off {first.train_before}.",
            remedy=f"Train one with --as-of {first.train_before}, or ask for later cut-offs.",
        )
    return model

"""How long work tells its progress, without knowing who listens."""

from typing import Protocol


class Progress(Protocol):
    """Called as work goes on; the command line draws bars from it, tests and servers pass `silent`."""

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        """Tell that `done` of `total` units (None = unknown) of `stage`, a short phrase, are finished."""


def silent(stage: str, done: int, total: int | None = None) -> None:
    """Progress that nobody listens to."""

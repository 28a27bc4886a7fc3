"""Log lines for an operator: one an event, and of an error where it came from, but none of the values there."""

import json
import logging
import sys
from typing import Any

import orjson
import structlog


def plain_log_lines(*, least: int = logging.INFO) -> None:
    """Write lines from a level on: coloured on a terminal, a JSON object each where something else reads them.

    Tracebacks show code alone, for variables hold customers and fill megabytes.
    """
    *gathered, _, _ = structlog.get_config()["processors"]
    structlog.configure(
        processors=[*gathered, *(_for_eyes() if sys.stdout.isatty() else _for_machines())],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        # A line and its end are one write: workers that share an unbuffered file stay out of each other's lines.
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _for_eyes() -> list[structlog.typing.Processor]:
    lines = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return [structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False), lines]


def _for_machines() -> list[structlog.typing.Processor]:
    instant = structlog.processors.TimeStamper(fmt="iso", utc=True)
    return [instant, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]


def _json(line: object, **settings: Any) -> str:
    try:
        return orjson.dumps(line, **settings).decode()
    except TypeError:  # half a surrogate pair of a path, say
        return json.dumps(line, **settings)

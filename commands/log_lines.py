"""Log lines for an operator: one an event, and of an error where it came from, but none of the values there."""

import logging

import structlog


def plain_log_lines(*, least: int = logging.INFO) -> None:
    """Write lines from a level on; tracebacks show code alone, for variables hold customers and fill megabytes."""
    lines = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[*structlog.get_config()["processors"][:-1], lines],
        wrapper_class=structlog.make_filtering_bound_logger(least),
    )

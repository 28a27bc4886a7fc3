"""An error's log line says where it came from and holds no value of anybody's."""

import io
import json
import logging
import sys

import pytest
import structlog

from commands.log_lines import plain_log_lines


@pytest.fixture(autouse=True)
def usual_lines():
    yield
    structlog.reset_defaults()


def divided(customer_id: str) -> float:
    return len(customer_id) / 0


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_traceback_shows_code_and_no_values(capsys, monkeypatch, is_terminal):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    plain_log_lines()
    try:
        divided("".join(["anna", "-4711"]))
    except ZeroDivisionError as error:
        structlog.get_logger("shelfgraph.test").error("failed", exc_info=error)
    said = capsys.readouterr().out
    assert "ZeroDivisionError" in said
    assert "in divided" in said
    assert "anna-4711" not in said


def test_lines_below_the_level_are_left_out(capsys):
    plain_log_lines(least=logging.WARNING)
    structlog.get_logger("shelfgraph.test").info("request")
    structlog.get_logger("shelfgraph.test").warning("slow")
    said = capsys.readouterr().out
    assert "request" not in said
    assert "slow" in said


def test_what_is_no_terminal_gets_json_without_colours(capsys):
    plain_log_lines()
    structlog.get_logger("shelfgraph.test").info("request", status=200, path="/é")
    line = json.loads(capsys.readouterr().out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "request", "level": "info", "status": 200, "path": "/é"}


class Writes(io.RawIOBase):
    """Each write that reaches the file."""

    def __init__(self):
        self.made = []

    def writable(self):
        return True

    def write(self, data):
        self.made.append(bytes(data))
        return len(data)


def test_workers_that_share_an_unbuffered_file_write_whole_lines(monkeypatch):
    file = Writes()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(file, write_through=True))
    plain_log_lines()
    for number in range(3):
        structlog.get_logger("shelfgraph.test").info("request", number=number)
    assert [json.loads(line)["number"] for line in file.made] == [0, 1, 2]
    assert all(line.endswith(b"\n") for line in file.made)

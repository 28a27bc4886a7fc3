"""Why a server did not start: the last error or cause of this start, and the log that holds it."""

import pytest

from graph.last_words import last_words, lengths

NEO4J = (
    "2026-01-01 INFO  Starting...\n2026-01-01 ERROR Failed to start\nCaused by: the store is torn\n\tat Store.java:1\n"
)
JAVA = "Error: Could not find or load main class X\nCaused by: ClassNotFoundException: X\n"


@pytest.fixture
def logs(tmp_path):
    """Writes to a log of a folder."""

    def write(name, text):
        with (tmp_path / name).open("a") as log:
            log.write(text)

    return write


@pytest.mark.parametrize(
    ("said", "words", "name"),
    [
        ({"neo4j.log": NEO4J, "server.log": ""}, "Caused by: the store is torn", "neo4j.log"),
        ({"neo4j.log": NEO4J + "ERROR again\nINFO  Stopped.\n\n"}, "ERROR again", "neo4j.log"),
        ({"server.log": JAVA}, "Caused by: ClassNotFoundException: X", "server.log"),
        (
            {"neo4j.log": "INFO  Starting...\n", "server.log": JAVA},
            "Caused by: ClassNotFoundException: X",
            "server.log",
        ),
        ({"neo4j.log": "INFO  Starting...\n", "server.log": "\n \n"}, "INFO  Starting...", "neo4j.log"),
        ({"server.log": "Killed\n"}, "Killed", "server.log"),
        ({}, "nothing", "server.log"),
    ],
)
def test_the_reason_is_told_with_its_log(tmp_path, logs, said, words, name):
    before = lengths(tmp_path)
    for log, text in said.items():
        logs(log, text)
    assert last_words(tmp_path, before=before) == (words, tmp_path / name)


def test_errors_of_an_earlier_start_are_no_reason(tmp_path, logs):
    logs("neo4j.log", NEO4J)
    before = lengths(tmp_path)
    assert last_words(tmp_path, before=before) == ("nothing", tmp_path / "server.log")
    logs("server.log", "Invalid maximum heap size: -Xmx9t\n")
    assert last_words(tmp_path, before=before) == ("Invalid maximum heap size: -Xmx9t", tmp_path / "server.log")
    (tmp_path / "neo4j.log").write_text("ERROR new\n")
    assert last_words(tmp_path, before=before) == ("ERROR new", tmp_path / "neo4j.log")

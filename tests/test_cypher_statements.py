"""Every statement says what it takes and returns, is used, and nothing is spliced into it."""

import ast
import re
from functools import cache
from pathlib import Path

import neo4j
import pytest

from graph.server import USER, LocalServer
from graph.statements import names, parse, statement

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path for folder in ("graph", "api", "commands", "jobs", "evaluation") for path in (ROOT / folder).glob("*.py")
)
SOURCES += [path for path in (ROOT / "shelfgraph.py",) if path.exists()]


@pytest.mark.parametrize("name", names())
def test_header_declares_the_parameters_that_are_used(name: str) -> None:
    one = statement(name)
    code = "\n".join(line for line in one.text.splitlines() if not line.startswith("//"))
    assert set(re.findall(r"\$(\w+)", code)) == set(one.params)
    assert one.answers.endswith(".")
    assert one.text.count("//") >= 3
    assert one.text.endswith("\n")


@pytest.mark.parametrize("name", names())
def test_first_word_says_whether_it_writes(name: str) -> None:
    code = re.sub(r"//.*|'[^']*'", "", statement(name).text)
    writes = re.search(r"\b(MERGE|CREATE|SET|DELETE|REMOVE|DROP)\b", code)
    assert bool(writes) != statement(name).is_read


@pytest.mark.graph
def test_header_declares_the_columns_that_are_returned(neo4j_server: LocalServer) -> None:
    auth = (USER, neo4j_server.password())
    with (
        neo4j.GraphDatabase.driver(neo4j_server.uri, auth=auth, notifications_min_severity="OFF") as driver,
        driver.session(database="neo4j") as session,
    ):
        for name in names():
            one = statement(name)
            values = dict.fromkeys(one.params)
            result = session.run(f"EXPLAIN {one.text}", values)
            assert tuple(result.keys()) == one.returns, name
            result.consume()


@cache
def nodes() -> list[tuple[Path, ast.AST]]:
    """Every node of every source that may name a statement."""
    return [(path, node) for path in SOURCES for node in ast.walk(ast.parse(path.read_text()))]


def test_every_statement_is_used() -> None:
    exact, patterns = set[str](), set[str]()
    for _, node in nodes():
        if isinstance(node, ast.JoinedStr):
            patterns.add(
                "".join(re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in node.values)
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            exact.add(node.value)
    patterns = {pattern for pattern in patterns if re.match(r"(read|find|merge|link|save|constrain|close)_", pattern)}
    constraints = {name for name in names() if name.startswith("constrain_")}
    unused = {name for name in {*names()} - exact - constraints if not any(re.fullmatch(p, name) for p in patterns)}
    assert unused - {"close_everything"} == set()


def test_no_statement_stands_in_the_code() -> None:
    for path, node in nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not re.search(r"\b(MATCH|MERGE|CREATE|UNWIND) *\(", node.value), path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("wipe_all", "// a\n// params:\n// returns:\n"),
        ("read_it", "// a\n// returns:\n// params:\n"),
        ("read_it", "MATCH (n) RETURN n\n"),
        ("read_it", "// a\n"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        parse(name, text)

"""The command line on a real Neo4j: the main job, its repetition, its death at any point, and clear errors."""

import csv
import fcntl
import os
import random
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import own_process
import pytest
from typer.main import get_command

from commands.application import application

ROOT = Path(__file__).parent.parent
MEALS = [("PASTA", "SAUCE", "CHEESE"), ("BREAD", "BUTTER", "JAM"), ("COFFEE", "MILK", "SUGAR")]


def write_tables(folder: Path, *, num_baskets: int = 120) -> Path:
    """A corner shop: nine products in three meals, two brands of each."""
    draw = random.Random(7)
    folder.mkdir(parents=True)
    skus = [f"{word}-{brand}" for meal in MEALS for word in meal for brand in "AB"]
    with (folder / "products.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["sku", "name", "brand", "list_price"])
        rows.writerows([sku, f"{sku[-1]} brand {sku[:-2].lower()}", sku[-1], 2] for sku in skus)
    with (folder / "purchases.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["basket_id", "sku", "bought_at", "units", "customer_id"])
        for basket in range(num_baskets):
            meal = draw.choice(MEALS)
            day = f"2026-0{1 + basket * 6 // num_baskets}-{1 + basket % 28:02d} 12:00:00"
            for word in draw.sample(meal, draw.choice([2, 3])):
                rows.writerow([basket, f"{word}-{draw.choice('AB')}", day, 1, ""])
    return folder


@pytest.fixture
def shop(tmp_path, neo4j_server, graph):
    """The environment of a shop of its own on the session's server, emptied."""
    return {
        **os.environ,
        "SHELFGRAPH_HOME": str(tmp_path / "home"),
        "NEO4J_URI": neo4j_server.uri,
        "NEO4J_PASSWORD": neo4j_server.password(),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
    }


def run(shop, *words, code: int = 0) -> str:
    """What a command printed, its exit code asserted."""
    ended, told = own_process.shelfgraph(shop, *words)
    assert ended == code, told
    assert "Traceback" not in told, told
    return told


def run_from_shell(shop, *words, code: int = 0) -> str:
    """The same as a person runs it: an interpreter that has imported nothing."""
    command = [sys.executable, "-m", "shelfgraph", *map(str, words)]
    ended = subprocess.run(command, env=shop, capture_output=True, text=True, check=False, timeout=240)
    told = ended.stdout + ended.stderr
    assert ended.returncode == code, told
    assert "Traceback" not in told, told
    return told


@pytest.mark.graph
@pytest.mark.slow
def test_load_train_check_and_again(shop, tmp_path, graph):
    tables = write_tables(tmp_path / "tables")
    assert "new" in run_from_shell(shop, "load", "retail-tables", tables)
    told = run_from_shell(shop, "train")
    assert re.search(r"counting \d+ s, relations \d+ s, .*, forecast \d+ s; at most [\d,]+ MiB of memory", told), told
    assert "agree" in run_from_shell(shop, "check")
    assert "nothing new" in run(shop, "load", "retail-tables", tables)
    assert "reused" in run(shop, "train")
    assert "agree" in run(shop, "check")
    assert run(shop, "doctor").count("✗") == 0


@pytest.mark.graph
@pytest.mark.slow
def test_a_training_that_memory_is_too_little_for_is_refused_or_simpler(shop, tmp_path):
    run(shop, "load", "retail-tables", write_tables(tmp_path / "tables"))
    assert "500 MiB are there" in run({**shop, "SHELFGRAPH_MEMORY_MIB": "500"}, "train", code=5)
    told = run({**shop, "SHELFGRAPH_MEMORY_MIB": "1500"}, "train")
    assert "No order for baskets: to learn one would take about" in told
    assert "reused" in run({**shop, "SHELFGRAPH_MEMORY_MIB": "1500"}, "train")
    assert "reused" not in run(shop, "train")


KILLED_AT = [
    "load lake.store.Lake.publish 1",
    "load lake.delta.DeltaFolder.write 2",
    "load graph.projection.read_marker 1",
    "load graph.connection.Graph.write_all 3",
    "load journal.store.Journal.record 1",
    "train registry.store.Registry._install 1",
    "train registry.store.Registry.promote 1",
    "train graph.connection.Graph.write_all 2",
]
"""The command, what it calls, and the how-manieth call it is killed at."""


@pytest.mark.graph
@pytest.mark.slow
@pytest.mark.parametrize("point", KILLED_AT)
def test_killed_anywhere_the_next_run_completes(shop, tmp_path, point):
    command, victim, call = point.split()
    tables = write_tables(tmp_path / "tables")
    work = {"load": ["load", "retail-tables", str(tables)], "train": ["train"]}
    if command == "train":
        run(shop, *work["load"])
    ended, told = own_process.shelfgraph(shop, *work[command], death=(victim, int(call), "before"))
    assert ended == -signal.SIGKILL, told
    run(shop, *work["load"])
    run(shop, "train")
    assert "agree" in run(shop, "check")


@pytest.mark.graph
def test_a_bad_load_leaves_what_was_published(shop, tmp_path):
    good, bad = write_tables(tmp_path / "good"), write_tables(tmp_path / "bad")
    run(shop, "load", "retail-tables", good)
    (bad / "products.csv").write_text("item,name\n1,one\n")
    told = run(shop, "load", "retail-tables", bad, code=2)
    assert "products.csv" in told
    assert "sku" in told
    assert "agree" in run(shop, "check")


@pytest.mark.graph
def test_a_wrong_password_is_told_at_once(shop, tmp_path):
    told = run({**shop, "NEO4J_PASSWORD": "certainly-wrong"}, "load", "retail-tables", tmp_path, code=6)
    assert "password" in told


@pytest.mark.slow
def test_no_server_is_told_at_once(tmp_path):
    shop = {**os.environ, "SHELFGRAPH_HOME": str(tmp_path), "NEO4J_URI": "bolt://127.0.0.1:1", "PYTHONPATH": str(ROOT)}
    assert "graph start" in run(shop, "load", "retail-tables", tmp_path, code=5)


def test_a_port_in_use_is_told_at_once(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        shop = {**os.environ, "SHELFGRAPH_HOME": str(tmp_path), "SHELFGRAPH_API_PORT": port, "PYTHONPATH": str(ROOT)}
        assert port in run_from_shell(shop, "serve", code=8)


def test_every_command_and_option_teaches():
    def walk(command, path):
        assert command.help, path
        for option in command.params:
            assert option.name in {"ctx", "help", "install_completion", "show_completion"} or option.help, (
                path,
                option,
            )
        for name, below in getattr(command, "commands", {}).items():
            walk(below, f"{path} {name}")

    walk(get_command(application), "shelfgraph")


def test_a_mistyped_command_has_a_usage_error_and_no_traceback(tmp_path):
    shop = {**os.environ, "SHELFGRAPH_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    assert "No such command" in run_from_shell(shop, "lode", code=2)


@pytest.mark.slow
def test_two_writers_of_one_shop_are_told_apart(tmp_path):
    (tmp_path / "home").mkdir()
    shop = {**os.environ, "SHELFGRAPH_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    with (tmp_path / "home" / "writer.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "Another command" in run(shop, "load", "retail-tables", tmp_path, code=8)

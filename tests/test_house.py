"""The house's own rules: imports point downwards, files stay small, nothing reads the clock or the environment."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GROUND = {"schema", "measures"}
WORKSHOPS = {"loaders", "lake", "graph", "journal", "registry", "gnn", "ranking", "forecast", "search", "decisions"}
THIRD = {"commands", "api", "jobs", "evaluation"}
FOLDERS = GROUND | WORKSHOPS | THIRD | {"cypher"}

MAY_IMPORT: dict[str, set[str]] = {
    "schema": set(),
    "measures": {"schema"},
    "cypher": set(),
    **{workshop: GROUND | {"cypher"} for workshop in WORKSHOPS},
    "api": GROUND | {"decisions", "graph", "journal", "search"},
    "evaluation": GROUND | WORKSHOPS,
    "jobs": GROUND | WORKSHOPS | {"evaluation"},
    "commands": GROUND | WORKSHOPS | {"jobs", "evaluation", "api"},
    "shelfgraph": FOLDERS,
}
ONLY_IN = {
    "torch": {"gnn"},
    "torch_geometric": {"gnn"},
    "neo4j": {"graph"},
    "sqlalchemy": {"journal"},
    "alembic": {"journal"},
    "strawberry": {"api"},
    "deltalake": {"lake"},
    "statsforecast": {"forecast"},
    "holidays": {"forecast"},
}
SOURCES = sorted(
    path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] in FOLDERS or path == ROOT / "shelfgraph.py"
)
TESTS = sorted((ROOT / "tests").glob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(nodes: list[ast.AST]) -> set[str]:
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


@pytest.fixture(scope="module")
def sources() -> dict[Path, list[ast.AST]]:
    """Every node of every file, its module first."""
    return {path: list(ast.walk(ast.parse(path.read_text()))) for path in SOURCES}


def test_imports_point_downwards(sources):
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path, nodes in sources.items()
        for name in imported(nodes) & (FOLDERS | {"shelfgraph"})
        if name != place(path) and name not in MAY_IMPORT[place(path)]
    ]
    assert not wrong


def test_a_foreign_package_stays_in_its_folder(sources):
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path, nodes in sources.items()
        for name in imported(nodes) & set(ONLY_IN)
        if place(path) not in ONLY_IN[name]
    ]
    assert not wrong


def test_only_the_root_knows_the_time_and_the_environment(sources):
    forbidden = {"environ", "getenv", "now", "utcnow", "today"}
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.attr}"
        for path, nodes in sources.items()
        if path != ROOT / "shelfgraph.py"
        for node in nodes
        if isinstance(node, ast.Attribute) and node.attr in forbidden and isinstance(node.value, ast.Name)
        if node.value.id in {"datetime", "date", "os", "time"}
    ]
    assert not wrong


def test_files_and_functions_stay_small(sources):
    files = [*sources, *TESTS]
    long_files = [f"{path.relative_to(ROOT)}" for path in files if len(path.read_text().splitlines()) >= 250]
    long_functions = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path, nodes in sources.items()
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > 40
    ]
    assert not long_files + long_functions


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    doc = ast.get_docstring(node)
    return (node.end_lineno or node.lineno) - node.lineno + 1 - (len(doc.splitlines()) if doc else 0)


def test_every_module_opens_with_one_sentence(sources):
    mute = [path for path, nodes in sources.items() if not (ast.get_docstring(nodes[0]) or "").strip()]
    assert not mute + [path for path in TESTS if not path.read_text().startswith('"""')]


def test_no_dependency_ships_one_of_our_names():
    ours = FOLDERS | {"shelfgraph"}
    clashes = {name: set(owners) - {"shelfgraph"} for name, owners in packages_distributions().items() if name in ours}
    assert not {name: owners for name, owners in clashes.items() if owners}


def test_tests_are_flat():
    assert not [path for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"]


def test_serving_imports_nothing_heavy():
    import subprocess

    heavy = ("torch", "duckdb", "ibis", "deltalake", "pandas", "pandera", "jgo", "networkx", "scipy")
    script = f"""
import importlib, sys
for module in ("journal.store", "registry.store", "decisions.recommend", "api.app"):
    importlib.import_module(module)
    for name in {heavy}:
        assert name not in sys.modules, f"{{module}} imports {{name}}"
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_the_code_reads_is_in_the_wheel():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    lacking = [
        str(path.relative_to(ROOT))
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
        if not any(path.relative_to(ROOT / folder).match(pattern) for pattern in data.get(folder, []))
    ]
    assert not lacking


def test_the_command_line_starts_without_numpy():
    """`serve` tells it how many threads to use, which counts only before it is imported; and `--help` is quick."""
    import subprocess

    script = "import shelfgraph, sys; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_locks_name_no_address_and_no_path():
    for lock in (ROOT / "locks").glob("*.lock"):
        body = lock.read_text()
        assert "://" not in body, lock
        assert "file:" not in body, lock

"""Fixtures that several test files share: the real Neo4j and the folder of real rows."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real rows; the test is skipped by name without it."""
    default = Path(__file__).parents[1].parent / "shared"
    folder = Path(os.environ.get("SHELFGRAPH_SHARED", default)) / "data"
    if not folder.is_dir():
        pytest.skip(f"no real rows at {folder}: set SHELFGRAPH_SHARED")
    return folder

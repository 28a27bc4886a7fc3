"""Which code a model version was made by."""

import subprocess
from importlib.metadata import version
from pathlib import Path


def code_commit(folder: Path) -> str:
    """The checkout's commit, marked where files differ from it; the installed version outside a checkout."""
    if not (folder / ".git").exists():
        return version("shelfgraph")
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or version("shelfgraph")

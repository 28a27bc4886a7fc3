"""`shelfgraph doctor`: room on the disk, and words as they were written."""

import shutil
from types import SimpleNamespace

import own_process
import pytest

from commands import doctor

GIB = 2**30


@pytest.mark.parametrize(
    ("held", "free", "is_well", "wanted"),
    [
        (0, GIB, True, "1.0"),
        (0, GIB - 1, False, "1.0"),
        (3 * GIB, 3 * GIB, True, "3.0"),
        (3 * GIB, 2 * GIB, False, "3.0"),
    ],
)
def test_a_disk_has_room_for_as_much_again_as_the_home_holds(tmp_path, monkeypatch, held, free, is_well, wanted):
    home = tmp_path / "home"
    if held:
        (home / "lake").mkdir(parents=True)
        with (home / "lake" / "part").open("wb") as file:
            file.truncate(held)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    finding = doctor._disk(SimpleNamespace(home=home))
    assert finding.is_well is is_well
    assert finding.remedy == f"Free at least {wanted} GiB."


def test_extras_are_told_by_their_names(tmp_path):
    told = own_process.shelfgraph({"SHELFGRAPH_HOME": str(tmp_path), "NEO4J_URI": "bolt://127.0.0.1:1"}, "doctor")[1]
    assert "extra [train]: installed" in told
    assert "extra [neo4j]: installed" in told

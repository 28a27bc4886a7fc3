"""Memory of a training: what is free as Linux tells it, what is refused, and what is left out."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lake_shops import PUBLISHED_AT, line, stage

from jobs.training_memory import TrainingMemory, why_no_order
from lake.store import Lake
from measures.memory import free_mib
from ranking.models import EASE_CAP
from ranking.ridge import RIDGE_CAP
from schema.errors import TooLittleMemory, Unavailable


@pytest.fixture
def source(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    rows = {
        "products": [{"sku": sku} for sku in "ab"],
        "purchases": [line("1", n, sku, 1) for n, sku in enumerate("ab")],
    }
    lake.publish(stage(tmp_path, rows), published_at=PUBLISHED_AT)
    return lake.at(1)


def test_what_is_free_is_the_least_that_machine_and_control_group_tell(tmp_path):
    meminfo, group = tmp_path / "meminfo", tmp_path / "group"
    assert free_mib(meminfo, group) is None
    meminfo.write_text("MemTotal: 4096000 kB\nMemAvailable:  2048000 kB\n")
    assert free_mib(meminfo, group) == 2000
    group.mkdir()
    (group / "memory.current").write_text(f"{300 * 1024**2}\n")
    for limit, free in (("max", 2000), (str(1024**4), 2000), (str(1_000 * 1024**2), 700)):
        (group / "memory.max").write_text(limit + "\n")
        assert free_mib(meminfo, group) == free


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells it")
def test_what_a_process_takes_is_no_longer_free():
    code = "from measures.memory import free_mib; a = free_mib(); b = bytearray(400 << 20); print(a - free_mib())"
    taken = float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert 200 < taken < 900


@given(st.integers(1, 200_000), st.integers(0, 20_000_000))
def test_a_larger_shop_holds_more_and_an_order_comes_on_top(products, lines):
    held = TrainingMemory.of(products, lines)
    assert held.whole > held.relations
    more = TrainingMemory.of(products + 1, lines + 1_000_000)
    assert more.relations > held.relations
    if products not in (RIDGE_CAP, EASE_CAP):
        assert more.whole > held.whole


@pytest.mark.parametrize(
    ("products", "lines", "held"),
    [
        (300, 75_000, 1_704),
        (3_800, 360_000, 2_670),
        (5_000, 500_000, 3_634),
        (92_331, 75_000, 5_874),
        (100_000, 10_608_078, 7_433),
    ],
)
def test_what_trainings_held_is_told(products, lines, held):
    """Peaks that `train` printed: small, Online Retail, medium, Complete Journey and large."""
    assert TrainingMemory.of(products, lines).whole == pytest.approx(held, rel=0.15)


@pytest.mark.parametrize(
    ("products", "lines", "held"), [(2_000, 420_000, 1_540), (8_000, 1_700_000, 1_968), (32_000, 6_800_000, 4_023)]
)
def test_what_fits_of_relations_held_is_told(products, lines, held):
    """Peaks of `evaluate growth`."""
    assert TrainingMemory.of(products, lines).relations == pytest.approx(held, rel=0.15)


def test_too_little_for_relations_is_refused_and_for_the_order_leaves_it_out(source):
    assert why_no_order(source, 8_000) == ""
    assert "1,900 MiB of memory in all, and 1,500 MiB are there" in why_no_order(source, 1_500)
    with pytest.raises(TooLittleMemory, match=r"about 1,300 MiB of memory, and 500 MiB are there") as refused:
        why_no_order(source, 500)
    assert isinstance(refused.value, Unavailable)
    assert "SHELFGRAPH_MEMORY_MIB" in str(refused.value.remedy)

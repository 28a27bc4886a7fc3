"""What work costs: each part's own seconds, and memory that only rises."""

import time

import pytest

from measures.costs import Costs, held_mib


def test_each_part_tells_its_own_seconds_in_order_and_memory_only_rises():
    costs = Costs()
    with costs.of("sleeping"):
        time.sleep(0.2)
    with costs.of("working"):
        held = sum(range(2_000_000)) and bytearray(64 * 2**20)
    sleeping, working = costs.told()
    assert (sleeping["part"], working["part"]) == ("sleeping", "working")
    assert sleeping["seconds"] >= 0.2
    assert sleeping["cpu_seconds"] < 0.2
    assert sleeping["peak_mib"] <= working["peak_mib"] <= round(held_mib())
    assert len(held) == 64 * 2**20


def test_what_failed_is_no_part():
    costs = Costs()
    with pytest.raises(ValueError, match="no"), costs.of("failing"):
        raise ValueError("no")
    assert costs.told() == []

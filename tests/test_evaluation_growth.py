"""Growth: exponents and limits are those of the law that costs follow; each size is measured apart."""

import json
from dataclasses import replace

import pytest

from evaluation import growth_report
from evaluation.growth import MOST_MIB, MOST_SECONDS, Cost, exponents, limit, run


def cost(times: float, power: float) -> Cost:
    """Costs that grow by a power of the lines, beside 500 MiB held from the start."""
    grown = times**power
    memory = (500, 500, 500 + grown * 10)
    return Cost(times, int(100 * times), int(1000 * times), grown * 4, grown * 6, 1, 1, *memory, 9, 9, 9)


COSTS = [cost(times, 1.5) for times in (1, 4, 16)]


def test_the_exponent_is_that_of_the_law_whatever_imports_take():
    assert exponents(COSTS, "seconds") == pytest.approx([1.5, 1.5])
    assert exponents(COSTS, "peak_mib") == pytest.approx([1.5, 1.5])


def test_at_the_limit_the_law_gives_what_a_fit_may_take():
    lines = limit(COSTS, "seconds", MOST_SECONDS)
    assert lines is not None
    assert 10 * (lines / 1000) ** 1.5 == pytest.approx(MOST_SECONDS)
    lines = limit(COSTS, "peak_mib", MOST_MIB)
    assert lines is not None
    assert 500 + 10 * (lines / 1000) ** 1.5 == pytest.approx(MOST_MIB)


def test_the_nearer_limit_comes_first_and_none_is_told_from_afar():
    nearer, later = growth_report.limits(COSTS)
    assert nearer.startswith("Next limit – 30 minutes: at about 31,")
    assert later.startswith("Then – 8 GiB of memory: at about ")
    flat = [cost(times, 0.01) for times in (1, 4)]
    assert limit(flat, "seconds", MOST_SECONDS) is None
    assert "further than 100 times" in growth_report.limits(flat)[0]


def test_a_last_step_that_looks_cheap_does_not_hide_the_growth_before_it():
    cheap = [*COSTS, replace(COSTS[-1], num_lines=2 * COSTS[-1].num_lines)]
    lines = limit(cheap, "seconds", MOST_SECONDS)
    assert exponents(cheap, "seconds")[-1] == 0
    assert lines is not None
    assert 32_000 < lines < 100_000


def test_a_figure_that_passes_the_goal_says_so():
    slow = [cost(times, 3) for times in (1, 4, 16)]
    assert "already passed" in growth_report.limits(slow)[0]


@pytest.mark.slow
def test_two_sizes_are_measured_and_told(tmp_path):
    costs = run(500, times=[2, 1])
    small, large = costs
    assert (small.times, large.times) == (1, 2)
    assert large.num_lines > small.num_lines > 1_000
    assert all(each.peak_mib >= each.count_mib >= each.start_mib > 0 for each in costs)
    assert all(each.fit_cpu_seconds > 0 and each.count_cpu_seconds > 0 for each in costs)
    assert large.num_vectors == 4 * large.num_products > 0
    growth_report.save_json(costs, tmp_path / "growth.json")
    growth_report.save_picture(costs, tmp_path / "growth.png")
    assert len(json.loads((tmp_path / "growth.json").read_text())["sizes"]) == 2
    assert (tmp_path / "growth.png").stat().st_size > 10_000
    assert "| counting, s |" in growth_report.markdown(costs)

"""The graph expects what was published last, by difference."""

from dataclasses import replace

import numpy as np
import planning_shops as planning
import pytest
import service_shop as shop

from graph.bolt_rows import read_table
from graph.connection import Graph
from graph.expectations import EXPECTS_SCHEMA, publish_expectations
from graph.projection import project
from graph.publishing import Published
from jobs.expectations import expectation_rows

ORDER = [("store_id", "ascending"), ("sku", "ascending")]


def held(graph):
    return read_table(graph, "read_expects", EXPECTS_SCHEMA).drop_columns("id").sort_by(ORDER).to_pylist()


def test_four_weeks_in_one_number_with_the_range_of_their_sum():
    rows = expectation_rows(planning.artefact()).to_pylist()
    assert len(rows) == 2 * len(planning.RATES)
    for row in rows:
        weekly = planning.RATES[row["sku"]]
        assert row["units"] == pytest.approx(4 * weekly)
        assert 4 * weekly * (1 - 1.645 / 3) < row["low_units"] < row["units"] < row["high_units"]
        assert (row["num_weeks"], row["starts_on"]) == (4, planning.MONDAY)
    assert expectation_rows(shop.artefact()).num_rows == 0


@pytest.mark.graph
def test_the_graph_holds_what_was_published_last_and_writes_what_differs(graph: Graph):
    project(shop.snapshot(), graph, lake_version=1, load_id="l1")
    first = expectation_rows(planning.artefact())
    assert publish_expectations(graph, first) == Published(added=first.num_rows)
    assert held(graph) == first.sort_by(ORDER).to_pylist()
    assert publish_expectations(graph, first) == Published()
    fewer = expectation_rows(planning.artefact(rates={"cola": 3.0, "penne": 5.0}))
    found = publish_expectations(graph, fewer)
    assert (found.added, found.changed, found.removed) == (0, 2, first.num_rows - 4)
    assert held(graph) == fewer.sort_by(ORDER).to_pylist()
    none = expectation_rows(replace(planning.artefact(), forecast=None))
    assert publish_expectations(graph, none).removed == 4
    assert np.size(held(graph)) == 0

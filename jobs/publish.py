"""Publish: a model version → the graph's relations, and what its stores expect to sell."""

from graph.connection import Graph
from graph.expectations import publish_expectations
from graph.publishing import publish_relations
from jobs.expectations import expectation_rows
from schema.artefact import Artefact
from schema.progress import Progress, silent


def publish(artefact: Artefact, graph: Graph, *, progress: Progress = silent) -> None:
    """Bring the graph to a model version by difference; what another version said is gone from it.

    Raises:
        Unavailable: if the server is lost.
    """
    publish_relations(graph, artefact.relations, progress=progress)
    publish_expectations(graph, expectation_rows(artefact), progress=progress)

"""Erasing a customer from the graph."""

from graph.connection import Graph


def erase_customer(graph: Graph, customer_id: str) -> dict[str, int]:
    """How many nodes and relationships of a customer there were; they are gone on return.

    Raises:
        Unavailable: if the server is lost and does not come back.
    """
    (row,) = graph.retry(lambda: graph.write("close_customer", customer_id=customer_id))
    return {"customers": row["num_nodes"], "relationships": row["num_relationships"]}

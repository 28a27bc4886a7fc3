"""Warming up: the graph plans what callers ask before the first of them waits for it."""

from graph.cascades import dependents
from graph.catalogue import Catalogue, Read
from graph.customer_history import CustomerHistory
from graph.paths import EvidencePaths


async def warm_up(read: Read) -> None:
    """Have each statement planned once, those first that most callers need.

    Raises:
        Unavailable: if the graph does not answer in time.
    """
    await Catalogue(read).warm_up()
    await CustomerHistory(read).bought("", lake_version=0)
    await EvidencePaths(read).between([("", "")])
    await dependents(read, "")  # the widest

"""How long a recommendation takes without HTTP, GraphQL and the graph: the decision alone, in this process."""

import json
import time

import numpy as np

from decisions.moment import Moment
from decisions.recommend import recommend
from evaluation.open_loop import Measured
from evaluation.service_figures import Row
from evaluation.service_scenarios import Limit, Subjects, bodies
from measures.memory import keep_freed
from schema.decisions import Request

SMALL_SHOP = 8_000
"""Products up to which a shop has the hybrid's order, which takes longer."""


def engine(moment: Moment, subjects: Subjects, *, count: int = 1_000, seed: int = 0) -> Row:
    """The same requests as `recommendations`, known customers as new ones: their purchases are the graph's part."""
    keep_freed()  # as the serving process does
    requests = [_request(body) for body in bodies("recommendations", subjects, count=count, seed=seed)]
    for request in requests[:50]:
        recommend(request, first=20, moment=moment, history=())
    waited, cpu = np.zeros(count), time.process_time()
    for number in range(count):
        began = time.perf_counter()
        recommend(requests[number % len(requests)], first=20, moment=moment, history=())
        waited[number] = time.perf_counter() - began
    cpu = time.process_time() - cpu
    due, none = np.concatenate([[0.0], np.cumsum(waited)[:-1]]), np.zeros(count, np.bool_)
    measured = Measured(due, waited, np.zeros(count), none, np.zeros(count, np.int64), float(waited.sum()))
    limit = Limit(p99=6 if len(subjects.skus) < SMALL_SHOP else 3)
    return Row("recommendations", "the engine alone", limit, measured, cpu)


def _request(body: bytes) -> Request:
    about = json.loads(body)["variables"]["for"]
    return Request(
        basket=tuple(about["basket"]),
        anchor=about.get("product"),
        store_id=about["storeId"],
        customer_age=about["customerAge"],
    )

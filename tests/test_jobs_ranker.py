"""The order that a model version is served with: learnt where there is enough to learn from, else a reason why not."""

from datetime import date

import numpy as np
import pytest
from lake_shops import PUBLISHED_AT, line, on, stage
from test_evaluation_basket_completion import QUICK, SKUS, rows

from gnn.training import fit
from jobs.ranker import fit_ranker
from jobs.retrain import purchase_counts
from lake.snapshot import build_snapshot
from lake.store import Lake
from ranking import basket_models
from ranking.saved import open_ranker
from schema.artefact import Artefact
from schema.decisions import Bought


def published(folder, shop, as_of: date):
    """A shop in a lake of its own, and its graph as of a day."""
    lake = Lake(str(folder / "lake"))
    lake.publish(stage(folder, shop), published_at=PUBLISHED_AT)
    return lake.at(1), build_snapshot(lake.at(1), as_of=as_of)


def trained(folder, shop, as_of: date):
    """The artefact of a shop as of a day, and why its ranker is as it is."""
    source, snapshot = published(folder, shop, as_of)
    model = fit(snapshot, settings=QUICK, purchase_counts=purchase_counts(source, snapshot))
    state, why = fit_ranker(source, snapshot, model.embeddings, settings=QUICK)
    return Artefact("v1", model.relations, model.embeddings, model.popularity, {}, state), why


def refusal(folder, shop, as_of: date) -> str:
    """Why a shop has no order, which is known before its vectors are looked at."""
    source, snapshot = published(folder, shop, as_of)
    state, why = fit_ranker(source, snapshot, None, settings=QUICK)
    assert state is None
    return why


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dense", "squares", "lead"), [(8_000, 25_000, "ridge"), (11, 25_000, "ease"), (11, 11, "rp3beta")]
)
def test_an_order_completes_the_pairs_that_a_shop_buys(tmp_path, monkeypatch, dense, squares, lead):
    """With dense weights, and with those of catalogues too large for them; the shop has twelve products."""
    monkeypatch.setattr(basket_models, "RIDGE_CAP", dense)
    monkeypatch.setattr(basket_models, "EASE_CAP", squares)
    artefact, why = trained(tmp_path, rows(), on(100))
    assert "of the leading model alone" in why  # of twelve products every one stands among the first ten
    order = open_ranker(artefact)
    assert next(iter(order.hybrid.components.scorers)) == lead
    for pair in range(0, 12, 2):
        for history in ([], [(pair + 1, Bought(SKUS[pair + 1], 2.0, 3))]):
            found = order.ranked([pair], history)
            best = int(np.argmax(found.scores))
            assert (found.rows[best], found.callers[best]) == (pair + 1, pair)
            assert pair not in found.rows


@pytest.mark.parametrize(
    ("purchases", "why"),
    [
        ([], "0 baskets"),
        pytest.param([line("b1", 1, "s00", 3)], "1 baskets", marks=pytest.mark.slow),
        ([line(f"b{n}", 1, "s00", n % 3, customer_id="c1") for n in range(50)], "50 baskets"),
        pytest.param([line("b1", n, f"s{n:02d}", 3) for n in range(12)], "1 baskets", marks=pytest.mark.slow),
    ],
)
def test_shops_with_too_little_say_so(tmp_path, purchases, why):
    shop = {
        "products": [{"sku": sku, "name": "same name"} for sku in SKUS],
        "customers": [{"customer_id": "c1"}],
        "purchases": purchases,
    }
    assert refusal(tmp_path, shop, on(10)).startswith(why)

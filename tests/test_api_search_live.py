"""Search as the shop changes under it: stock, delistings, loads, launches and synonyms count within two seconds."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import service_shop as shop
from service_client import searched, serving, skus, within_two_seconds

from api.search_desk import SearchDesk
from journal.store import Journal
from schema.changes import Delisting, LoadPublished, StockChange
from search.synonyms import SynonymsFile

pytestmark = pytest.mark.graph


def test_stock_is_live_in_filters(fresh):
    chosen = {"storeId": "S1", "inStock": True}
    assert "penne" in skus(searched(fresh, "penne", filter=chosen))
    fresh.journal.record([StockChange("S1", "penne", 0.0, shop.NOON)], recorded_at=shop.NOON)
    within_two_seconds(lambda: "penne" not in skus(searched(fresh, "penne", filter=chosen)))
    assert "penne" in skus(searched(fresh, "penne"))


def test_what_is_gone_is_answered_by_what_stands_in_for_it(fresh):
    fresh.journal.record([Delisting("spaghetti", shop.TODAY)], recorded_at=shop.NOON)
    within_two_seconds(lambda: "spaghetti" not in skus(searched(fresh, "spaghetti", first=50)))
    assert skus(searched(fresh, "spaghetti")) == ["spaghetti_xl"]
    assert "spaghetti" in skus(searched(fresh, "spaghetti", filter={"includeDelisted": True}))
    fresh.journal.record([Delisting("spaghetti_xl", shop.TODAY)], recorded_at=shop.NOON)
    within_two_seconds(lambda: searched(fresh, "spaghetti")["isFallback"])
    page = searched(fresh, "spaghetti")
    assert skus(page) == ["fusilli", "penne", "lasagne"]
    assert {edge["standsInFor"] for edge in page["edges"]} == {"spaghetti"}
    assert page["totalCount"] == 3
    rest = searched(fresh, "spaghetti", after=page["edges"][0]["cursor"])
    assert skus(rest) == ["penne", "lasagne"]
    assert "Spaghetti" not in str(fresh.data('{ completions(prefix: "spag") { text kind } }'))


def test_without_a_model_a_search_has_no_stand_ins(loaded, tmp_path):
    with serving(loaded, Journal(str(tmp_path / "journal.db")), model=None) as untrained:
        page = searched(untrained, "spaghetti")
        assert skus(page) == ["spaghetti", "spaghetti_xl"]
        assert searched(untrained, "xyzzy")["edges"] == []


def renamed(version):
    """From version 2 on, `anchovies` are new and sort before everything, and cola is called by another name."""
    if version == 1:
        return shop.listings()
    said = shop.listings(version)
    columns = {
        "skus": ("anchovies", *said.skus),
        "names": (
            "Anchovies",
            *["Zingy cola" if sku == "cola" else name for sku, name in zip(said.skus, said.names, strict=True)],
        ),
        "is_private_label": np.insert(said.is_private_label, 0, 0),
    }
    for name in ("descriptions", "brands", "gtins", "category_ids", "supplier_ids"):
        held = getattr(said, name)
        columns[name] = (held[0], *held)
    return replace(said, **columns)


def test_a_load_is_searched_within_two_seconds_and_cursors_hold(loaded, tmp_path):
    journal = Journal(str(tmp_path / "journal.db"))
    with serving(loaded, journal, model=shop.artefact(), read_listings=renamed) as running:
        first = searched(running, sort="NAME", first=4)
        every = skus(searched(running, sort="NAME", first=50))
        assert "cola" in skus(first)
        journal.record([LoadPublished(2)], recorded_at=shop.NOON)
        within_two_seconds(lambda: skus(searched(running, "zingy")) == ["cola"])
        rest = searched(running, sort="NAME", first=50, after=first["pageInfo"]["endCursor"])
        assert [sku for sku in skus(rest) if sku != "cola"] == every[4:]


def test_products_launched_later_are_not_found_yet(loaded, tmp_path):
    facts = shop.with_days("launched_on", nuts=shop.TODAY + timedelta(days=1))
    with serving(loaded, Journal(str(tmp_path / "journal.db")), facts=facts) as running:
        assert skus(searched(running, filter={"categoryId": "snacks"})) == []
        assert skus(searched(running, filter={"categoryId": "snacks", "includeDelisted": True})) == ["nuts"]


def test_synonyms_that_cannot_be_read_are_told_and_searches_go_on(loaded, tmp_path):
    path = tmp_path / "synonyms.csv"
    path.write_text("soda, cola\n")
    desk = SearchDesk(shop.listings, read_synonyms=SynonymsFile(path).read)
    with serving(loaded, Journal(str(tmp_path / "journal.db")), model=shop.artefact(), search=desk) as running:
        within_two_seconds(lambda: skus(searched(running, "soda")) == ["cola"])
        path.write_text("soda\n")
        within_two_seconds(lambda: "synonyms" in running.http.get("/readyz").json()["checks"]["search"])
        assert skus(searched(running, "soda")) == ["cola"]

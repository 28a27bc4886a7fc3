"""Cards that the graph told before are not asked for again, until their lake version is another or their time is up."""

import asyncio
import gc
from collections.abc import Sequence

import pytest
import service_shop as shop
from service_client import serving, settled, within

from api import cards as cards_module
from api.cards import CardLoader, Cards
from api.products import Product
from journal.store import Journal
from schema.errors import Unavailable


class Shelf:
    """A catalogue that counts what it is asked."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names, self.asked = names, list[list[str]]()

    async def read(self, keys: Sequence[str]) -> dict[str, str]:
        self.asked.append(sorted(keys))
        return {key: self.names[key] for key in keys if key in self.names}

    def loader(self, cards: Cards, version: int = 1) -> CardLoader[str | None]:
        return CardLoader.of(cards, (version, "names"), self.read)


def asked(shelf: Shelf, cards: Cards, keys: list[str], *, version: int = 1) -> list[str | None]:
    async def once() -> list[str | None]:
        return await shelf.loader(cards, version).load_many(keys)

    return asyncio.run(once())


def test_only_what_is_not_kept_is_read_and_all_of_it_at_once():
    shelf, cards = Shelf({"a": "A", "b": "B", "c": "C"}), Cards()
    assert asked(shelf, cards, ["a", "b"]) == ["A", "B"]
    assert asked(shelf, cards, ["c", "a", "a", "x"]) == ["C", "A", "A", None]
    assert shelf.asked == [["a", "b"], ["c", "x"]]


def test_another_lake_version_is_read_anew():
    shelf, cards = Shelf({"a": "A"}), Cards()
    asked(shelf, cards, ["a"])
    shelf.names["a"] = "changed"
    assert asked(shelf, cards, ["a"]) == ["A"]
    assert asked(shelf, cards, ["a"], version=2) == ["changed"]


def test_what_the_catalogue_has_not_got_is_asked_for_each_time():
    shelf, cards = Shelf({}), Cards()
    assert asked(shelf, cards, ["new"]) == [None]
    shelf.names["new"] = "N"
    assert asked(shelf, cards, ["new"]) == ["N"]


def test_nothing_is_kept_for_no_time_at_all():
    shelf, cards = Shelf({"a": "A"}), Cards(seconds=0)
    assert asked(shelf, cards, ["a"]) == asked(shelf, cards, ["a"]) == ["A"]
    assert len(shelf.asked) == 2


@pytest.fixture
def hour(monkeypatch):
    """A clock that a test puts on, and renewals that wait for nothing."""
    monkeypatch.setattr(cards_module, "GATHERED_SECONDS", 0.0)
    return [0.0]


def test_what_is_old_is_told_and_renewed_behind_the_answer(hour):
    shelf = Shelf({"a": "A", "b": "B"})
    cards = Cards(seconds=60, clock=lambda: hour[0])

    async def told() -> list[list[str | None]]:
        answers = [await shelf.loader(cards).load_many(["a", "b"])]
        shelf.names |= {"a": "new A", "b": "new B"}
        hour[0] = 61
        answers += [await shelf.loader(cards).load_many(keys) for keys in (["a"], ["b"])]
        await asyncio.sleep(0.05)
        return [*answers, await shelf.loader(cards).load_many(["a", "b"])]

    assert asyncio.run(told()) == [["A", "B"], ["A"], ["B"], ["new A", "new B"]]
    assert shelf.asked == [["a", "b"], ["a", "b"]]


def test_what_is_renewed_as_it_was_stays_the_same_object_with_all_that_was_made_of_it(hour):
    cards = Cards(seconds=60, clock=lambda: hour[0])
    cards.keep("lists", {"a": [1, 2], "b": [3]})
    before = cards.kept("lists", ["a", "b"])
    hour[0] = 61
    cards.keep("lists", {"a": [1, 2], "b": [4]})
    assert [was is now for was, now in zip(before, cards.kept("lists", ["a", "b"]), strict=True)] == [True, False]
    assert cards.kept("lists", ["b"]) == [[4]]
    cards.renew("lists", None)  # nothing is due, or the absent reader would be asked


def test_a_renewal_that_fails_leaves_what_was_kept_and_is_tried_again(hour):
    shelf = Shelf({"a": "A"})
    cards = Cards(seconds=60, clock=lambda: hour[0])

    async def lost(_keys: Sequence[str]) -> dict[str, str]:
        raise Unavailable("The graph does not answer.")

    async def told() -> list[str | None]:
        await shelf.loader(cards).load("a")
        hour[0] = 61
        loaders = [CardLoader.of(cards, (1, "names"), lost), shelf.loader(cards)]
        answers = []
        for loader in loaders:
            answers.append(await loader.load("a"))
            shelf.names["a"] = "changed"
            await asyncio.sleep(0.05)
        return [*answers, await shelf.loader(cards).load("a")]

    assert asyncio.run(told()) == ["A", "A", "changed"]


def test_what_is_kept_is_answered_without_waiting_and_the_rest_when_it_is_read():
    shelf, cards = Shelf({"a": "A", "b": "B"}), Cards()

    async def told() -> tuple[object, object]:
        loader = shelf.loader(cards)
        await loader.load("a")
        return loader.then(["a", "a"], "".join), await loader.then(["a", "b"], "".join)

    assert asyncio.run(told()) == ("AA", "AB")
    assert shelf.asked == [["a"], ["b"]]


def test_cards_are_read_ahead_so_many_at_a_time_and_as_far_as_there_is_room(monkeypatch):
    monkeypatch.setattr(cards_module, "READ_AT_ONCE", 2)
    monkeypatch.setattr(cards_module, "FILLED_SHARE", 0.5)
    keys = list("abcdefgh")
    shelf, cards = Shelf({key: key.upper() for key in keys}), Cards(most=10)
    asked(shelf, cards, ["b"])
    asyncio.run(cards.fill((1, "names"), keys, shelf.read))
    assert shelf.asked == [["b"], ["a", "c"], ["d", "e"]]
    assert asked(shelf, cards, list("abcde")) == list("ABCDE")
    assert len(shelf.asked) == 3


def test_nothing_is_read_ahead_where_the_graph_is_asked_every_time():
    shelf, cards = Shelf({"a": "A"}), Cards(seconds=0)
    asyncio.run(cards.fill((1, "names"), ["a"], shelf.read))
    assert shelf.asked == []


def test_what_was_read_longest_ago_goes_first():
    shelf, cards = Shelf({key: key for key in "abc"}), Cards(most=2)
    asked(shelf, cards, ["a"])
    asked(shelf, cards, ["b"])
    asked(shelf, cards, ["c"])
    assert asked(shelf, cards, ["b", "c"]) == ["b", "c"]
    assert shelf.asked == [["a"], ["b"], ["c"]]
    asked(shelf, cards, ["a"])
    assert shelf.asked[-1] == ["a"]


@pytest.mark.graph
def test_what_is_personal_is_asked_of_the_graph_each_time(loaded, tmp_path):
    customer = '{ customer(customerId: "c1") { segment bought(first: 5) { totalCount } } }'
    with serving(loaded, Journal(str(tmp_path / "journal.db")), catalogue_seconds=60.0) as service:
        service.reads(customer)
        assert service.reads(customer) == 2  # the customer and what they buy, but not the products' names again


@pytest.mark.graph
def test_a_page_that_was_seen_costs_no_round_trip(loaded, tmp_path):
    page = """query ($first: Int) { product(sku: "cola") { name boughtWith(first: $first) { edges { numBaskets } }
      promotions(first: $first) { edges { node { name } } } } }"""
    journal = Journal(str(tmp_path / "journal.db"))
    with serving(loaded, journal, catalogue_seconds=60.0) as service:
        assert service.reads(page, first=2) > 0
        assert service.reads(page, first=2) == 0
        assert service.reads(page, first=5) == 0  # pages of few share a read


@pytest.mark.graph
def test_what_pages_ask_most_is_there_before_anybody_asked(loaded, tmp_path, monkeypatch):
    offers = '{ recommendations(for: {product: "spaghetti", customerAge: 30}) { products { product { sku name } } } }'
    page = """{ product(sku: "cola") { name category { name } suppliers(first: 2) { edges { node { name } } }
      stocks(first: 5) { edges { node { store { name } } } } } }"""
    journal = Journal(str(tmp_path / "journal.db"))
    frozen = gc.get_freeze_count()
    with serving(loaded, journal, model=shop.artefact(), catalogue_seconds=60.0) as service:
        settled(service)
        within(60, lambda: service.http.get("/readyz").json()["catalogue"] == "ready")
        monkeypatch.setattr(Product, "_copied", None)  # copies stand by now, or they would not be frozen
        assert service.reads(offers) == service.reads(page) == 0
        assert gc.get_freeze_count() > frozen  # nobody waits while what is kept is looked through for cycles
        assert all(each["product"]["name"] for each in service.data(offers)["recommendations"]["products"])


@pytest.mark.graph
def test_a_delisting_is_told_at_once_though_the_card_is_kept(loaded, tmp_path):
    day = '{ product(sku: "sauce") { delistedOn } }'
    tell = """mutation { delistProduct(input: {idempotencyKey: "a", delistings: [
      {sku: "sauce", delistedOn: "2024-05-09"}]}) { sequence } }"""
    withdraw = 'mutation { withdrawDelisting(input: {idempotencyKey: "b", skus: ["sauce"]}) { sequence } }'
    with serving(loaded, Journal(str(tmp_path / "journal.db")), catalogue_seconds=60.0) as service:
        assert service.data(day)["product"]["delistedOn"] is None
        service.data(tell)
        assert service.data(day)["product"]["delistedOn"] == "2024-05-09"
        assert service.reads(day) == 0
        service.data(withdraw)
        assert service.data(day)["product"]["delistedOn"] is None

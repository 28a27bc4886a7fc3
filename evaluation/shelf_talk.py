"""What a measuring client tells services of a shop's shelves, and reads out of their answers."""

import http.client
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import eq, ne
from typing import Any, Final
from urllib.parse import urlsplit

from evaluation.staleness import Diary, Fact, Seen, Told, Value
from schema.errors import BadInput, Unavailable

LONG_AGO: Final = "2000-01-01"
COUNTED_AT: Final = "2000-01-01T00:00:00Z"
CEILING: Final = 5.0
BATCH: Final = 10
NUM_SKUS: Final = 60
MUTATIONS: Final = {
    "stock": "mutation($i: RecordStockInput!) { recordStock(input: $i) { sequence userErrors { message } } }",
    "price": "mutation($i: RecordPriceInput!) { recordPrice(input: $i) { sequence userErrors { message } } }",
    "delist": "mutation($i: DelistProductInput!) { delistProduct(input: $i) { sequence userErrors { message } } }",
    "relist": "mutation($i: WithdrawDelistingInput!) { withdrawDelisting(input: $i) "
    "{ sequence userErrors { message } } }",
    "verdict": "mutation($i: JudgeRelationInput!) { judgeRelation(input: $i) { sequence userErrors { message } } }",
}
FIND: Final = """query($n: Int!) { products(first: $n) { edges { node {
  sku substitutes(first: 5) { edges { node { sku } } } } } } }"""
ASK: Final = """query($sku: String!, $store: String!, $ceiling: Decimal!) {
  product(sku: $sku) { availability(storeId: $store) price(storeId: $store) { amount }
    substitutes(first: 50) { edges { node { sku } verdict { word } } } }
  recommendations(for: {product: $sku, storeId: $store, priceCeiling: $ceiling, customerAge: 99}, first: 20) {
    products { product { sku } availability } }
  substitutesFor(basketLines: [{sku: $sku, priceCeiling: $ceiling}], storeId: $store, first: 20, customerAge: 99) {
    offers { product { sku } availability } } }"""
KINDS: Final = ("stock", "price", "delisted")
Change = tuple[Fact, Value]
Fits = Callable[[Value], bool]


class Caller:
    """One thread's connections to every service, used in turn.

    Args:
        urls: addresses such as `http://127.0.0.1:8000`.
        key: an access key, or empty for none.
    """

    def __init__(self, urls: Sequence[str], *, key: str) -> None:
        self._hosts = [urlsplit(url).netloc for url in urls]
        if not all(self._hosts):
            raise BadInput(f"{' '.join(urls)!r} are not addresses.", remedy="Give some such as http://127.0.0.1:8000.")
        self._headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        self._connections: dict[str, http.client.HTTPConnection] = {}

    def ask(self, turn: int, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation, answered by the service whose turn it is.

        Raises:
            Unavailable: if it is not answered, or with errors.
        """
        host = self._hosts[turn % len(self._hosts)]
        connection = self._connections.setdefault(host, http.client.HTTPConnection(host, timeout=30))
        try:
            connection.request("POST", "/graphql", json.dumps({"query": query, "variables": variables}), self._headers)
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise Unavailable(f"{host} did not answer: {error}.") from error
        if answer.get("errors"):
            raise Unavailable(f"{host} answered: {answer['errors'][0]['message']}")
        data: dict[str, Any] = answer["data"]
        return data


@dataclass(frozen=True)
class Shelf:
    """The part of a shop that is told of and looked at.

    Attributes:
        pairs: candidate and anchor of relations that the model proposes.
    """

    store_id: str
    skus: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, caller: Caller, store_id: str) -> "Shelf":
        """The first products of a shop and their first substitutes."""
        found = caller.ask(0, FIND, n=NUM_SKUS)["products"]["edges"]
        skus = [edge["node"]["sku"] for edge in found]
        pairs = [
            (other["node"]["sku"], edge["node"]["sku"])
            for edge in found
            for other in edge["node"]["substitutes"]["edges"]
            if other["node"]["sku"] in skus
        ]
        return cls(store_id, tuple(skus), tuple(pairs))

    def everything(self) -> list[tuple[str, list[Change]]]:
        """Each fact in a state in which it may be offered, by mutation."""
        told: dict[str, list[Change]] = {
            "stock": [(("stock", sku), 7.0) for sku in self.skus],
            "price": [(("price", sku), 1.0) for sku in self.skus],
            "relist": [(("delisted", sku), False) for sku in self.skus],
            "verdict": [(("verdict", *pair), "confirmed") for pair in self.pairs],
        }
        return [(kind, several[at : at + 100]) for kind, several in told.items() for at in range(0, len(several), 100)]

    def some(self, dice: random.Random) -> tuple[str, list[Change]]:
        """A batch of changes of one kind, no fact twice."""
        kind = dice.choices(("stock", "price", "delist", "relist", "verdict"), (8, 5, 1, 3, 2 if self.pairs else 0))[0]
        if kind == "verdict":
            pairs = dice.sample(self.pairs, min(BATCH, len(self.pairs)))
            return kind, [(("verdict", *pair), dice.choice(("confirmed", "rejected"))) for pair in pairs]
        skus = dice.sample(self.skus, min(BATCH, len(self.skus)))
        make: dict[str, Callable[[str], Change]] = {
            "stock": lambda sku: (("stock", sku), dice.choice((0.0, 7.0))),
            "price": lambda sku: (("price", sku), float(dice.randint(1, 9))),
            "delist": lambda sku: (("delisted", sku), True),
            "relist": lambda sku: (("delisted", sku), False),
        }
        return kind, [make[kind](sku) for sku in skus]


def tell(
    caller: Caller, turn: int, kind: str, changes: Sequence[Change], *, store_id: str, key: str, diary: Diary
) -> bool:
    """Whether a batch was acknowledged; the diary is told either way."""
    sent_at = time.monotonic()
    try:
        answer = caller.ask(turn, MUTATIONS[kind], i={"idempotencyKey": key, **_input(kind, changes, store_id)})
        (done,) = answer.values()
        if done["userErrors"]:
            raise Unavailable(done["userErrors"][0]["message"])
    except Unavailable:
        diary.add_unsure(changes, sent_at)
        return False
    now, last = time.monotonic(), done["sequence"]
    first = last if kind == "verdict" else last - len(changes) + 1
    numbers = [last] * len(changes) if kind == "verdict" else range(first, last + 1)
    diary.add_told(
        (fact, Told(value, sent_at, now, number)) for (fact, value), number in zip(changes, numbers, strict=True)
    )
    return True


def _input(kind: str, changes: Sequence[Change], store_id: str) -> dict[str, Any]:
    make: dict[str, Callable[[Fact, Value], Any]] = {
        "stock": lambda f, v: {"storeId": store_id, "sku": f[1], "onHandUnits": v, "countedAt": COUNTED_AT},
        "price": lambda f, v: {"storeId": store_id, "sku": f[1], "price": v},
        "delist": lambda f, _: {"sku": f[1], "delistedOn": LONG_AGO},
        "relist": lambda f, _: f[1],
        "verdict": lambda f, v: {
            **{"sku": f[1], "otherSku": f[2], "relation": "SUBSTITUTES_FOR", "isDirected": True},
            **{"judgement": "CONFIRM" if v == "confirmed" else "REJECT", "reason": "Freshness is measured."},
        },
    }
    names = {"delist": "delistings", "relist": "skus", "verdict": "judgements"}
    return {names.get(kind, "changes"): [make[kind](fact, value) for fact, value in changes]}


def seen_in(answer: dict[str, Any], sku: str, *, begun_at: float, ended_at: float, shelf: Shelf) -> list[Seen]:
    """What an answer says of the facts that are told of."""
    rests_on = [*_page(answer["product"], sku), *_offers(answer, sku)]
    told = {("verdict", *pair) for pair in shelf.pairs} | {(kind, each) for kind in KINDS for each in shelf.skus}
    return [Seen(fact, begun_at, ended_at, fits, said) for said, fact, fits in rests_on if fact in told]


def _page(product: dict[str, Any], sku: str) -> Iterator[tuple[str, Fact, Fits]]:
    is_there, amount = product["availability"] == "IN_STOCK", float(product["price"]["amount"])
    yield f"{sku} is {product['availability']}", ("stock", sku), lambda units: (float(units) > 0) == is_there
    yield f"{sku} costs {amount}", ("price", sku), lambda price: price == amount
    for edge in product["substitutes"]["edges"]:
        other, word = edge["node"]["sku"], (edge["verdict"] or {}).get("word")
        yield f"{other} for {sku}: {word}", ("verdict", other, sku), partial(eq, word)
        yield f"{other} is listed for {sku}", ("delisted", other), partial(eq, False)


def _offers(answer: dict[str, Any], sku: str) -> Iterator[tuple[str, Fact, Fits]]:
    substitutes = [offer["product"]["sku"] for line in answer["substitutesFor"] for offer in line["offers"]]
    for other in [*(offer["product"]["sku"] for offer in answer["recommendations"]["products"]), *substitutes]:
        yield f"{other} is offered", ("stock", other), lambda units: float(units) > 0
        yield f"{other} is offered below {CEILING}", ("price", other), lambda price: float(price) <= CEILING
        yield f"{other} is offered", ("delisted", other), partial(eq, False)
    for other in substitutes:
        yield f"{other} is offered for {sku}", ("verdict", other, sku), partial(ne, "rejected")

"""Filling: what pages ask most of each lake version is read behind the answers, so that few of these wait."""

import asyncio
import gc
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from api.cards import ByKey, group_of, with_empty
from api.endpoint import Service
from api.joins import FIRST_ROWS
from api.long_work import in_turn
from api.products import Product
from decisions.moment import Moment
from decisions.orders import prepare
from graph.catalogue import Catalogue
from measures.memory import give_back_freed
from schema.catalogue import Product as Card
from schema.errors import ShelfgraphError


async def keep_filled(service: Service, *, every_seconds: float) -> None:
    """Have the newest lake version's nouns and what orders need kept, until cancelled; what fails is tried again."""
    catalogue, filled = Catalogue(service.graph.read), None
    while True:
        moment = service.advisor.moment()
        version = moment.facts.base.lake_version
        if version != filled and not service.graph.is_planning:
            service.cards.is_filled = False
            with suppress(ShelfgraphError):
                for group, keys, read in _ahead(moment, catalogue):
                    await service.cards.fill(group, keys, read)
                with suppress(ShelfgraphError):  # who asks for orders is told
                    await in_turn(prepare, moment)
                    await in_turn(give_back_freed)
                filled, service.cards.is_filled = version, True
                # It stays until the next load: to look all of it through for cycles holds every answer up.
                gc.freeze()
        await asyncio.sleep(every_seconds)


def _ahead(moment: Moment, catalogue: Catalogue) -> Iterator[tuple[Hashable, Sequence[str], ByKey[Any]]]:
    """What is read ahead: what it is kept under, the keys, and what reads them."""
    base, skus = moment.facts.base, most_bought_first(moment)
    nouns: list[tuple[ByKey[Any], Sequence[str]]] = [
        (catalogue.categories, list(base.parents)),
        (catalogue.suppliers, list(base.suppliers)),
        (catalogue.stores, base.store_ids),
    ]
    for read, keys in nouns:
        yield group_of(moment, read), keys, read
    yield group_of(moment, catalogue.products), skus, _with_copies(catalogue.products)
    supplies = catalogue.supplies
    yield group_of(moment, supplies, **FIRST_ROWS), skus, with_empty(supplies, **FIRST_ROWS)


def _with_copies(read: ByKey[Card]) -> ByKey[Card]:
    """A reader that has the contract's copies made of products: what is made later is looked through for cycles."""

    async def whole(skus: Sequence[str]) -> Mapping[str, Card]:
        found = await read(skus)
        for card in found.values():
            Product.of(card)
        return found

    return whole


def most_bought_first(moment: Moment) -> list[str]:
    """All skus; in their own order where no model tells what is bought."""
    skus = moment.facts.base.skus
    popular = [] if moment.model is None else [skus[row] for row in moment.model.popular.tolist()]
    return list(dict.fromkeys([*popular, *skus]))

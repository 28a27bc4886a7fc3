"""Filling: what pages ask most of each lake version is read behind the answers, so that few of these wait."""

import asyncio
from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from api.cards import PRODUCTS, ByKey, group_of, join_name, with_empty
from api.endpoint import Service
from api.joins import FIRST_ROWS
from decisions.moment import Moment
from graph.catalogue import Catalogue
from schema.errors import ShelfgraphError


async def keep_filled(service: Service, *, every_seconds: float) -> None:
    """Have the newest lake version's nouns and suppliers' terms kept, until cancelled; what fails is tried again."""
    catalogue, filled = Catalogue(service.graph.read), None
    while True:
        moment = service.advisor.moment()
        version = moment.facts.base.lake_version
        if version != filled and not service.graph.is_planning:
            service.cards.is_filled = False
            with suppress(ShelfgraphError):
                for name, keys, read in _ahead(moment, catalogue):
                    await service.cards.fill(group_of(moment, name), keys, read)
                filled, service.cards.is_filled = version, True
        await asyncio.sleep(every_seconds)


def _ahead(moment: Moment, catalogue: Catalogue) -> Iterator[tuple[Hashable, Sequence[str], ByKey[Any]]]:
    """What is read ahead: how `Context` calls it, the keys, and what reads them."""
    base, skus = moment.facts.base, most_bought_first(moment)
    yield "categories", list(base.parents), catalogue.categories
    yield "suppliers", list(base.suppliers), catalogue.suppliers
    yield "stores", base.store_ids, catalogue.stores
    yield PRODUCTS, skus, catalogue.products
    yield join_name(catalogue.supplies, FIRST_ROWS), skus, with_empty(catalogue.supplies, **FIRST_ROWS)


def most_bought_first(moment: Moment) -> list[str]:
    """All skus; in their own order where no model tells what is bought."""
    skus = moment.facts.base.skus
    popular = [] if moment.model is None else [skus[row] for row in moment.model.popular.tolist()]
    return list(dict.fromkeys([*popular, *skus]))

"""Filling: each lake version's products and who supplies them are read behind the answers, so that few wait."""

import asyncio
from collections.abc import Hashable
from contextlib import suppress
from typing import Any

from api.cards import PRODUCTS, ByKey, group_of, join_name, with_empty
from api.endpoint import Service
from api.joins import FIRST_ROWS
from decisions.moment import Moment
from graph.catalogue import Catalogue
from schema.errors import ShelfgraphError


async def keep_filled(service: Service, *, every_seconds: float) -> None:
    """Have what most ask of the newest lake version's products kept, until cancelled; what fails is tried again."""
    catalogue = Catalogue(service.graph.read)
    suppliers = join_name(catalogue.supplies, FIRST_ROWS)
    ahead: dict[Hashable, ByKey[Any]] = {
        PRODUCTS: catalogue.products,
        suppliers: with_empty(catalogue.supplies, **FIRST_ROWS),
    }
    filled: int | None = None
    while True:
        moment = service.advisor.moment()
        version = moment.facts.base.lake_version
        if version != filled and not service.graph.is_planning:
            service.cards.is_filled = False
            with suppress(ShelfgraphError):
                for name, read in ahead.items():
                    await service.cards.fill(group_of(moment, name), most_bought_first(moment), read)
                filled, service.cards.is_filled = version, True
        await asyncio.sleep(every_seconds)


def most_bought_first(moment: Moment) -> list[str]:
    """All skus; in their own order where no model tells what is bought."""
    skus = moment.facts.base.skus
    popular = [] if moment.model is None else [skus[row] for row in moment.model.popular.tolist()]
    return list(dict.fromkeys([*popular, *skus]))

"""Filling: cards of each lake version's products are read behind the answers, so that few wait for the graph."""

import asyncio
from contextlib import suppress

from api.cards import PRODUCTS, group_of
from api.endpoint import Service
from decisions.moment import Moment
from graph.catalogue import Catalogue
from schema.errors import ShelfgraphError


async def keep_filled(service: Service, *, every_seconds: float) -> None:
    """Have the cards of the newest lake version's products kept, until cancelled; what fails is tried again."""
    filled: int | None = None
    while True:
        moment = service.advisor.moment()
        version = moment.facts.base.lake_version
        if version != filled and not service.graph.is_planning:
            with suppress(ShelfgraphError):
                read = Catalogue(service.graph.read).products
                await service.cards.fill(group_of(moment, PRODUCTS), most_bought_first(moment), read)
                filled = version
        await asyncio.sleep(every_seconds)


def most_bought_first(moment: Moment) -> list[str]:
    """All skus; in their own order where no model tells what is bought."""
    skus = moment.facts.base.skus
    popular = [] if moment.model is None else [skus[row] for row in moment.model.popular.tolist()]
    return list(dict.fromkeys([*popular, *skus]))

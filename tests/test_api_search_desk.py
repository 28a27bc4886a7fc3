"""The search's desk while the first search is being built: who asks waits, and is told where none comes."""

import asyncio
import time

import pytest
import service_shop as shop

from api.search_desk import SearchDesk
from schema.errors import Unavailable


def asked_at_once(read_listings):
    """What who searches at once is answered, and what the desk says of itself before and after."""

    async def once():
        desk = SearchDesk(read_listings)
        following = asyncio.create_task(desk.follow(shop.moment, every_seconds=60))
        before = desk.state, desk.is_starting
        try:
            found = await desk.current()
        except Unavailable as refused:
            found = refused
        finally:
            following.cancel()
        return found, before, (desk.state, desk.is_starting)

    return asyncio.run(once())


def test_who_searches_before_the_first_search_stands_waits_for_it():
    def slowly(version):
        time.sleep(0.2)
        return shop.listings(version)

    found, before, after = asked_at_once(slowly)
    assert before == ("is being built", True)
    assert found.listings.skus == shop.listings().skus
    assert after == ("ready", False)


@pytest.mark.parametrize("error", [Unavailable("The lake is gone.", remedy="Look."), RuntimeError("odd")])
def test_who_searches_where_none_can_be_built_is_told_at_once(error):
    def broken(_version):
        raise error

    found, _, after = asked_at_once(broken)
    assert isinstance(found, Unavailable)
    assert "see the log" in str(found)
    assert after == ("does not follow the lake or its synonyms: see the log", False)

"""The made-up world as one value: catalogue, stores, shelves, offers and which needs bring which others along."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from loaders.synthetic_catalogue import Catalogue, make_catalogue
from loaders.synthetic_chance import Floats, Ints, pieces, stream
from loaders.synthetic_offers import Offers, make_offers
from loaders.synthetic_parameters import Parameters
from loaders.synthetic_stores import Shelves, Stores, make_shelves, make_stores


@dataclass(frozen=True)
class Links:
    """Needs that bring others along, `[num_links]` each, sorted by `need`; directed."""

    need: Ints
    partner: Ints
    strength: Floats
    start: Ints
    count: Ints

    def brought_along(self, need: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """For purchases that met `need`: which of them bring another need along, and which need, row by row."""
        row, position = pieces(self.count[need])
        link = self.start[need][row] + position
        is_brought = rng.random(len(link)) < self.strength[link]
        return row[is_brought], self.partner[link[is_brought]]


@dataclass(frozen=True)
class World:
    """Everything that is fixed before anybody shops."""

    params: Parameters
    seed: int
    catalogue: Catalogue
    stores: Stores
    shelves: Shelves
    offers: Offers
    links: Links

    @cached_property
    def form_word(self) -> Ints:
        """The form of each product as a row of the shop's words, 0 for the standard form, `[num_products]`."""
        words = sorted({form for category in self.params.categories for form in category.forms})
        rows = {word: row + 1 for row, word in enumerate(words)}
        forms = [[0, *(rows[form] for form in category.forms)] for category in self.params.categories]
        category = self.catalogue.needs.category[self.catalogue.need]
        pairs = zip(category, self.catalogue.form, strict=True)
        return np.array([forms[row][min(form, len(forms[row]) - 1)] for row, form in pairs], np.int64)


def make_world(params: Parameters, seed: int) -> World:
    """A world from parameters and a seed."""
    catalogue = make_catalogue(params, seed)
    return World(
        params=params,
        seed=seed,
        catalogue=catalogue,
        stores=make_stores(params, seed),
        shelves=make_shelves(catalogue, params, seed),
        offers=make_offers(catalogue, params, seed),
        links=_links(catalogue, params, stream(seed, "links")),
    )


def _links(catalogue: Catalogue, params: Parameters, rng: np.random.Generator) -> Links:
    """One or two partner needs in the linked category for every need that has products."""
    sold = np.unique(catalogue.need)
    rows = {category.name: row for row, category in enumerate(params.categories)}
    category = catalogue.needs.category
    found: dict[tuple[int, int], float] = {}
    for first, second, strength in params.words.complements:
        partners = sold[category[sold] == rows[second]]
        for need in sold[category[sold] == rows[first]]:
            most = rng.integers(params.behaviour.links_per_need[0], params.behaviour.links_per_need[1] + 1)
            for partner in rng.permutation(partners)[:most]:
                chance = strength * params.behaviour.complement_scale * rng.lognormal(0, 0.2)
                found[int(need), int(partner)] = min(float(chance), 0.85)
    pairs = np.array(sorted(found), np.int64).reshape(-1, 2)
    count = np.bincount(pairs[:, 0], minlength=len(catalogue.needs))
    return Links(
        need=pairs[:, 0],
        partner=pairs[:, 1],
        strength=np.array([found[int(a), int(b)] for a, b in pairs], np.float32),
        start=np.cumsum(count) - count,
        count=count,
    )

"""Types, which names and categories tell, and needs, which only behaviour tells."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loaders.synthetic_chance import Floats, Ints, between
from loaders.synthetic_parameters import CategoryWords, Parameters


@dataclass(frozen=True)
class ProductType:
    """A leaf of the category tree: one noun of a category, with the rows of the needs its qualifiers stand for."""

    category: CategoryWords
    noun: str
    needs: Ints

    @property
    def category_id(self) -> str:
        """The whole path."""
        return f"{self.category.department}/{self.category.name}/{self.noun}"


@dataclass(frozen=True)
class Needs:
    """What customers want, `[num_needs]` each; products of one need and form compete, names only hint at it.

    Attributes:
        category: row of the category (of the first type, where a need spans two).
        interval_days: mean days between a household's purchases.
        weight: chance weight on a need-list.
        price_beta: fall of log odds per unit of log price.
        lost_share: of demand whose wanted product is out.
        season, season_peak: amplitude, and the week of its peak.
    """

    category: Ints
    is_staple: npt.NDArray[np.bool_]
    interval_days: Floats
    weight: Floats
    price_beta: Floats
    lost_share: Floats
    season: Floats
    season_peak: Floats

    def __len__(self) -> int:
        return len(self.category)


def types_and_needs(params: Parameters, rng: np.random.Generator) -> tuple[tuple[ProductType, ...], Needs]:
    """The leaves of the tree, and the needs that each one's qualifiers are dealt to at random."""
    places = [(noun, row) for noun in range(5) for row in range(len(params.categories))]
    chosen = [(row, params.categories[row].nouns[noun]) for noun, row in places][: params.scale.types]
    types: list[ProductType] = []
    category: list[int] = []
    for row, noun in chosen:
        wanted = params.scale.needs_per_type
        words = params.categories[row]
        count = min(int(wanted) + int(rng.random() < wanted % 1), len(words.qualifiers))
        of_qualifier = len(category) + rng.permutation(np.arange(len(words.qualifiers)) % count)
        category += [row] * count
        types.append(ProductType(words, noun, of_qualifier.astype(np.int64)))
    if params.catalogue.bridge_needs:
        types = _bridged(types, params.words.bridges)
    return tuple(types), _needs(params, np.array(category), rng)


def _bridged(types: list[ProductType], bridges: list[list[str]]) -> list[ProductType]:
    """The second noun's first need becomes the first noun's: products of two categories then compete."""
    by_noun = {kind.noun: row for row, kind in enumerate(types)}
    for first, second in bridges:
        if first in by_noun and second in by_noun:
            kept, bridged = types[by_noun[first]], types[by_noun[second]]
            needs = np.where(bridged.needs == bridged.needs.min(), kept.needs.min(), bridged.needs)
            types[by_noun[second]] = ProductType(bridged.category, bridged.noun, needs)
    return types


def _needs(params: Parameters, category: Ints, rng: np.random.Generator) -> Needs:
    words = [params.categories[row] for row in category]
    count = len(words)
    behaviour = params.behaviour
    interval = np.array([entry.interval_days for entry in words]) * rng.lognormal(0, 0.2, count)
    return Needs(
        category=category.astype(np.int64),
        is_staple=np.array([entry.is_staple for entry in words]),
        interval_days=(interval * behaviour.interval_scale).astype(np.float32),
        weight=(np.array([entry.popularity for entry in words]) * rng.lognormal(0, 0.4, count)).astype(np.float32),
        price_beta=between(rng, params.prices.price_beta, count),
        lost_share=between(rng, params.stock.lost_share, count),
        season=between(rng, behaviour.season_amplitude, count),
        season_peak=rng.uniform(0, params.shop.weeks, count).astype(np.float32),
    )

"""Judged pairs of the synthetic shop: what a reviewer who knew every household would say."""

from itertools import pairwise

import numpy as np
import pyarrow as pa

from loaders.synthetic_chance import Ints, stream
from loaders.synthetic_files import names_of
from loaders.synthetic_world import World

RELATIONS = ("substitute", "complement", "none")
HARD, RANDOM, POPULAR = 6, 4, 3


def make_labels(world: World) -> tuple[pa.Table, pa.Table]:
    """Labels, and the anchors (`sku`) whose true partners are all among them.

    Substitutes share need and form, their tiers differ by one at most. Complements are of linked needs, in either
    direction. Pairs of neither kind are drawn near the anchor (its department, its need in another form), among the
    best sellers, and at random.
    """
    catalogue, rng = world.catalogue, stream(world.seed, "labels")
    count = min(world.params.scale.label_anchors, len(catalogue))
    anchors = np.sort(rng.permutation(len(catalogue))[:count])
    by_need = np.argsort(catalogue.need, kind="stable")
    bounds = np.searchsorted(catalogue.need[by_need], np.arange(len(catalogue.needs) + 1))
    members = [by_need[first:last] for first, last in pairwise(bounds)]
    linked = _linked(world)
    department = _departments(world)
    popular = np.argsort(-catalogue.needs.weight[catalogue.need] * np.exp(catalogue.appeal))[: len(catalogue) // 20 + 1]
    found = [_partners_of(int(anchor), world, members, linked, department, popular, rng) for anchor in anchors]
    first, second, relation = (np.concatenate(part) for part in zip(*found, strict=True))
    return _as_labels(first, second, relation, world), pa.table({"sku": names_of(catalogue.skus, anchors)})


def _linked(world: World) -> list[Ints]:
    """For each need, the needs linked to it in either direction."""
    found: list[set[int]] = [set() for _ in range(len(world.catalogue.needs))]
    for need, partner in zip(world.links.need, world.links.partner, strict=True):
        found[need].add(int(partner))
        found[partner].add(int(need))
    return [np.array(sorted(needs), np.int64) for needs in found]


def _departments(world: World) -> Ints:
    names = sorted({kind.category.department for kind in world.catalogue.types})
    rows = np.array([names.index(kind.category.department) for kind in world.catalogue.types])
    return rows[world.catalogue.filed]


def _partners_of(
    anchor: int,
    world: World,
    members: list[Ints],
    linked: list[Ints],
    department: Ints,
    popular: Ints,
    rng: np.random.Generator,
) -> tuple[Ints, Ints, Ints]:
    catalogue, need = world.catalogue, world.catalogue.need[anchor]
    mates = members[need]
    is_like = catalogue.form[mates] == catalogue.form[anchor]
    is_near = np.abs(catalogue.tier[mates] - catalogue.tier[anchor]) <= 1
    substitutes = mates[is_like & is_near & (mates != anchor)]
    complements = np.concatenate([np.empty(0, np.int64), *(members[other] for other in linked[need])])
    around = np.flatnonzero(department == department[anchor])
    drawn = [rng.choice(around, HARD), rng.integers(0, len(catalogue), RANDOM), rng.choice(popular, POPULAR)]
    strangers = np.unique(np.concatenate(drawn))
    is_stranger = (catalogue.need[strangers] != need) & ~np.isin(catalogue.need[strangers], linked[need])
    nones = np.concatenate([mates[~is_like], strangers[is_stranger]])
    partners = np.concatenate([substitutes, complements, nones])
    relation = np.repeat([0, 1, 2], [len(substitutes), len(complements), len(nones)])
    return np.full(len(partners), anchor), partners, relation


def _as_labels(first: Ints, second: Ints, relation: Ints, world: World) -> pa.Table:
    """Each unordered pair once, the smaller sku first, rows sorted by sku: their order tells nothing."""
    skus = world.catalogue.skus.astype(str)
    is_swapped = skus[first] > skus[second]
    low, high = np.where(is_swapped, second, first), np.where(is_swapped, first, second)
    _, kept = np.unique(low * len(skus) + high, return_index=True)
    kept = kept[np.lexsort((skus[high[kept]], skus[low[kept]]))]
    return pa.table(
        {
            "sku": names_of(world.catalogue.skus, low[kept]),
            "other_sku": names_of(world.catalogue.skus, high[kept]),
            "relation": names_of(np.array(RELATIONS, dtype=object), relation[kept]),
        }
    )

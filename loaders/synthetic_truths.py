"""The planted truths of a synthetic shop, beside its tables: written once, read for evaluation."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from loaders.synthetic_deliveries import Delays
from loaders.synthetic_files import Folder, days_from, names_of, write_json
from loaders.synthetic_labels import make_labels
from loaders.synthetic_masters import Suppliers
from loaders.synthetic_plans import promotion_ids
from loaders.synthetic_tallies import Tallies
from loaders.synthetic_world import World
from schema.errors import BadInput

TABLES = ("labels", "needs", "links", "elasticities", "lifts", "transfers", "stock_outs", "delays")


@dataclass(frozen=True)
class Truths:
    """What was planted in a synthetic shop.

    Attributes:
        labels: `sku`, `other_sku`, `relation` (substitute, complement, none), each unordered pair once, the smaller sku
            first; every true pair of each anchor in `anchors` is there.
        anchors: skus whose partners are all labelled.
        needs: `sku`, `need`, `form`, `tier`, `is_cold`; products of one need and form whose tiers differ by at most one
            are substitutes.
        links: `need`, `partner_need`, `strength`: the chance that buying for `need` brings `partner_need` along.
        elasticities: `sku`, `elasticity` (expected own-price elasticity of choices, negative), `price_beta`,
            `num_choices` (expected purchases it rests on).
        lifts: `promotion_id`, `sku`, `kind`, `lift` (expected purchases with the promotion over those without it).
        transfers: candidate `sku`, anchor `other_sku`, `transfer_share` (of the anchor's unmet demand, expected under
            the model), `num_moves` (seen); over an anchor's candidates shares and lost share sum to 1.
        stock_outs: `store_id`, `sku`, half-open `from_on`, `to_on`, `num_wanted`, `num_lost`.
        delays: `supplier_id`, `num_deliveries`, `late_share`, `mean_days_late`.
        dirt: by table, `rows` in the file, `faults` by kind, and `duplicates` and `rejected` that a loader must count.
    """

    labels: pa.Table
    anchors: frozenset[str]
    needs: pa.Table
    links: pa.Table
    elasticities: pa.Table
    lifts: pa.Table
    transfers: pa.Table
    stock_outs: pa.Table
    delays: pa.Table
    dirt: Mapping[str, Mapping[str, Any]]


def read_truths(folder: Path) -> Truths:
    """The truths of a shop made by `make_shop`, `folder` being the shop's.

    Raises:
        BadInput: if the folder holds none.
    """
    home = folder / "truths"
    if not (home / "dirt.json").is_file():
        raise BadInput("holds no planted truths.", file=folder.name, remedy="Make the shop with `make_shop` first.")
    tables = {name: pq.read_table(home / f"{name}.parquet") for name in TABLES}
    anchors = frozenset(pq.read_table(home / "anchors.parquet").column("sku").to_pylist())
    return Truths(**tables, anchors=anchors, dirt=json.loads((home / "dirt.json").read_text()))


def write_truths(folder: Folder, world: World, tallies: Tallies, suppliers: Suppliers, delays: Delays) -> None:
    """Write everything that was planted, or follows from the model in expectation."""
    home = folder.path / "truths"
    home.mkdir(exist_ok=True)
    labels, anchors = make_labels(world)
    pq.write_table(labels, home / "labels.parquet")
    pq.write_table(anchors, home / "anchors.parquet")
    for name, columns in {
        "needs": _needs(world),
        "links": _links(world),
        "elasticities": _elasticities(world, tallies),
        "lifts": _lifts(world, tallies),
        "transfers": _transfers(world, tallies),
        "stock_outs": _stock_outs(world, tallies),
        "delays": _delays(suppliers, delays),
    }.items():
        pq.write_table(pa.table(columns), home / f"{name}.parquet")
    write_json(home / "dirt.json", _dirt(folder, world))


def _needs(world: World) -> dict[str, Any]:
    catalogue = world.catalogue
    return {
        "sku": pa.array(catalogue.skus, pa.string()),
        "need": catalogue.need,
        "form": catalogue.form,
        "tier": catalogue.tier,
        "is_cold": catalogue.is_cold,
    }


def _links(world: World) -> dict[str, Any]:
    links = world.links
    return {"need": links.need, "partner_need": links.partner, "strength": links.strength}


def _elasticities(world: World, tallies: Tallies) -> dict[str, Any]:
    rows = np.flatnonzero(tallies.chosen > 0)
    return {
        "sku": names_of(world.catalogue.skus, rows),
        "elasticity": -tallies.response[rows] / tallies.chosen[rows],
        "price_beta": world.catalogue.needs.price_beta[world.catalogue.need[rows]],
        "num_choices": tallies.chosen[rows],
    }


def _lifts(world: World, tallies: Tallies) -> dict[str, Any]:
    promotions, kinds = world.offers.promotions, np.array(world.params.promotions.kinds, dtype=object)
    rows = np.flatnonzero(tallies.unlifted > 0)
    promotion = promotions.promotion[rows]
    return {
        "promotion_id": names_of(promotion_ids(len(promotions)), promotion),
        "sku": names_of(world.catalogue.skus, promotions.product[rows]),
        "kind": names_of(kinds, promotions.kind[promotion]),
        "lift": tallies.lifted[rows] / tallies.unlifted[rows],
        "num_choices": tallies.lifted[rows],
    }


def _transfers(world: World, tallies: Tallies) -> dict[str, Any]:
    wanted = np.bincount(world.shelves.product, tallies.wanted, len(world.catalogue))
    moves = list(tallies.moves())
    anchor = np.array([move[0] for move in moves], np.int64)
    return {
        "sku": names_of(world.catalogue.skus, np.array([move[1] for move in moves], np.int64)),
        "other_sku": names_of(world.catalogue.skus, anchor),
        "transfer_share": np.array([move[2] for move in moves]) / wanted[anchor],
        "num_moves": np.array([move[3] for move in moves], np.int64),
        "num_wanted": wanted[anchor].astype(np.int64),
    }


def _stock_outs(world: World, tallies: Tallies) -> dict[str, Any]:
    shelves, start = world.shelves, world.params.shop.starts_on
    rows = np.flatnonzero(shelves.out_to > 0)
    return {
        "store_id": names_of(world.stores.store_ids, shelves.store[rows]),
        "sku": names_of(world.catalogue.skus, shelves.product[rows]),
        "from_on": days_from(start, shelves.out_from[rows]),
        "to_on": days_from(start, shelves.out_to[rows]),
        "num_wanted": tallies.wanted[rows],
        "num_lost": tallies.lost[rows],
        "lost_share": world.catalogue.needs.lost_share[world.catalogue.need[shelves.product[rows]]],
    }


def _delays(suppliers: Suppliers, delays: Delays) -> dict[str, Any]:
    count = np.maximum(delays.deliveries, 1)
    return {
        "supplier_id": pa.array(suppliers.supplier_ids, pa.string()),
        "num_deliveries": delays.deliveries,
        "late_share": delays.late / count,
        "mean_days_late": delays.days_late / count,
    }


def _dirt(folder: Folder, world: World) -> dict[str, Any]:
    exact = {(fault.table, fault.kind) for fault in world.params.dirt.fault if fault.exact}
    report = {}
    for table, rows in folder.rows.items():
        faults = folder.planted[table]
        duplicates = sum(count for kind, count in faults.items() if (table, kind) in exact)
        rejected = sum(faults.values()) - duplicates
        report[table] = {"rows": rows, "faults": faults, "duplicates": duplicates, "rejected": rejected}
    return report

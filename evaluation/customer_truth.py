"""What customers bought after a cut-off, or as a test file tells it, over the known products."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq
import scipy.sparse as sp

from lake.baskets import read_baskets
from ranking.customers import CustomerBaskets, customer_baskets
from schema.errors import BadInput, EmptyWindow
from schema.tables import RetailTables

Rows = npt.NDArray[np.int64]
_COLUMNS = ("customer_id", "sku")


@dataclass(frozen=True)
class Truth:
    """What each evaluated customer is to be recommended, beside what is known of all customers.

    Attributes:
        past: baskets before the cut-off; evaluated customers have a row there even without one.
        rows: `[num_queries]` customer rows of `past`, ascending.
        wanted: `[num_queries, num_products]` float32, 1 for products bought.
        num_wanted: `[num_queries]`, products that are not in the catalogue included: those are missed by every model.
        notes: what was left out or counted as missed, a sentence each.
    """

    past: CustomerBaskets
    rows: Rows
    wanted: sp.csr_matrix
    num_wanted: Rows
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, queries: Rows) -> "Truth":
        """The given queries alone."""
        wanted, number = self.wanted[queries], self.num_wanted[queries]
        return replace(self, rows=self.rows[queries], wanted=wanted, num_wanted=number)


def sampled(truth: Truth, most: int, seed: int) -> Truth:
    """At most `most` of the queries, drawn by seed."""
    return truth.at(np.sort(np.random.default_rng(seed).permutation(len(truth))[:most]))


def held_out_truth(past: CustomerBaskets, held_out: sp.csr_matrix) -> Truth:
    """What was held out of customers' purchases `[num_customers, num_products]` as something to predict."""
    number = np.diff(held_out.indptr)
    rows = np.flatnonzero(number)
    return Truth(past, rows, sp.csr_matrix(held_out[rows]), number[rows].astype(np.int64), ())


def read_test(path: Path) -> pa.Table:
    """`customer_id, sku` of a CSV (gzip by suffix) or Parquet file, distinct.

    Raises:
        BadInput: if it cannot be read, lacks a column or holds no row.
    """
    try:
        if path.suffix == ".parquet":
            table = pq.read_table(path)
        else:
            as_text = pv.ConvertOptions(column_types=dict.fromkeys(_COLUMNS, pa.string()))
            table = pv.read_csv(path, convert_options=as_text)
    except (OSError, pa.ArrowInvalid) as error:
        remedy = "Give a CSV or Parquet file of `customer_id,sku` rows."
        raise BadInput(f"The test file cannot be read: {error}.", file=str(path), remedy=remedy) from error
    for name in _COLUMNS:
        if name not in table.column_names:
            found = ", ".join(table.column_names)
            remedy = "Name the columns customer_id and sku."
            raise BadInput(f"It has the columns {found}.", file=str(path), column=name, remedy=remedy)
    chosen = table.select(list(_COLUMNS)).cast(pa.schema([(name, pa.string()) for name in _COLUMNS])).drop_null()
    if not chosen.num_rows:
        raise BadInput("It holds no row with both.", file=str(path), remedy="Give at least one customer and product.")
    return chosen.group_by(list(_COLUMNS)).aggregate([])


def truth_of(tables: RetailTables, *, test: Path | None, as_of: date | None, is_next_only: bool) -> Truth:
    """What a test file says, or else what was bought from `as_of` on.

    Raises:
        BadInput: if neither is given, or the test file cannot be used.
        EmptyWindow: if there is nothing to learn from or nothing to predict.
    """
    if test is not None:
        return truth_of_file(tables, test, as_of=as_of)
    if as_of is None:
        raise BadInput("It is not said what is to be predicted.", remedy="Give --test FILE or --as-of DAY.")
    return truth_of_later(tables, as_of=as_of, is_next_only=is_next_only)


def truth_of_file(tables: RetailTables, test: Path, *, as_of: date | None) -> Truth:
    """What a test file says, after every purchase of the tables, or those before `as_of`.

    Raises:
        BadInput: if the file cannot be read, or shares no customer or no product with the tables.
        EmptyWindow: if no purchase with a customer is left to learn from.
    """
    wanted = read_test(test)
    past = past_of(tables, as_of=as_of, also=set(wanted.column("customer_id").to_pylist()))
    truth = _truth(past, wanted)
    known = past.num_baskets[truth.rows] > 0
    if not known.any() or not truth.wanted.nnz:
        what = "customer_id" if not known.any() else "sku"
        raise BadInput(
            f"No {what} of the test file is in the purchases and products.",
            file=str(test),
            column=what,
            remedy="Check that the test file and the tables are of one shop and spell their keys alike.",
        )
    return truth


def without_bought(truth: Truth, past: CustomerBaskets) -> Truth:
    """The same over another form of the past, without what each customer has bought before.

    Raises:
        EmptyWindow: if nothing is left.
    """
    repeats = sp.csr_matrix(truth.wanted.multiply(past.bought[truth.rows].astype(bool)))
    wanted = sp.csr_matrix(truth.wanted - repeats)
    wanted.eliminate_zeros()
    if not wanted.nnz:
        remedy = "Give products that the customers did not buy before."
        raise EmptyWindow("Every product to be predicted was bought before by its customer.", remedy=remedy)
    number = truth.num_wanted - np.diff(repeats.indptr)
    note = (f"{repeats.nnz:,} products that their customer had bought before do not count.",) if repeats.nnz else ()
    return replace(truth, past=past, wanted=wanted, num_wanted=number, notes=(*truth.notes, *note))


def truth_of_later(tables: RetailTables, *, as_of: date, is_next_only: bool) -> Truth:
    """What customers with a basket before `as_of` bought from it on: in their next basket, or in all of them.

    Raises:
        EmptyWindow: if no customer has baskets on both sides.
    """
    past = past_of(tables, as_of=as_of)
    later = customer_baskets(read_baskets(tables, from_=as_of), past.skus)
    if is_next_only:
        later = later.at(later.back == later.num_baskets[later.owners] - 1)
    customers, products = later.bought.nonzero()
    ids, skus = np.array(later.customer_ids, dtype=object), np.array(past.skus, dtype=object)
    wanted = pa.table(
        {"customer_id": pa.array(ids[customers], pa.string()), "sku": pa.array(skus[products], pa.string())}
    )
    known = wanted.filter(pc.is_in(wanted.column("customer_id"), value_set=pa.array(past.customer_ids, pa.string())))
    if not known.num_rows:
        raise EmptyWindow(
            f"No customer with a basket before {as_of} has another on it or later.",
            remedy="Choose an earlier --as-of, or give what is to be predicted by --test.",
        )
    truth = _truth(past, known)
    newcomers = later.num_customers - len(truth)
    note = (f"{newcomers:,} customers without a basket before the cut-off are left out.",) if newcomers else ()
    return replace(truth, notes=(*truth.notes, *note))


def past_of(tables: RetailTables, *, as_of: date | None, also: set[str] | None = None) -> CustomerBaskets:
    """Customers' baskets before `as_of`, or all of them, over the products of the catalogue.

    Raises:
        EmptyWindow: if none is left.
    """
    skus = sorted(set(tables.read("products", ["sku"]).column("sku").to_pylist()))
    past = customer_baskets(read_baskets(tables, before=as_of), skus, also=also or ())
    if not len(past.owners):
        before = f" before {as_of}" if as_of else ""
        raise EmptyWindow(
            f"No purchase with a customer{before} is in the tables.",
            remedy="Choose a later --as-of, or load purchases that name their customers.",
        )
    return past


def _truth(past: CustomerBaskets, wanted: pa.Table) -> Truth:
    customers = pc.index_in(wanted.column("customer_id"), value_set=pa.array(past.customer_ids, pa.string())).to_numpy()
    products = pc.index_in(wanted.column("sku"), value_set=pa.array(past.skus, pa.string()))
    products = pc.fill_null(products, -1).to_numpy()
    rows, queries = np.unique(customers, return_inverse=True)
    known = products >= 0
    shape = (len(rows), len(past.skus))
    ends = (queries[known], products[known])
    missed, strangers = int((~known).sum()), int((past.num_baskets[rows] == 0).sum())
    notes = []
    if missed:
        notes.append(f"{missed:,} of {len(known):,} wanted products are not in the catalogue and count as missed.")
    if strangers:
        notes.append(f"{strangers:,} of {len(rows):,} customers have no earlier basket and are shown what sells most.")
    return Truth(
        past=past,
        rows=rows.astype(np.int64),
        wanted=sp.csr_matrix((np.ones(int(known.sum()), np.float32), ends), shape=shape),
        num_wanted=np.bincount(queries, minlength=len(rows)),
        notes=tuple(notes),
    )

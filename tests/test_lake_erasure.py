"""Erasing a customer: their rows leave every version and every file, all other rows stay in all versions."""

import itertools
import shutil

import pyarrow.dataset as ds
import pytest
from lake_shops import PUBLISHED_AT, line, stage

from lake import erasure
from lake.store import Lake

PRODUCTS = [{"sku": sku, "name": sku} for sku in ("a", "b", "c")]
GONE = "ann@example"


class Killed(BaseException):
    """A process that ends here."""


def customers(*names):
    return [{"customer_id": name, "region": name.upper()} for name in names]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A folder of three loads: one without her, one with her among others, one where another table alone changes."""
    folder = tmp_path_factory.mktemp("loaded")
    lake = Lake(str(folder / "lake"))
    first = [line("b1", 1, "a", 1, customer_id="bob"), line("b2", 1, "b", 2, customer_id="zoe")]
    second = [line("b3", 1, "a", 3, customer_id=GONE), line("b3", 2, "b", 3, customer_id=GONE), line("b4", 1, "c", 3)]
    loads = [
        {"customers": customers("bob", "zoe"), "purchases": first},
        {"customers": customers(GONE, "bob", "zoe"), "purchases": second},
        {"customers": customers(GONE, "bob"), "purchases": [line("b5", 1, "c", 4, customer_id="bob")]},
    ]
    for number, tables in enumerate(loads):
        staged = stage(folder / str(number), {"products": PRODUCTS, **tables})
        lake.publish(staged, published_at=PUBLISHED_AT)
    return folder / "lake"


@pytest.fixture
def lake(loaded, tmp_path):
    """A copy of it for one test."""
    return Lake(str(shutil.copytree(loaded, tmp_path / "lake")))


def rows(lake, version, table):
    found = lake.read(table, version=version).drop_columns(["load_id"]).to_pylist()
    return sorted(map(str, found))


def everything(lake):
    return {
        (version, table): rows(lake, version, table)
        for version, table in itertools.product(range(1, lake.latest() + 1), ("products", "customers", "purchases"))
    }


def without_her(before):
    return {place: [row for row in found if GONE not in row] for place, found in before.items()}


def holding_her(folder):
    """Every file with her key in it, and every Parquet file with a row of hers (which compression may hide)."""
    found = [path for path in folder.rglob("*") if path.is_file() and GONE.encode() in path.read_bytes()]
    for path in folder.rglob("part-*.parquet"):
        table = ds.dataset(path).to_table()
        if "customer_id" in table.column_names and GONE in table.column("customer_id").to_pylist():
            found.append(path)
    return found


def test_her_rows_leave_every_version_and_file_and_no_other_row_does(lake, tmp_path):
    before = everything(lake)
    assert holding_her(tmp_path / "lake")
    assert lake.erase_customer(GONE) == {"customers": 2, "purchases": 2}
    assert everything(lake) == without_her(before)
    assert holding_her(tmp_path / "lake") == []
    assert lake.at(2).last_load("purchases") == lake.at(2).load_id
    assert lake.erase_customer(GONE) == {"customers": 0, "purchases": 0}
    assert everything(lake) == without_her(before)


def test_who_was_never_there_changes_nothing(lake):
    before = everything(lake)
    assert lake.erase_customer("nobody") == {"customers": 0, "purchases": 0}
    assert everything(lake) == before
    assert Lake(str(lake._folder.local / "none")).erase_customer(GONE) == {}


@pytest.mark.slow
def test_loads_go_on_afterwards_and_another_customer_can_be_erased(lake, tmp_path):
    lake.erase_customer(GONE)
    more = [line("b6", 1, "a", 5, customer_id="zoe")]
    staged = stage(tmp_path / "more", {"products": PRODUCTS, "customers": customers("bob", "zoe"), "purchases": more})
    assert lake.publish(staged, published_at=PUBLISHED_AT).version == 4
    before = everything(lake)
    assert len(before[4, "purchases"]) == 5
    lake.erase_customer("zoe")
    assert everything(lake) == {place: [row for row in found if "zoe" not in row] for place, found in before.items()}


@pytest.mark.slow
@pytest.mark.parametrize("nth", range(1, 7))
def test_killed_anywhere_nobody_reads_half_of_it_and_again_completes_it(lake, tmp_path, monkeypatch, nth):
    before, calls = everything(lake), itertools.count(1)

    def killing(place, name):
        original = getattr(place, name)

        def killed(*args, **kwargs):
            if next(calls) == nth:
                raise Killed
            return original(*args, **kwargs)

        monkeypatch.setattr(place, name, killed)

    with monkeypatch.context() as patched:
        monkeypatch = patched
        killing(erasure, "_commit_without")
        killing(erasure, "_forget_statistics")
        killing(erasure.DeltaFolder, "write")
        with pytest.raises(Killed):
            lake.erase_customer(GONE)
    halfway, clean = everything(lake), without_her(before)
    for table in ("customers", "purchases"):
        states = [[found[version, table] for version in (1, 2, 3)] for found in (halfway, before, clean)]
        assert states[0] in states[1:]
    lake.erase_customer(GONE)
    assert everything(lake) == clean
    assert holding_her(tmp_path / "lake") == []


def test_what_a_torn_load_left_goes_too(lake, tmp_path, monkeypatch):
    torn = [line("b7", 1, "a", 6, customer_id=GONE)]
    staged = stage(tmp_path / "torn", {"products": PRODUCTS, "customers": customers(GONE), "purchases": torn})
    with monkeypatch.context() as patched:
        patched.setattr("lake.store._load_row", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            lake.publish(staged, published_at=PUBLISHED_AT)
    lake.erase_customer(GONE)
    assert holding_her(tmp_path / "lake") == []

"""Making a synthetic shop: the same from the same seed, replaced whole, of parameters that are checked."""

import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loaders.staging import LoadOptions, stage
from loaders.synthetic import make_shop
from loaders.synthetic_settings import read_parameters
from loaders.synthetic_truths import read_truths
from schema.errors import BadInput, NotFound

TINY = """[shop]
weeks = 12
[scales.small]
products = 120
ranged = 100
customers = 120
customers_per_chunk = 50
types = 20
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


def content(folder: Path) -> dict[str, str]:
    hashes = {}
    for file in sorted(folder.rglob("*.parquet")):
        table = pq.read_table(file).combine_chunks()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        hashes[str(file.relative_to(folder))] = hashlib.sha256(sink.getvalue()).hexdigest()
    return hashes


def test_same_seed_and_parameters_make_the_same_shop(tmp_path: Path, tiny: Path) -> None:
    first = content(make_shop("small", seed=5, into=tmp_path / "a", params=tiny))
    again = content(make_shop("small", seed=5, into=tmp_path / "b", params=tiny))
    other = content(make_shop("small", seed=6, into=tmp_path / "c", params=tiny))
    assert first == again
    assert {name for name in first if first[name] == other[name]} <= {"categories.parquet"}


PEAK = """
import sys
from pathlib import Path
from loaders.synthetic import make_shop
make_shop(sys.argv[1], seed=0, into=Path(sys.argv[2]), params=Path(sys.argv[3]))
# What ru_maxrss tells is inherited from a large parent; the high-water mark of this process is not.
print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024)
"""


def peak_mib(scale: str, into: Path, customers: int, chunk: int) -> int:
    params = into.with_suffix(".toml")
    params.write_text(f"[scales.{scale}]\ncustomers = {customers}\ncustomers_per_chunk = {chunk}\n")
    command = [sys.executable, "-c", PEAK, scale, str(into), str(params)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
def test_memory_does_not_grow_with_customers(tmp_path: Path) -> None:
    few = peak_mib("medium", tmp_path / "few", 2_000, 1_000)
    many = peak_mib("medium", tmp_path / "many", 8_000, 1_000)
    assert many < 1.15 * few < 1_024


def test_a_shop_is_replaced_whole_and_nothing_else_is(tmp_path: Path, tiny: Path) -> None:
    into = make_shop("small", seed=1, into=tmp_path / "shop", params=tiny)
    before = content(into)
    (tmp_path / "shop.part").mkdir()
    (tmp_path / "shop.part" / "left.parquet").write_text("from a run that was killed")
    assert content(make_shop("small", seed=1, into=into, params=tiny)) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(BadInput, match="no synthetic shop"):
        make_shop("small", seed=1, into=tmp_path / "mine", params=tiny)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_progress_reaches_its_total(tmp_path: Path, tiny: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    make_shop("small", seed=1, into=tmp_path / "shop", params=tiny, progress=lambda *step: told.append(step))
    ends = {stage: (done, total) for stage, done, total in told}
    assert len(ends) == 3
    assert all(done == total for done, total in ends.values())
    assert Counter(stage for stage, *_ in told)["Customers shop"] == 3


def test_parameters_that_are_not_known_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="huge"):
        read_parameters("huge")
    overlay = tmp_path / "mine.toml"
    overlay.write_text("[behaviour]\ntaste_of_brands = 2\n")
    with pytest.raises(BadInput, match="taste_of_brands"):
        read_parameters("small", overlay)
    overlay.write_text("[behaviour\n")
    with pytest.raises(BadInput, match=r"mine\.toml"):
        read_parameters("small", overlay)
    overlay.write_text("[stock]\nout_share = 0.5\n")
    assert read_parameters("small", overlay).stock.out_share == 0.5
    assert read_parameters("small", overlay).stock.out_weeks == read_parameters("small").stock.out_weeks


def test_parameters_of_the_wrong_type_are_named(tmp_path: Path) -> None:
    overlay = tmp_path / "mine.toml"
    overlay.write_text('[scales.small]\ntrips = "many"\n')
    with pytest.raises(BadInput, match="trips"):
        read_parameters("small", overlay)
    overlay.write_text("[scales.small]\ntrips = 4\n")
    assert read_parameters("small", overlay).scale.trips == 4


STRANGE = {
    "one store, few brands": "stores = 1\nbrands = 6",
    "many stores, nobody online": "stores = 45\nonline_share = 0.0",
    "every type there is, few customers": "types = 380\nproducts = 400\nranged = 390\ncustomers = 2",
}


@pytest.mark.slow
@pytest.mark.parametrize("words", STRANGE.values(), ids=list(STRANGE))
def test_shops_of_strange_parameters_load_cleanly(tmp_path: Path, words: str) -> None:
    overlay = tmp_path / "strange.toml"
    given = {line.split(" = ")[0]: line for line in [*TINY.splitlines()[3:], *words.splitlines()]}
    overlay.write_text("[scales.small]\n" + "\n".join(given.values()) + "\n[dirt]\nscale = 0\n[shop]\nweeks = 12\n")
    shop = make_shop("small", seed=2, into=tmp_path / "shop", params=overlay)
    staged = stage("retail-tables", shop, into=tmp_path / "staged", options=LoadOptions())
    assert all(tally.kept == tally.read for tally in staged.tallies.values())
    assert read_truths(shop).labels.num_rows > 0


def test_more_products_than_words_can_name_are_refused(tmp_path: Path) -> None:
    overlay = tmp_path / "crowd.toml"
    overlay.write_text("[scales.small]\nproducts = 30_000\n")
    with pytest.raises(BadInput, match="can name"):
        make_shop("small", seed=0, into=tmp_path / "shop", params=overlay)
    assert not (tmp_path / "shop").exists()

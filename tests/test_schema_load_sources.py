"""Load sources: whatever a caller names, nothing outside the operator's folder is found."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import BadInput, NotFound
from schema.load_sources import LoadSource, load_sources

OUT = ["..", "../x", "a/../../x", "/etc", "//etc", "~", "~root/x", "a\\..\\b", "", "a\0b", "a\nb", "x" * 501, "."]


@pytest.fixture
def source(tmp_path):
    root = tmp_path / "exports"
    (root / "may" / "first").mkdir(parents=True)
    (root / "file.csv").write_text("sku\n")
    (tmp_path / "secret").mkdir()
    (root / "way-out").symlink_to(tmp_path / "secret")
    (root / "round").symlink_to(root / "may")
    return LoadSource("retail-tables", root)


def test_a_folder_below_is_found_and_the_source_itself(source):
    assert source.folder(None) == source.path
    assert source.folder("may/first") == source.path / "may" / "first"
    assert source.folder("round/first") == source.path / "may" / "first"


@pytest.mark.parametrize("below", OUT)
def test_a_way_out_is_refused(source, below):
    with pytest.raises(BadInput):
        source.folder(below)


@pytest.mark.parametrize("below", ["way-out", "nothing", "file.csv", "x" * 400, "way-out/deeper"])
def test_what_is_elsewhere_is_told_like_what_is_not_there(source, below):
    with pytest.raises(NotFound) as told:
        source.folder(below)
    assert str(source.path.parent) not in str(told.value)


@given(st.lists(st.sampled_from(["..", ".", "may", "first", "way-out", "/", "~", "\0", "C:", "secret"]), max_size=6))
def test_nothing_outside_is_ever_found(parts):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "exports"
        (root / "may" / "first").mkdir(parents=True)
        (Path(folder) / "secret").mkdir()
        (root / "way-out").symlink_to(Path(folder) / "secret")
        try:
            found = LoadSource("retail-tables", root).folder("/".join(parts))
        except (BadInput, NotFound):
            return
        assert found.is_relative_to(root)


def test_the_setting_names_loader_and_path():
    told = load_sources({"nightly": "retail-tables /srv/my exports", "toy": "synthetic small"})
    assert told["nightly"] == LoadSource("retail-tables", Path("/srv/my exports"))
    assert told["toy"].folder(None) == Path("small")


@pytest.mark.parametrize("text", ["", "retail-tables", "retail-tables  ", " "])
def test_a_setting_without_a_path_is_told(text):
    with pytest.raises(BadInput, match="SHELFGRAPH_LOADS"):
        load_sources({"nightly": text})

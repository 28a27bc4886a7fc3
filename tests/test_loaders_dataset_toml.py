"""What a folder says of itself in `dataset.toml`: timezone, currency, modes, its window and how fresh it must be."""

from datetime import UTC, datetime

import pytest
from loader_shops import RETAIL, TILL, load, write_shop

from loaders.staging import LoadOptions
from schema.errors import BadInput


def test_naive_instants_are_in_the_folders_timezone(tmp_path):
    folder = write_shop(TILL, tmp_path / "raw")
    (folder / "dataset.toml").write_text('timezone = "Europe/Paris"\n')
    first = load(folder, tmp_path / "into").read("purchases")["bought_at"][0].as_py()
    assert first == datetime(2024, 2, 1, 9, tzinfo=UTC)


def test_dataset_toml_is_read(tmp_path):
    folder = write_shop(TILL, tmp_path / "raw")
    (folder / "dataset.toml").write_text(
        'name = "Corner shop"\nfirst_weekday = "Sunday"\n[prices]\nmode = "append"\n[tables.stores]\nmode = "full"\n'
    )
    info = load(folder, tmp_path / "into").info
    assert (info.name, info.first_weekday, info.mode("prices"), info.mode("purchases")) == (
        "Corner shop",
        6,
        "append",
        "append",
    )


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("curency = 'EUR'", "curency"),
        ("currency = 'euro'", "currency"),
        ("timezone = 'Paris'", "timezone"),
        ("first_weekday = 7", "first_weekday"),
        ("[prices]\nmode = 'all'", "prices.mode"),
        ("[tables.price]\nmode = 'full'", "price"),
        ("first_on = 2024-01-01\nlast_on = 2023-01-01", "first_on"),
        ("[purchases]\nfresh_within_days = -1", "purchases.fresh_within_days"),
        ("name = 3", "name"),
        ("name = ", None),
    ],
)
def test_bad_settings_are_told(text, column, tmp_path):
    folder = write_shop(TILL, tmp_path / "raw")
    (folder / "dataset.toml").write_text(text)
    with pytest.raises(BadInput) as told:
        load(folder, tmp_path / "into")
    assert (told.value.file, told.value.column) == ("dataset.toml", column)
    assert told.value.remedy


def test_days_outside_the_declared_window_are_rejected(tmp_path):
    folder = write_shop(TILL, tmp_path / "raw")
    (folder / "dataset.toml").write_text("first_on = 2023-01-01\nlast_on = 2024-02-05\n")
    tables = load(folder, tmp_path / "into")
    kept = tables.read("purchases")["bought_at"].to_pylist()
    assert kept
    assert all(at < datetime(2024, 2, 5, tzinfo=UTC) for at in kept)
    assert "lies outside 2023-01-01 to 2024-02-05" in tables.tallies["purchases"].rules


def test_stale_tables_and_odd_volumes_are_noted(tmp_path):
    shop = RETAIL | {"stocks": [["store_id", "sku", "counted_at", "on_hand_units"], ["p", "s1", "2023-01-01", "3"]]}
    folder = write_shop(shop, tmp_path / "raw")
    (folder / "dataset.toml").write_text("[stocks]\nfresh_within_days = 30\n[purchases]\nfresh_within_days = 30\n")
    notes = load(folder, tmp_path / "into", LoadOptions(previous_rows={"purchases": 100, "stores": 2})).notes
    assert [note.split(":")[0] for note in notes] == ["stocks", "purchases"]

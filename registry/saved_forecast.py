"""A forecast as files of a model version: two Arrow columns of keys, and arrays that are mapped."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from registry.arrow_files import read_table, write_table
from schema.demand import SavedForecast
from schema.demand_days import SavedDays

ARRAYS = ("starts", "stores", "weeks", "units", "base", "drivers", "past")
DAYS = ("usual", "special", "groups", "velocity", "bounds", "factors", "uneven", "planned")
SCALE, OF_DAYS = "scale_", "days_"


def write_forecast(folder: Path, forecast: SavedForecast) -> None:
    """Write a forecast into a new folder."""
    folder.mkdir()
    for name in ("skus", "store_ids"):
        write_table(folder / f"{name}.arrow", pa.table({name: getattr(forecast, name)}))
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", np.ascontiguousarray(getattr(forecast, name)))
    for name, values in forecast.scale.items():
        np.save(folder / f"{SCALE}{name}.npy", values)
    for name in DAYS if forecast.days is not None else ():
        np.save(folder / f"{OF_DAYS}{name}.npy", np.ascontiguousarray(getattr(forecast.days, name)))


def read_forecast(folder: Path) -> SavedForecast | None:
    """The forecast of a folder, memory-mapped; None where there is none."""
    if not folder.exists():
        return None
    skus, store_ids = (
        read_table(folder / f"{name}.arrow").column(name).combine_chunks() for name in ("skus", "store_ids")
    )
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    scale = {path.stem.removeprefix(SCALE): np.load(path) for path in sorted(folder.glob(f"{SCALE}*.npy"))}
    # Versions of before days had plans of their own lack the arrays of those.
    files = {name: path for name in DAYS if (path := folder / f"{OF_DAYS}{name}.npy").exists()}
    days = SavedDays(**{name: np.load(path, mmap_mode="r") for name, path in files.items()}) if files else None
    return SavedForecast(skus=skus, store_ids=store_ids, scale=scale, days=days, **arrays)

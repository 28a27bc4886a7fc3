"""The synthetic shop's receipt lines as its tests count them."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq


def read_lines(shop: Path) -> pd.DataFrame:
    """Every good line of every receipt, with its week since the first day."""
    lines = pq.read_table(shop / "purchases.parquet").to_pandas()
    lines = lines[
        (lines.units > 0) & (lines.bought_at > pd.Timestamp(2000, 1, 1, tz="UTC")) & (lines.sku != "NO-SUCH-SKU")
    ]
    local = lines.bought_at.dt.tz_convert("Europe/Paris").dt.tz_localize(None)
    return lines.assign(week=(local - pd.Timestamp(2024, 1, 1)).dt.days // 7)

"""Retraining: what it hands over to learning."""

from lake_shops import PUBLISHED_AT, stage

from jobs.retrain import people_labels
from lake.store import Lake


def test_what_people_said_of_pairs_is_learnt_from(tmp_path):
    products = [{"sku": sku} for sku in "abc"]
    lake = Lake(str(tmp_path / "lake"))
    lake.publish(stage(tmp_path, {"products": products}), published_at=PUBLISHED_AT)
    assert people_labels(lake.at(1)) is None
    said = [
        {"sku": "a", "other_sku": "b", "relation": "substitute"},
        {"sku": "c", "other_sku": "b", "relation": "none"},
    ]
    lake.publish(stage(tmp_path, {"products": products, "labels": said}), published_at=PUBLISHED_AT)
    assert people_labels(lake.at(2)).sort_by("sku").to_pylist() == said

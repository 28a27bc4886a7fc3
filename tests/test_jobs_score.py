"""Scores for every customer are what each is offered, in a file that appears whole or not at all."""

import pyarrow.parquet as pq
import pytest
from service_shop import MODEL_VERSION, moment

from decisions.recommend import recommend
from jobs.score import SCORES_SCHEMA, write_scores
from schema.decisions import Bought, Request

BLOCKS = [
    {"ann": [Bought("spaghetti", 2.0), Bought("beer", 1.0)], "bob": []},
    {"cid": [Bought("gone", 1.0)]},
]


def test_scores_are_what_a_customer_is_offered(tmp_path):
    now, told = moment(), []
    target = tmp_path / "scores.parquet"
    number = write_scores(BLOCKS, now, first=3, target=target, progress=lambda *seen: told.append(seen))
    table = pq.read_table(target)
    assert (number, table.schema, told) == (3, SCORES_SCHEMA, [("scoring customers", 2), ("scoring customers", 3)])
    for customer_id, history in (BLOCKS[0] | BLOCKS[1]).items():
        answer = recommend(Request(customer_id=customer_id), first=3, moment=now, history=history)
        rows = [row for row in table.to_pylist() if row["customer_id"] == customer_id]
        assert answer.model_version == MODEL_VERSION
        assert [row["sku"] for row in rows] == [offer.sku for offer in answer.offers]
        assert [row["rank"] for row in rows] == [1, 2, 3]
        assert [row["score"] for row in rows] == pytest.approx([offer.score for offer in answer.offers])


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    def breaking():
        yield BLOCKS[0]
        raise OSError("the graph is gone")

    target = tmp_path / "scores.parquet"
    target.write_bytes(b"what stood before")
    with pytest.raises(OSError, match="gone"):
        write_scores(breaking(), moment(), first=3, target=target)
    assert target.read_bytes() == b"what stood before"
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]

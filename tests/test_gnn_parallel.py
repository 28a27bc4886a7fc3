import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from test_gnn_training import QUICK, shop

from gnn.heads import assist
from gnn.parallel import crew, shard, whole
from gnn.steady import best_device
from gnn.training import fit
from schema.errors import Unavailable

DRAWN = replace(QUICK, max_candidates=14, drawn_candidates=14, trunk_candidates=14)


def test_a_process_alone_takes_every_row():
    assert shard(7) == slice(0, 7)
    part = torch.ones(3, 2)
    assert whole(part, 3) is part
    with crew("cpu") as is_first:
        assert is_first


def test_a_missing_graphics_card_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert best_device("auto") == "cpu"
    with pytest.raises(Unavailable, match="graphics card"):
        best_device("cuda")


@pytest.mark.slow
@pytest.mark.parametrize("which", ["exact", "drawn"])
def test_two_processes_learn_the_model_of_one(which, tmp_path):
    settings = {"exact": QUICK, "drawn": DRAWN}[which]
    alone = fit(shop(), settings=settings)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, str(Path(__file__)), which, str(tmp_path / "vectors.npz")],
        env={"PYTHONPATH": str(Path(__file__).parent.parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    shared = np.load(tmp_path / "vectors.npz")
    for relation in ("substitute", "complement"):
        # Compared as scores: a number that all candidates have more of changes no softmax, and only rounding moves it.
        ends = f"{relation}_anchor", f"{relation}_candidate"
        own, theirs = (spaces[ends[0]] @ spaces[ends[1]].T for spaces in (alone.embeddings.spaces, shared))
        assert theirs == pytest.approx(own, abs=1e-4)


def _as_one_of_two(which: str, target: str) -> None:
    with crew("cpu") as is_first:
        if not is_first:
            assist()
            return
        trained = fit(shop(), settings={"exact": QUICK, "drawn": DRAWN}[which])
    np.savez(target, **trained.embeddings.spaces)


if __name__ == "__main__":
    _as_one_of_two(*sys.argv[1:])

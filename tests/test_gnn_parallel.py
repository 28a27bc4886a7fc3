"""Several processes learn what one learns, and a missing graphics card is told."""

import os
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
BOTH = {"exact": QUICK, "drawn": DRAWN}


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


@pytest.fixture(scope="module")
def shared_vectors(tmp_path_factory):
    """Where two processes left the vectors that they learnt together, by the name of the settings."""
    folder = tmp_path_factory.mktemp("shared")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, str(Path(__file__)), str(folder)],
        # What the machine says of its processor, as numerical libraries read it, has to be the same for both.
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("which", BOTH)
def test_two_processes_learn_the_model_of_one(which, shared_vectors):
    alone = fit(shop(), settings=BOTH[which])
    shared = np.load(shared_vectors / f"{which}.npz")
    for relation in ("substitute", "complement"):
        # Compared as scores: a number that all candidates have more of changes no softmax, and only rounding moves it.
        ends = f"{relation}_anchor", f"{relation}_candidate"
        own, theirs = (spaces[ends[0]] @ spaces[ends[1]].T for spaces in (alone.embeddings.spaces, shared))
        assert theirs == pytest.approx(own, abs=1e-4)


def _as_one_of_two(folder: str) -> None:
    with crew("cpu") as is_first:
        if not is_first:
            assist()
            return
        trained = {which: fit(shop(), settings=settings) for which, settings in BOTH.items()}
    for which, model in trained.items():
        np.savez(Path(folder) / f"{which}.npz", **model.embeddings.spaces)


if __name__ == "__main__":
    _as_one_of_two(*sys.argv[1:])

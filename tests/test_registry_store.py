"""Registry: what is saved is what is loaded, a version is its content, and nothing half-made is ever seen."""

import signal
from pathlib import Path

import numpy as np
import own_process
import pyarrow as pa
import pytest

from registry.store import Registry
from schema.artefact import Artefact
from schema.embeddings import EmbeddingTable
from schema.errors import NotFound, NotTrained, Tampered
from schema.relations import RELATION_SCHEMA, Relations


def save(registry: Registry, *, seed: int = 0) -> Artefact:
    vectors = np.random.default_rng(seed).normal(size=(3, 4)).astype(np.float32)
    row = {"relation": "COMPLEMENTS", "other_sku": "a", "rank": 1, "sku": "b", "probability": 0.5}
    return registry.save(
        relations=Relations(pa.Table.from_pylist([row], schema=RELATION_SCHEMA), is_calibrated=False),
        embeddings=EmbeddingTable(("a", "b", "c"), {"complement_anchor": vectors, "complement_candidate": -vectors}),
        popularity=pa.table({"sku": ["a"], "num_baskets": pa.array([2.0], pa.float32())}),
        manifest={"seed": seed},
    )


def test_what_is_saved_is_what_is_loaded(tmp_path):
    registry = Registry(tmp_path)
    saved = save(registry)
    loaded = registry.load(saved.model_version)
    assert loaded.relations.table.equals(saved.relations.table)
    assert loaded.relations.of("a", "COMPLEMENTS").column("sku").to_pylist() == ["b"]
    assert np.array_equal(loaded.embeddings.spaces["complement_anchor"], saved.embeddings.spaces["complement_anchor"])
    assert loaded.manifest["seed"] == 0
    assert loaded.relations.model_version == loaded.model_version


def test_a_version_is_its_content(tmp_path):
    registry = Registry(tmp_path)
    first = save(registry).model_version
    assert save(registry).model_version == first
    assert save(registry, seed=1).model_version != first
    assert len(registry.versions()) == 2


def test_the_champion_is_served_and_can_go_back(tmp_path):
    registry = Registry(tmp_path)
    with pytest.raises(NotTrained):
        registry.load()
    old, new = save(registry).model_version, save(registry, seed=1).model_version
    registry.promote(new)
    assert registry.load().model_version == new
    registry.promote(old)
    assert registry.load().model_version == old
    with pytest.raises(NotFound, match="no model version nothing"):
        registry.promote("nothing")


@pytest.mark.parametrize("name", ["relations.arrow", "complement_anchor.npy", "skus.arrow"])
def test_a_changed_byte_is_named(tmp_path, name):
    version = save(Registry(tmp_path)).model_version
    path = tmp_path / version / name
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    with pytest.raises(Tampered, match=name):
        Registry(tmp_path).load(version)


def promote_dying(folder: Path, victim: str) -> None:
    own_process.die_at(victim, 1, "before")
    registry = Registry(folder)
    registry.promote(save(registry, seed=1).model_version)


@pytest.mark.slow
@pytest.mark.parametrize(
    "victim", ["numpy.save", "registry.store._sync", "pathlib.Path.rename", "pathlib.Path.replace"]
)
def test_killed_while_saving_or_promoting_leaves_the_old_champion_whole(tmp_path, victim):
    old = save(Registry(tmp_path)).model_version
    Registry(tmp_path).promote(old)
    assert own_process.ended(promote_dying, tmp_path, victim) == -signal.SIGKILL
    assert Registry(tmp_path).load().model_version == old
    assert save(Registry(tmp_path), seed=1).model_version in Registry(tmp_path).versions()

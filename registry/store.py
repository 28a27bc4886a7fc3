"""Registry: immutable model versions in one folder and the pointer to the champion."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa

from registry.arrow_files import read_table, write_table
from registry.saved_forecast import read_forecast, write_forecast
from schema.artefact import Artefact
from schema.demand import SavedForecast
from schema.embeddings import EmbeddingTable, Space
from schema.errors import NotFound, NotTrained, Tampered
from schema.ranker import SavedRanker
from schema.relations import Relations

MANIFEST = "manifest.json"
CHAMPION = "champion"
RANKER = "ranker"
FORECAST = "forecast"


class Registry:
    """Saves and opens artefacts below `root`; a version is a folder named by the hash of what is in it.

    A version appears by one rename and the champion by another, so that a reader never sees half of either.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def save(
        self,
        *,
        relations: Relations,
        embeddings: EmbeddingTable,
        popularity: pa.Table,
        manifest: Mapping[str, Any],
        ranker: SavedRanker | None = None,
        forecast: SavedForecast | None = None,
    ) -> Artefact:
        """The artefact as saved; saving equal content again changes nothing and answers the same version."""
        self.root.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=self.root))
        try:
            write_table(part / "relations.arrow", relations.table)
            write_table(part / "popularity.arrow", popularity)
            write_table(part / "skus.arrow", pa.table({"sku": pa.array(embeddings.skus, pa.string())}))
            for space, vectors in embeddings.spaces.items():
                np.save(part / f"{space}.npy", np.ascontiguousarray(vectors, dtype=np.float32))
            if ranker is not None:
                _write_ranker(part / RANKER, ranker)
            if forecast is not None:
                write_forecast(part / FORECAST, forecast)
            files = {str(path.relative_to(part)): _sha256(path) for path in _files(part)}
            version = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:12]
            body = {**manifest, "files": files, "is_calibrated": relations.is_calibrated, "model_version": version}
            (part / MANIFEST).write_text(json.dumps(body, indent=1, sort_keys=True, default=str))
            self._install(part, version)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return self.load(version)

    def _install(self, part: Path, version: str) -> None:
        if not (self.root / version / MANIFEST).exists():
            for path in _files(part):
                _sync(path)
            part.chmod(0o755)
            part.rename(self.root / version)

    def load(self, version: str | None = None) -> Artefact:
        """A version, memory-mapped; the champion where none is named.

        Raises:
            NotTrained: if none is named and there is no champion.
            NotFound: if there is no such version.
            Tampered: if a file's content is not what the manifest says.
        """
        version = version or self.champion()
        if version is None:
            raise NotTrained
        folder, manifest = self.root / version, self.manifest(version)
        _verify(folder, manifest["files"])
        spaces = {cast(Space, path.stem): np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))}
        skus = tuple(read_table(folder / "skus.arrow").column("sku").to_pylist())
        relations = read_table(folder / "relations.arrow")
        return Artefact(
            model_version=version,
            relations=Relations(relations, is_calibrated=manifest["is_calibrated"], model_version=version),
            embeddings=EmbeddingTable(skus=skus, spaces=spaces),
            popularity=read_table(folder / "popularity.arrow"),
            manifest=manifest,
            ranker=_read_ranker(folder / RANKER),
            forecast=read_forecast(folder / FORECAST),
        )

    def manifest(self, version: str) -> dict[str, Any]:
        """What a version's manifest says, its files unread.

        Raises:
            NotFound: if there is no such version.
        """
        path = self.root / version / MANIFEST
        if not path.exists():
            raise NotFound("model version", version, near=self.versions())
        return cast(dict[str, Any], json.loads(path.read_text()))

    def saved_at(self, version: str) -> datetime:
        """When a version was saved here, aware.

        Raises:
            NotFound: if there is no such version.
        """
        self.manifest(version)
        return datetime.fromtimestamp((self.root / version / MANIFEST).stat().st_mtime, UTC)

    def promote(self, version: str) -> None:
        """Make a saved version the champion, in one step.

        Raises:
            NotFound: if there is no such version.
        """
        if version not in self.versions():
            raise NotFound("model version", version, near=self.versions())
        part = self.root / f"{CHAMPION}.part"
        part.write_text(version)
        _sync(part)
        part.replace(self.root / CHAMPION)

    def champion(self) -> str | None:
        """The version that is served; None before the first is promoted."""
        pointer = self.root / CHAMPION
        return pointer.read_text().strip() if pointer.exists() else None

    def versions(self) -> list[str]:
        """Every saved version, oldest first."""
        found = [path.parent for path in self.root.glob(f"[!.]*/{MANIFEST}")]
        return [path.name for path in sorted(found, key=lambda folder: (folder.stat().st_mtime_ns, folder.name))]


def _write_ranker(folder: Path, ranker: SavedRanker) -> None:
    folder.mkdir()
    for name, array in ranker.arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array))
    for name, text in ranker.texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def _read_ranker(folder: Path) -> SavedRanker | None:
    if not folder.exists():
        return None
    arrays = {path.stem: np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))}
    return SavedRanker(arrays, {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.txt"))})


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _verify(folder: Path, files: Mapping[str, str]) -> None:
    for name, expected in files.items():
        path = folder / name
        found = _sha256(path) if path.exists() else "nothing"
        if found != expected:
            raise Tampered(
                f"{path}: expected sha256 {expected[:12]}…, found {found[:12]}….",
                remedy="Restore the file, or train again and promote the new version.",
            )

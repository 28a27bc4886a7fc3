"""A hash of what tables hold, whatever files and batches it came in."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schema.tables import DatasetInfo


class TableHash:
    """sha256 over a table's canonical values in row order, fed a batch at a time; where batches end is no matter."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._columns = [(hashlib.sha256(), hashlib.sha256(), hashlib.sha256()) for _ in schema]

    def update(self, rows: pa.Table) -> None:
        """Add some rows, columns as in the schema."""
        for (validity, lengths, data), column in zip(self._columns, rows.columns, strict=True):
            for chunk in column.chunks:
                validity.update(pc.cast(pc.is_valid(chunk), pa.uint8()).to_numpy(zero_copy_only=False).data)
                _feed(chunk, lengths, data)

    def hexdigest(self) -> str:
        """64 hex digits over names, types and values."""
        whole = hashlib.sha256(str(self._schema).encode())
        for column in self._columns:
            for part in column:
                whole.update(part.digest())
        return whole.hexdigest()


def _feed(chunk: pa.Array, lengths: Any, data: Any) -> None:
    if pa.types.is_string(chunk.type):
        filled = pc.fill_null(chunk, "")
        lengths.update(pc.binary_length(filled).to_numpy(zero_copy_only=False).data)
        data.update(_characters(filled))
    else:
        data.update(_bits(chunk).to_numpy(zero_copy_only=False).data)


def _characters(texts: pa.Array) -> memoryview:
    """The bytes of all texts, one after another."""
    _, ends, content = texts.buffers()
    if content is None or len(texts) == 0:
        return memoryview(b"")
    offsets = pa.Array.from_buffers(pa.int32(), len(texts) + 1, [None, ends], offset=texts.offset)
    return memoryview(content)[offsets[0].as_py() : offsets[-1].as_py()]


def _bits(chunk: pa.Array) -> pa.Array:
    """Numbers of fixed width that stand for the values, null and -0.0 as 0."""
    if pa.types.is_floating(chunk.type):
        return pc.add(pc.fill_null(chunk, 0.0), 0.0)
    if pa.types.is_boolean(chunk.type):
        return pc.fill_null(pc.cast(chunk, pa.uint8()), 0)
    width = pa.int32() if pa.types.is_date(chunk.type) else pa.int64()
    return pc.fill_null(chunk.cast(width), 0)


def load_id(info: DatasetInfo, digests: Mapping[str, str]) -> str:
    """16 hex digits over source name, settings and each table's digest."""
    body = json.dumps({"info": asdict(info), "tables": dict(digests)}, sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()[:16]

"""Columns that a table's spec does not know, kept as one JSON object a row."""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from loaders.casting import as_text

_BETWEEN: Final = ", "
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"'} | {chr(code): f"\\u{code:04x}" for code in range(32)}


def attributes_of(rows: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    """The columns of those names as a JSON object of texts, names in order; null where all are empty."""
    empty = pa.scalar(None, pa.string())
    if not names:
        return pa.chunked_array([pa.nulls(rows.num_rows, pa.string())])
    pairs = [_pair(name, as_text(rows.column(name))) for name in sorted(names)]
    joined = pc.utf8_slice_codeunits(pc.binary_join_element_wise(*pairs, ""), len(_BETWEEN))
    return pc.if_else(pc.equal(joined, ""), empty, pc.binary_join_element_wise("{", joined, "}", ""))


def _pair(name: str, text: pa.ChunkedArray) -> pa.ChunkedArray:
    """The name and each value as they stand within an object, after a separator; empty where the value is null."""
    key = name
    for raw, escaped in _ESCAPES.items():
        key = key.replace(raw, escaped)
    return pc.fill_null(pc.binary_join_element_wise(f'{_BETWEEN}"{key}": "', _escape(text), '"', ""), "")


def _escape(text: pa.ChunkedArray) -> pa.ChunkedArray:
    needs_it = pc.any(pc.match_substring_regex(text, r'[\x00-\x1f"\\]')).as_py()
    if needs_it:
        for raw, escaped in _ESCAPES.items():
            text = pc.replace_substring(text, raw, escaped)
    return text

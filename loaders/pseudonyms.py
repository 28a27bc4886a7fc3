"""No name, address or e-mail comes in: columns that look like one are refused, or dropped and the ids hashed."""

import hashlib
import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from loaders.casting import as_text
from loaders.intake import Intake
from loaders.rejects import FILE
from schema.errors import BadInput
from schema.table_specs import TableSpec

_OF_CUSTOMERS: Final = re.compile(
    r"(^|_)(full|first|last|sur|given|family|maiden)?_?name(s)?($|_)|address|street|(^|_)(zip|post)_?(al)?_?code"
    r"|e?_?mail|phone|mobile|birth|passport|iban",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(
    r"e_?mail|phone|(customer|shopper|household|first|last|sur|full)_?name|(customer|billing|home)_?address",
    re.IGNORECASE,
)
_EMAIL: Final = r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"


def without_persons(rows: pa.Table, spec: TableSpec, intake: Intake) -> pa.Table:
    """The rows, pseudonymised if that was asked for.

    Raises:
        BadInput: if it was not, and a column looks like a person's name, address, telephone or e-mail.
    """
    named = _telling_columns(rows, spec)
    if not intake.options.pseudonymise:
        _refuse(rows, spec, named)
        return rows
    if named:
        intake.note(f"{spec.name}: dropped for pseudonymity: {', '.join(named)}.")
        rows = rows.drop_columns(named)
    if "customer_id" in rows.column_names:
        position = rows.column_names.index("customer_id")
        rows = rows.set_column(position, "customer_id", _hashed(rows.column("customer_id"), intake.dataset.info.name))
    return rows


def _telling_columns(rows: pa.Table, spec: TableSpec) -> list[str]:
    if "customer_id" not in spec.names:
        return []
    pattern = _OF_CUSTOMERS if spec.name == "customers" else _ELSEWHERE
    return [name for name in rows.column_names if name not in spec.names and pattern.search(name)]


def _refuse(rows: pa.Table, spec: TableSpec, named: list[str]) -> None:
    suspects = named or [name for name in ("customer_id", "segment") if _holds_email(rows, name, spec)]
    if suspects:
        raise BadInput(
            "looks like a person's name, address or e-mail, which Shelfgraph does not take in.",
            file=rows.column(FILE)[0].as_py() if rows.num_rows else spec.name,
            line=1,
            column=suspects[0],
            remedy="Remove it, or load with --pseudonymise.",
        )


def _holds_email(rows: pa.Table, name: str, spec: TableSpec) -> bool:
    if name not in rows.column_names or name not in spec.names:
        return False
    text = as_text(rows.column(name).slice(0, 1000))
    return bool(pc.any(pc.match_substring_regex(text, _EMAIL)).as_py())


def _hashed(ids: pa.ChunkedArray, salt: str) -> pa.ChunkedArray:
    """Each id as 16 hex digits that are the same wherever the same id stands in datasets of the same name."""
    codes = as_text(ids).combine_chunks().dictionary_encode()
    hashes = [hashlib.sha256(f"{salt}\0{text}".encode()).hexdigest()[:16] for text in codes.dictionary.to_pylist()]
    return pa.chunked_array([pc.take(pa.array(hashes, pa.string()), codes.indices)])

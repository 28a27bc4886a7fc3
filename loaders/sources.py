"""Every source that can be loaded, by name, and a hash of its raw files."""

import difflib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from loaders.breakfast_at_the_frat import BREAKFAST_AT_THE_FRAT
from loaders.complete_journey import COMPLETE_JOURNEY
from loaders.intake import LoadOptions, Source
from loaders.online_retail import ONLINE_RETAIL
from loaders.retail_tables import RETAIL_TABLES
from schema.errors import NotFound

SOURCES: Final[Mapping[str, Source]] = {
    source.name: source for source in (COMPLETE_JOURNEY, ONLINE_RETAIL, BREAKFAST_AT_THE_FRAT, RETAIL_TABLES)
}
_STAGING_FORM: Final = 1
"""Raised when staging makes other tables of the same files, so that nobody reuses the old ones."""


def source_named(name: str) -> Source:
    """The source of that name.

    Raises:
        NotFound: naming those that look alike.
    """
    if name not in SOURCES:
        near = difflib.get_close_matches(name, SOURCES, n=4, cutoff=0.3) or list(SOURCES)
        raise NotFound("source", name, near=near)
    return SOURCES[name]


def source_hash(source: str, path: Path, options: LoadOptions) -> str:
    """64 hex digits that change when the raw files, the options or the staging's form change.

    Raises:
        BadInput: if a file is missing.
        NotFound: if there is no such source.
    """
    whole = hashlib.sha256(f"{_STAGING_FORM} {source} {_told(options)}".encode())
    for file in source_named(source).files(path):
        with file.open("rb") as stream:
            whole.update(f"{file.name} {hashlib.file_digest(stream, 'sha256').hexdigest()}".encode())
    return whole.hexdigest()


def _told(options: LoadOptions) -> str:
    return json.dumps([options.max_rejects, sorted(options.create_missing), options.pseudonymise, str(options.as_of)])

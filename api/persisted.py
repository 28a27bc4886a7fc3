"""Persisted queries: a client sends a text once and its SHA-256 ever after, as Apollo's clients do by themselves."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from schema.errors import BadInput

MAX_TEXT: Final = 100_000
MAX_BYTES: Final = 10_000_000


class NotPersisted(Exception):
    """This process does not know the text of a hash; the client sends it along, and it is known."""


class PersistedQueries:
    """Texts by their SHA-256, those asked for last; another process, or this one after a start, knows others.

    Args:
        max_bytes: texts are forgotten, the one asked for longest ago first, past so many in all.
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max, self._size = max_bytes, 0
        self._texts: OrderedDict[str, str] = OrderedDict()

    def text(self, query: str | None, extensions: Mapping[str, Any] | None) -> str | None:
        """The text to run: as sent, or as known by the hash that was sent instead.

        Raises:
            NotPersisted: if it is not known.
            BadInput: if the text is too long, or the hash is none or another text's.
        """
        if query is not None and len(query) > MAX_TEXT:
            raise BadInput(f"A query may have {MAX_TEXT:,} characters.", remedy="Send values as variables.")
        asked = (extensions or {}).get("persistedQuery")
        if asked is None:
            return query
        key = asked.get("sha256Hash") if isinstance(asked, Mapping) and asked.get("version") == 1 else None
        if not isinstance(key, str):
            raise BadInput("`persistedQuery` is not `{version: 1, sha256Hash: …}`.")
        if query is None:
            return self._known(key)
        if hashlib.sha256(query.encode()).hexdigest() != key:
            raise BadInput("The `sha256Hash` is not that of the query.", remedy="Send its SHA-256, hexadecimal.")
        self._keep(key, query)
        return query

    def _known(self, key: str) -> str:
        if key not in self._texts:
            raise NotPersisted
        self._texts.move_to_end(key)
        return self._texts[key]

    def _keep(self, key: str, query: str) -> None:
        if key not in self._texts:
            self._texts[key] = query
            self._size += len(query.encode())
        self._texts.move_to_end(key)
        while self._size > self._max:
            self._size -= len(self._texts.popitem(last=False)[1].encode())

"""Documents: an operation's text is parsed, looked through and validated once, however often it is asked."""

from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from graphql import DocumentNode, GraphQLError, GraphQLSchema, ValidationRule, parse, validate

T = TypeVar("T")
KNOWN_DOCUMENTS: Final = 256


class Same(Generic[T]):
    """A value that equals itself alone, to be known by: a document's own hash walks through all of it."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


@lru_cache(maxsize=KNOWN_DOCUMENTS)
def parsed(text: str, **options: Any) -> DocumentNode:
    """What a text says, the same object for the same text and options.

    Raises:
        GraphQLError: if it is no GraphQL, or has more tokens than the options allow.
    """
    return parse(text, **options)


@lru_cache(maxsize=KNOWN_DOCUMENTS)
def faults(
    schema: GraphQLSchema, document: Same[DocumentNode], rules: tuple[type[ValidationRule], ...]
) -> list[GraphQLError]:
    """What is wrong with a document."""
    return validate(schema, document.value, rules)

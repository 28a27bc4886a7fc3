"""Completions in the contract."""

import strawberry

from api.context import Info
from api.pages import page_size
from api.search_inputs import text_of
from search import completions as search_completions
from search.completions import CompletionKind

MAX_COMPLETIONS = 50


@strawberry.type(description="A text to search for.")
class Completion:
    """A completion."""

    text: str = strawberry.field(description="The text, as the catalogue spells it.")
    kind: CompletionKind = strawberry.field(description="What it is.")

    @classmethod
    def of(cls, completion: search_completions.Completion) -> "Completion":
        """The contract's copy."""
        return cls(text=completion.text, kind=completion.kind)


async def completions(info: Info, prefix: str, first: int) -> list[Completion]:
    """What begins with a text, of what is in the range now."""
    most, text = page_size(first, most=MAX_COMPLETIONS), text_of(prefix)
    search = await info.context.search.current()
    now = info.context.search.now(search, info.context.moment, None)
    found = search.completions.of(text, most=most, is_offered=now.is_offered, weights=now.popularity)
    return [Completion.of(each) for each in found]

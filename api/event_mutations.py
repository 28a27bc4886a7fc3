"""Mutation of events: what shoppers did, a batch at a time, each event once."""

import asyncio
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Final

import strawberry

from api.context import Context, Info
from api.user_errors import UserError, gathered, invalid, is_writable, key_reused, unknown
from schema.errors import KeyReused
from schema.events import Event, EventKind

MAX_EVENTS: Final = 1_000
MAX_TEXT: Final = 255
TEXTS: Final = ("event_id", "session_id", "customer_id", "query", "decision_id", "device", "region")
strawberry.enum(
    EventKind,
    description="What a shopper did. IMPRESSION: was shown the product; REJECT: turned an offer down.",
)


@strawberry.input(description="One thing a shopper did.")
class EventInput:
    """An event."""

    event_id: str = strawberry.field(description=f"Its id for ever, 1 to {MAX_TEXT} characters; a repeat counts once.")
    kind: EventKind = strawberry.field(description="What was done.")
    happened_at: datetime = strawberry.field(description="When, with a timezone.")
    session_id: str | None = strawberry.field(default=None, description="The visit it belongs to.")
    customer_id: str | None = strawberry.field(default=None, description="Who did it, where that is known.")
    sku: str | None = strawberry.field(default=None, description="The product.")
    query: str | None = strawberry.field(default=None, description="The words of a search.")
    store_id: str | None = strawberry.field(default=None, description="The store or channel.")
    decision_id: str | None = strawberry.field(default=None, description="The answer that was acted on.")
    device: str | None = strawberry.field(default=None, description="What was used, such as phone.")
    region: str | None = strawberry.field(default=None, description="Where, as coarsely as the shop keeps it.")


@strawberry.input(description="A batch of events, kept whole or not at all; each is known by its own id.")
class RecordEventsInput:
    """A batch."""

    events: list[EventInput] = strawberry.field(description=f"At most {MAX_EVENTS}.")


@strawberry.type(description="What became of a batch of events.")
class RecordedEvents:
    """An answer."""

    num_recorded: int = strawberry.field(description="How many were new and are kept now.")
    num_known: int = strawberry.field(description="How many were kept before, or name a customer who was erased.")
    user_errors: list[UserError] = strawberry.field(description="Everything wrong with the input; empty if recorded.")


Batch = Annotated[RecordEventsInput, strawberry.argument(description="The batch.")]


@strawberry.type(description="Shoppers' events.")
class EventMutation:
    """The mutation of events."""

    @strawberry.mutation(description="Record what shoppers did; kept durably on return, each event once.")
    async def record_events(self, info: Info, input: Batch) -> RecordedEvents:
        """Record a batch of events."""
        context, told = info.context, input.events
        if len(told) > MAX_EVENTS:
            return _refused([invalid(["events"], f"{len(told)} are too many. Send at most {MAX_EVENTS}.")])
        if errors := gathered(_wrong(each, n, context) for n, each in enumerate(told)):
            return _refused(errors)
        events = [Event(**{field.name: getattr(each, field.name) for field in fields(Event)}) for each in told]
        try:
            count = await asyncio.to_thread(context.journal.save_events, events, recorded_at=context.clock())
        except KeyReused:
            return _refused([key_reused(["events"])])
        return RecordedEvents(num_recorded=count, num_known=len(events) - count, user_errors=[])


def _refused(errors: list[UserError]) -> RecordedEvents:
    return RecordedEvents(num_recorded=0, num_known=0, user_errors=errors)


def _wrong(event: EventInput, place: int, context: Context) -> list[UserError]:
    base, path = context.moment.facts.base, ["events", str(place)]
    errors = []
    if not event.event_id:
        errors.append(invalid([*path, "eventId"], "An event needs an id of its own."))
    for name in TEXTS:
        text = getattr(event, name)
        if text is not None and (len(text) > MAX_TEXT or not is_writable(text)):
            said = f"At most {MAX_TEXT} characters, none a control character."
            errors.append(invalid([*path, _camel(name)], said))
    if event.sku is not None and event.sku not in base.product_rows:
        errors.append(unknown([*path, "sku"], "product", event.sku))
    if event.store_id is not None and event.store_id not in base.store_rows:
        errors.append(unknown([*path, "storeId"], "store", event.store_id))
    if event.happened_at.tzinfo is None:
        errors.append(invalid([*path, "happenedAt"], "The instant has no timezone. Give one, such as +00:00."))
    return errors


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)

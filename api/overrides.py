"""A planner's word on one week: said, replaced and withdrawn, as dated entries of the journal."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from api.context import Context
from api.recording import newest, record, speaker
from api.scalars import Sequence
from api.stock_mutations import ERRORS, KEY, SEQUENCE
from api.user_errors import UserError, errors_of_amount, errors_of_batch, errors_of_reason, invalid, unknown
from schema.changes import ForecastOverridden


@strawberry.input(description="A planner's word on one week of one product in one store.")
class OverrideForecastInput:
    """An override."""

    sku: str = strawberry.field(description="The product.")
    store_id: str = strawberry.field(description="The store.")
    week_starts_on: date = strawberry.field(description="The week's first day, as `demandForecast` tells it.")
    units: Decimal | None = strawberry.field(description="Units expected; null withdraws the word in force.")
    reason: str = strawberry.field(description="Why; never empty.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="What became of an override.")
class OverriddenForecast:
    """An answer."""

    sequence: Sequence | None = strawberry.field(description=SEQUENCE)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


Override = Annotated[OverrideForecastInput, strawberry.argument(description="The word.")]


async def override(context: Context, given: OverrideForecastInput) -> OverriddenForecast:
    """Record an override, or its withdrawal."""
    if errors := _wrong(given, context):
        return OverriddenForecast(sequence=None, user_errors=errors)
    word = ForecastOverridden(
        sku=given.sku,
        store_id=given.store_id,
        week_starts_on=given.week_starts_on,
        units=None if given.units is None else float(given.units),
        reason=given.reason.strip(),
        said_by=speaker(context),
    )
    numbers, errors = await record(context, [word], mutation="overrideForecast", key=given.idempotency_key)
    return OverriddenForecast(sequence=newest(numbers), user_errors=errors)


def _wrong(given: OverrideForecastInput, context: Context) -> list[UserError]:
    errors = errors_of_batch("units", 1, 1, given.idempotency_key) + errors_of_reason([], given.reason)
    if given.units is not None:
        errors += errors_of_amount(["units"], given.units, "number of units", least=Decimal(0))
    forecast = context.moment.trained().forecast
    if forecast is None or forecast.row(given.sku, given.store_id) is None:
        return [*errors, unknown(["sku"], "forecast of", f"{given.sku} in {given.store_id}")]
    if given.week_starts_on not in forecast.weeks.astype("datetime64[D]").tolist():
        said = f"No week begins on {given.week_starts_on}. Name one of the {len(forecast.weeks)} from {forecast.as_of}."
        errors.append(invalid(["weekStartsOn"], said))
    return errors

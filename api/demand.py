"""Demand in the contract: what a store will sell of a product, why, and what a planner says beside it."""

from datetime import date
from functools import partial
from typing import Annotated, Final

import strawberry

from api.context import Context, Info
from api.entities import Store
from api.joins import AnyProduct
from api.scalars import Sequence
from decisions.demand import DemandDay, DemandWeek, ExpectedDemand, Lender, demand_answer, expected_demand
from decisions.entries import entry_of
from schema.changes import ForecastOverridden
from schema.demand import DRIVERS, LEVELS
from schema.grouping import Grain

SENTENCES: Final = {
    "price": "Its price against base price multiplies what is expected by {:.2f}.",
    "promotion": "Its promotion multiplies what is expected by {:.2f}.",
    "substitutes": "What the products beside it cost and promote multiplies what is expected by {:.2f}.",
    "season": "The time of year, and what else the model has learnt, multiply what is expected by {:.2f}.",
}
strawberry.enum(Grain, name="ForecastGrain", description="Whether weeks are told alone, or their days too.")
DECISION_ID: Final = "The ledger's id of this decision, for `decision`; null if it could not be kept."


@strawberry.type(description="Units at one level: the chance that no more are sold.")
class DemandQuantile:
    """A quantile."""

    level: float = strawberry.field(description="The chance, 0.05 to 0.95.")
    units: float = strawberry.field(description="Units in the week.")


@strawberry.type(description="What moves one week's demand away from the usual level, and by how much.")
class DemandDriver:
    """A driver."""

    driver: str = strawberry.field(description="price, promotion, substitutes or season.")
    factor: float = strawberry.field(description="What it multiplies one plus `baseUnits` by; 1 changes nothing.")
    sentence: str = strawberry.field(description="The same for a person.")


@strawberry.type(description="A planner's word on one week of one product in one store.")
class ForecastOverride:
    """An override."""

    units: float = strawberry.field(description="Units that the planner expects.")
    reason: str = strawberry.field(description="Why.")
    said_by: str = strawberry.field(description="Who said so.")

    @classmethod
    def of(cls, word: ForecastOverridden | None) -> "ForecastOverride | None":
        """The contract's copy of a word."""
        if word is None or word.units is None:
            return None
        return cls(units=word.units, reason=word.reason, said_by=word.said_by)


@strawberry.type(name="DemandDay", description="One day of a week to come.")
class ForecastDay:
    """A day."""

    day: date = strawberry.field(description="The day.")
    mean: float = strawberry.field(description="Units expected; those of a week's days sum to its `mean`.")
    quantiles: list[DemandQuantile] = strawberry.field(
        description="Units of the day at .05, .10 … .95, never falling; those of days do not add up."
    )

    @classmethod
    def of(cls, told: DemandDay) -> "ForecastDay":
        """The contract's copy of a day."""
        return cls(day=told.day, mean=told.mean, quantiles=_quantiles(told.quantiles))


@strawberry.type(name="DemandWeek", description="One week to come.")
class ForecastWeek:
    """A week."""

    week_starts_on: date = strawberry.field(description="Its first day.")
    mean: float = strawberry.field(description="Units that the model expects.")
    quantiles: list[DemandQuantile] = strawberry.field(description="Units at .05, .10 … .95, never falling.")
    drivers: list[DemandDriver] = strawberry.field(description="What moves the week away from `baseUnits`.")
    transferred_units: float = strawberry.field(
        description="Units beside `mean` that come from products out of stock now, as long as they are."
    )
    override: ForecastOverride | None = strawberry.field(description="The planner's word, if there is one.")
    days: list[ForecastDay] = strawberry.field(description="Its days, where `grain` is DAY; else empty.")

    @classmethod
    def of(cls, week: DemandWeek) -> "ForecastWeek":
        """The contract's copy of a week."""
        return cls(
            week_starts_on=week.week_starts_on,
            mean=week.mean,
            quantiles=_quantiles(week.quantiles),
            drivers=[
                DemandDriver(driver=name, factor=factor, sentence=SENTENCES[name].format(factor))
                for name, factor in zip(DRIVERS, week.drivers, strict=True)
            ],
            transferred_units=week.transferred,
            override=ForecastOverride.of(week.override),
            days=[ForecastDay.of(day) for day in week.days],
        )


@strawberry.type(description="A product that is out of stock, and what of its demand comes here as long as it is.")
class DemandFromSubstitute:
    """A lender."""

    sku: str = strawberry.field(description="The product that is out.")
    share: float = strawberry.field(description="The part of its demand that comes here, 0 to 1.")
    units: list[float] = strawberry.field(description="Units by week.")

    @classmethod
    def of(cls, lender: Lender) -> "DemandFromSubstitute":
        """The contract's copy of a lender."""
        return cls(sku=lender.sku, share=lender.share, units=list(lender.units))

    @strawberry.field(description="The product; null if the graph has not got it yet.")
    async def product(self, info: Info) -> AnyProduct | None:
        """The product."""
        return await product_of(info.context, self.sku)


@strawberry.type(description="What one store will sell of one product in the weeks to come.")
class DemandForecast:
    """A forecast."""

    sku: str = strawberry.field(description="The product.")
    store_id: str = strawberry.field(description="The store.")
    as_of: date | None = strawberry.field(description="Weeks that had ended by then were learnt from.")
    base_units: float | None = strawberry.field(
        description="Units a week that the usual level alone expects, at base price and unpromoted."
    )
    weeks: list[ForecastWeek] = strawberry.field(
        description="From the week of today on, or from the first one told where today lies outside; honestly empty."
    )
    from_products_out: list[DemandFromSubstitute] = strawberry.field(
        description="Products it stands in for that are out of stock in this store at this moment."
    )
    why_none: str | None = strawberry.field(description="Why there are no weeks; null where there are.")
    why_no_days: str | None = strawberry.field(
        description="Why weeks asked for by day have no days; null where they have, or were not asked for so."
    )
    decision_id: strawberry.ID | None = strawberry.field(description=DECISION_ID)
    model_version: str = strawberry.field(description="The model version that answered.")
    changes_sequence: Sequence = strawberry.field(description="Every change up to this one is honoured.")

    @strawberry.field(description="The product; null if the graph has not got it yet.")
    async def product(self, info: Info) -> AnyProduct | None:
        """The product."""
        return await product_of(info.context, self.sku)

    @strawberry.field(description="The store; null if the graph has not got it yet.")
    async def store(self, info: Info) -> Store | None:
        """The store."""
        card = await info.context.stores.load(self.store_id)
        return None if card is None else Store.of(card)


AtStoreId = Annotated[str, strawberry.argument(description="The store.")]
Weeks = Annotated[int, strawberry.argument(description="How many weeks, 1 to 26.")]


GrainAsked = Annotated[Grain, strawberry.argument(description="DAY tells each week's days too.")]


async def demand_forecast(info: Info, sku: str, store_id: str, weeks: int, grain: Grain) -> DemandForecast:
    """The forecast of a product in a store, kept in the ledger."""
    context = info.context
    found = expected_demand(sku, store_id, weeks=weeks, moment=context.moment, grain=grain)
    by_day = {"grain": grain} if grain is Grain.DAY else {}
    decision_id = await context.keep(
        partial(
            entry_of,
            "demand",
            inputs={"sku": sku, "store_id": store_id, "weeks": weeks, **by_day},
            answer=demand_answer(found),
            moment=context.moment,
            decided_at=context.clock(),
        )
    )
    return _told(found, decision_id, context)


def _told(found: ExpectedDemand, decision_id: str | None, context: Context) -> DemandForecast:
    return DemandForecast(
        sku=found.sku,
        store_id=found.store_id,
        as_of=found.as_of,
        base_units=found.base,
        weeks=[ForecastWeek.of(week) for week in found.weeks],
        from_products_out=[DemandFromSubstitute.of(lender) for lender in found.lenders],
        why_none=found.why_none,
        why_no_days=found.why_no_days,
        decision_id=None if decision_id is None else strawberry.ID(decision_id),
        model_version=found.model_version,
        changes_sequence=Sequence(context.moment.facts.sequence),
    )


def _quantiles(units: tuple[float, ...]) -> list[DemandQuantile]:
    return [DemandQuantile(level=at, units=one) for at, one in zip(LEVELS, units, strict=True)]


async def product_of(context: Context, sku: str) -> AnyProduct | None:
    """A product's card; None where the graph has not got it."""
    # Products tell their demand, and demand its product: one of both has to come later.
    from api.products import Product  # noqa: PLC0415

    card = await context.products.load(sku)
    return None if card is None else Product.of(card)

"""The learnt relations in the contract: edges that carry how sure, by what evidence, and who judged them."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.context import Context, Info
from api.pages import Asked, PageInfo, cut
from api.verdicts import Verdict
from decisions.counterfactual import Counterfactual as Told
from decisions.counterfactual import counterfactual
from decisions.relations import Related, Standing, edges_of, standing
from schema import catalogue, decisions
from schema.decisions import Availability
from schema.edges import RELATION_CAP, RelationName

if TYPE_CHECKING:
    from api.products import Product

AnyProduct = Annotated["Product", strawberry.lazy("api.products")]


@strawberry.type(description="What was counted or compared for one pair of products.")
class Evidence:
    """Evidence."""

    baskets: int | None = strawberry.field(description="Baskets that held both.")
    switches: int | None = strawberry.field(description="Times one was taken in place of the other.")
    shared_category: bool | None = strawberry.field(description="Whether both are of one category.")
    text_similarity: float | None = strawberry.field(description="How alike their words are, 0 to 1.")
    is_contested: bool = strawberry.field(
        description="Whether they are both bought together and taken in place of each other."
    )


@strawberry.type(description="One relationship of a path: both ends by name, and which way it was walked.")
class PathStep:
    """A step."""

    source: str = strawberry.field(description="Name of the node it was walked from.")
    source_label: str = strawberry.field(description="That node's label, such as Product.")
    relation: str = strawberry.field(description="The relationship's type, such as BOUGHT_WITH.")
    target: str = strawberry.field(description="Name of the node it was walked to.")
    target_label: str = strawberry.field(description="That node's label.")
    is_forward: bool = strawberry.field(description="Whether it was walked in the direction in which it is stored.")


@strawberry.type(description="A path in the graph between two products.")
class EvidencePath:
    """A path."""

    steps: list[PathStep] = strawberry.field(description="Its relationships, in order.")


@strawberry.type(description="What would have to be otherwise for a related product to stand at another place.")
class Counterfactual:
    """A counterfactual."""

    sentence: str = strawberry.field(description="In plain words.")
    model_rank: int | None = strawberry.field(
        description="Its place without any verdict or rule, from 1; null if the model does not propose it."
    )
    overtaken_below: float | None = strawberry.field(
        description="The probability below which the next candidate would stand before it; null where there is none."
    )

    @classmethod
    def of(cls, told: Told) -> "Counterfactual":
        """The contract's copy."""
        return cls(sentence=told.sentence, model_rank=told.model_rank, overtaken_below=told.overtaken_below)


@strawberry.type(description="Why two products are related.")
class Explanation:
    """An explanation."""

    counterfactual: Counterfactual = strawberry.field(
        description="What would have to be otherwise for the candidate to stand elsewhere among its anchor's."
    )
    sentence: str = strawberry.field(description="In plain words, with names, evidence and probability.")
    paths: list[EvidencePath] = strawberry.field(
        description="Shortest paths over what was counted or loaded, never over learnt relations; perhaps none."
    )

    @classmethod
    async def of(cls, edge: Related, context: Context) -> "Explanation":
        """The explanation of an edge; those asked for side by side read the graph together."""
        told = await context.explanations.load(edge)
        return cls(
            counterfactual=Counterfactual.of(counterfactual(edge, moment=context.moment)),
            sentence=told.sentence,
            paths=[EvidencePath(steps=[_step(step) for step in path]) for path in told.paths],
        )


@strawberry.type(description="One candidate of an anchor product, by a learnt relation or a person's word.")
class RelatedEdge:
    """An edge."""

    related: strawberry.Private[Related]
    cursor: str = strawberry.field(description="Its place in the list.")
    node: AnyProduct = strawberry.field(description="The candidate.")
    probability: float | None = strawberry.field(
        description="The chance that a reviewer would call the pair so; null where only a person proposed it."
    )
    is_calibrated: bool = strawberry.field(description="Whether probabilities were fitted on people's labels.")
    rank: int = strawberry.field(description="Place among all candidates of the anchor, from 1.")
    transfer_share: float | None = strawberry.field(
        description="The part of the anchor's unmet demand that goes to the candidate; null where not fitted."
    )
    evidence: Evidence = strawberry.field(description="What was counted or compared.")
    model_version: str = strawberry.field(description="The model version that says so.")
    verdict: Verdict | None = strawberry.field(description="A person's word that counts; null if nobody judged it.")
    availability: Availability = strawberry.field(description="Whether the candidate can be had, at the store asked.")

    @strawberry.field(description="Why, in words and as paths in the graph.")
    async def explanation(self, info: Info) -> Explanation | None:
        """The explanation."""
        return await Explanation.of(self.related, info.context)


@strawberry.type(description=f"Candidates of one anchor, best first; {RELATION_CAP} are kept and people may pin more.")
class RelatedConnection:
    """A connection."""

    edges: list[RelatedEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = strawberry.field(description="How many candidates there are.")


def related_page(
    context: Context,
    sku: str,
    relation: RelationName,
    page: Asked,
    *,
    store_id: str | None,
    in_stock_only: bool,
    as_of: date | None,
) -> RelatedConnection:
    """A page of an anchor's candidates (`CardLoader.then`); a product new to the shop's facts has none yet."""
    from api.products import Product  # noqa: PLC0415 (products have relations, and relations products)

    moment = context.moment.on_day(as_of)
    if sku not in moment.facts.base.product_rows:
        moment.known_store(store_id)
        found: list[Standing] = []
    else:
        found = standing(sku, relation, moment=moment, store_id=store_id, in_stock_only=in_stock_only)
    shown = cut(relation, found, [one.sku for one in found], page)
    edges = edges_of(sku, relation, shown.items, moment=moment, store_id=store_id) if shown.items else []

    def made(cards: list[catalogue.Product | None]) -> RelatedConnection:
        known = [
            _edge(edge, at, Product.of(card))
            for edge, at, card in zip(edges, shown.cursors, cards, strict=True)
            if card is not None
        ]
        return RelatedConnection(edges=known, page_info=shown.info, total_count=len(found))

    return context.products.then([edge.sku for edge in edges], made)


def _edge(edge: Related, cursor: str, node: "Product") -> RelatedEdge:
    return RelatedEdge(
        related=edge,
        cursor=cursor,
        node=node,
        probability=edge.probability,
        is_calibrated=edge.is_calibrated,
        rank=edge.rank,
        transfer_share=edge.transfer_share,
        evidence=Evidence(
            baskets=edge.num_baskets,
            switches=edge.num_switches,
            shared_category=edge.is_same_category,
            text_similarity=edge.text_similarity,
            is_contested=edge.is_contested,
        ),
        model_version=edge.model_version,
        verdict=None if edge.verdict is None else Verdict.of(edge.verdict),
        availability=edge.availability,
    )


def _step(step: decisions.PathStep) -> PathStep:
    return PathStep(
        source=step.source,
        source_label=step.source_label,
        relation=step.relation,
        target=step.target,
        target_label=step.target_label,
        is_forward=step.is_forward,
    )

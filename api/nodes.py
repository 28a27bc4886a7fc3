"""The Node interface: whatever has a global id."""

import strawberry


@strawberry.interface(description="Anything of the catalogue that can be found again by its id.")
class Node:
    """A node."""

    id: strawberry.ID = strawberry.field(description="Opaque and unique among all nodes, for ever.")

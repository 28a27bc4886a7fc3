"""The guard before every operation: fields by the role table, once a document; customers by who may name them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    visit,
)

from api.documents import KNOWN_DOCUMENTS, Same
from api.roles import Field, lasting_fields, personal_arguments, roles_of
from schema.access import AccessPolicy, Caller, Role
from schema.errors import Forbidden, Unauthenticated

NO_KEY: Final = "Send `Authorization: Bearer` with a key or a token."


@dataclass(frozen=True)
class Asked:
    """A field that a document asks, at one of the places where it does."""

    field: Field
    node: FieldNode


class AskedFields(tuple[Asked, ...]):
    """All that a document asks; what the role table says of it is looked up once."""

    @cached_property
    def roles(self) -> frozenset[Role]:
        """Who may ask each of them, whatever the policy; nobody where one tells the contract."""
        return frozenset(Role).intersection(*(() if _tells_contract(each) else roles_of(each.field) for each in self))

    @cached_property
    def is_lasting(self) -> bool:
        """Whether all of them change by loads alone."""
        return all(each.field in lasting_fields() for each in self)


@lru_cache(maxsize=KNOWN_DOCUMENTS)
def asked_fields(schema: GraphQLSchema, document: Same[DocumentNode]) -> AskedFields:
    """Every field that a document asks, each once; fields that no type has are left to validation."""
    found: dict[Field, FieldNode] = {}
    types = TypeInfo(schema)

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = types.get_parent_type()
            if parent is not None and types.get_field_def() is not None and node.name.value != "__typename":
                found.setdefault((parent.name, node.name.value), node)

    visit(document.value, TypeInfoVisitor(types, Fields()))
    return AskedFields(Asked(field, node) for field, node in found.items())


def refuse_forbidden(asked: AskedFields, caller: Caller, policy: AccessPolicy) -> None:
    """Return if a caller may ask all of these fields.

    Raises:
        GraphQLError: if there is one that they may not ask.
    """
    if caller.role in asked.roles:
        return
    for each in asked:
        kind, name = each.field
        if kind.startswith("__"):
            continue
        if name in ("__schema", "__type"):
            is_allowed = policy.introspection == "everyone" or (policy.introspection == "callers" and caller.is_known)
            what = "The contract is not told here. Read `api/schema.graphql`."
        else:
            is_allowed = caller.role in roles_of(each.field)
            what = f"The role {caller.role} may not ask `{kind}.{name}`."
        if not is_allowed:
            raise _refusal(each.node, Forbidden(what) if caller.is_known else Unauthenticated(what, remedy=NO_KEY))


def _tells_contract(asked: Asked) -> bool:
    kind, name = asked.field
    return kind.startswith("__") or name in ("__schema", "__type")


def _refusal(node: FieldNode, cause: Forbidden | Unauthenticated) -> GraphQLError:
    return GraphQLError(str(cause), nodes=node, original_error=cause)


def guard_customers(schema: GraphQLSchema) -> None:
    """Let no field of a schema that takes a customer's key be resolved for a caller who may not name that customer.

    Only such fields are wrapped, so that all others cost what they did.
    """
    for kind in schema.type_map.values():
        for field in getattr(kind, "fields", {}).values():
            if any(_names_customer(argument, name) for name, argument in getattr(field, "args", {}).items()):
                field.resolve = _guarded(field.resolve)


def refuse_customer(caller: Caller, argument: str, customer_id: str) -> None:
    """Return if a caller may name a customer.

    Raises:
        Unauthenticated: if they are nobody.
        Forbidden: if their role may name none, or their key is another customer's.
    """
    if caller.role not in personal_arguments()[argument]:
        what = f"The role {caller.role} may not give `{argument}`: it tells of a person."
        raise Forbidden(what) if caller.is_known else Unauthenticated(what, remedy=NO_KEY)
    if caller.customer_id not in (None, customer_id):
        raise Forbidden(f"This key sees another customer than the `{argument}` given.")


def _names_customer(
    argument: GraphQLArgument | GraphQLInputField, name: str, seen: frozenset[str] = frozenset()
) -> bool:
    kind = get_named_type(argument.type)
    if name in personal_arguments():
        return True
    if not isinstance(kind, GraphQLInputObjectType) or kind.name in seen:
        return False
    return any(_names_customer(field, each, seen | {kind.name}) for each, field in kind.fields.items())


def _guarded(resolve: Callable[..., Any]) -> Callable[..., Any]:
    def resolved(source: Any, info: Any, **arguments: Any) -> Any:
        for name, customer_id in _customers(arguments):
            refuse_customer(info.context.caller, name, customer_id)
        return resolve(source, info, **arguments)

    return resolved


def _customers(given: Any) -> Iterator[tuple[str, str]]:
    if isinstance(given, dict):
        for name, value in given.items():
            if name in personal_arguments() and isinstance(value, str):
                yield name, value
            else:
                yield from _customers(value)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from _customers(value)

"""`synthetic.toml` with a caller's file laid over it, as parameters."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, TypeVar

from loaders.synthetic_parameters import (
    Behaviour,
    CatalogueParameters,
    CategoryWords,
    DirtParameters,
    Fault,
    Parameters,
    PriceParameters,
    PromotionParameters,
    Scale,
    Shop,
    StockParameters,
    SupplierParameters,
    Words,
)
from schema.errors import BadInput, NotFound

Section = TypeVar("Section")
DEFAULTS: Final = Path(__file__).with_name("synthetic.toml")


def read_parameters(scale: str, overlay: Path | None = None) -> Parameters:
    """The parameters of a scale, `overlay` laid over the defaults.

    Raises:
        NotFound: if no scale of that name is defined.
        BadInput: if the overlay is no TOML, or has a key that the defaults do not know.
    """
    body = tomllib.loads(DEFAULTS.read_text())
    if overlay is not None:
        body = _laid_over(body, _overlay(overlay), overlay.name)
    if scale not in body["scales"]:
        raise NotFound("scale of the synthetic shop", scale, near=body["scales"])
    file = overlay.name if overlay is not None else DEFAULTS.name
    faults = [_section(Fault, fault, file, "dirt.fault") for fault in body["dirt"].pop("fault")]
    return Parameters(
        shop=_section(Shop, body["shop"], file, "shop"),
        scale=_section(Scale, body["scales"][scale], file, f"scales.{scale}"),
        catalogue=_section(CatalogueParameters, body["catalogue"], file, "catalogue"),
        behaviour=_section(Behaviour, body["behaviour"], file, "behaviour"),
        prices=_section(PriceParameters, body["prices"], file, "prices"),
        promotions=_section(PromotionParameters, body["promotions"], file, "promotions"),
        stock=_section(StockParameters, body["stock"], file, "stock"),
        suppliers=_section(SupplierParameters, body["suppliers"], file, "suppliers"),
        dirt=_section(DirtParameters, {**body["dirt"], "fault": faults}, file, "dirt"),
        words=_section(Words, body["words"], file, "words"),
        categories=tuple(_section(CategoryWords, entry, file, "category") for entry in body["category"]),
    )


def _overlay(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadInput(f"cannot be read as TOML: {error}.", file=path.name, remedy="Correct the file.") from error


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any], file: str) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        known = below.get(key)
        if key in below and not _is_alike(known, value):
            wanted = (
                f"{type(known).__name__}, as {known!r} is" if not isinstance(known, dict | list) else "another shape"
            )
            raise BadInput(f"is {value!r}, expected {wanted}.", file=file, column=key, remedy="Correct the value.")
        is_table = isinstance(value, Mapping) and isinstance(known, Mapping)
        merged[key] = _laid_over(below[key], value, file) if is_table else value
    return merged


def _is_alike(known: Any, value: Any) -> bool:
    """Whether a value can stand for another: of its type, or a whole number for a fraction."""
    return type(known) is type(value) or (isinstance(known, float) and type(value) is int)


def _section(kind: type[Section], body: Mapping[str, Any], file: str, name: str) -> Section:
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(body) - known)
    if unknown:
        raise BadInput(
            f"[{name}] has no parameter {unknown[0]!r}.", file=file, remedy=f"It knows: {', '.join(sorted(known))}."
        )
    try:
        return kind(**body)
    except TypeError as error:
        raise BadInput(f"[{name}] is not complete: {error}.", file=file, remedy="Name every parameter.") from error

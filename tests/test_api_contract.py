"""The contract itself: what is printed is what is served, and everything in it is described."""

from api.contract import PRINTED, contract, printed


def test_the_printed_contract_is_current():
    assert PRINTED.read_text() == printed(), (
        "run `python -c 'from api.contract import *; PRINTED.write_text(printed())'`"
    )


def test_everything_in_the_contract_is_described():
    schema = contract()._schema
    mute = []
    for name, kind in schema.type_map.items():
        if name.startswith("__") or name in ("String", "Int", "Float", "Boolean", "ID"):
            continue
        mute += [name] if not kind.description else []
        for field_name, field in getattr(kind, "fields", {}).items():
            mute += [f"{name}.{field_name}"] if not field.description else []
            arguments = getattr(field, "args", {})
            mute += [f"{name}.{field_name}({arg})" for arg, value in arguments.items() if not value.description]
    assert mute == []

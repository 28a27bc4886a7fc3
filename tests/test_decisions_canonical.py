"""The canonical form: what Python's own JSON writer makes of a value, whichever writer makes it."""

import json
import math
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.canonical import canonical

LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.floats()
VALUES = st.recursive(LEAVES, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=20)


def told(value):
    """The same rules, plainly."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: told(each) for key, each in value.items()}
    return [told(each) for each in value] if isinstance(value, list) else value


@given(VALUES)
def test_a_value_is_written_as_python_writes_it(value):
    assert canonical(value) == json.dumps(told(value), sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5e-05, "5e-05"),
        (0.0005, "0.0005"),
        (-0.0, "0"),
        (3.0, "3"),
        (2.0**60, "1.152921504606847e+18"),
        (float("nan"), '"nan"'),
        ("\x7f é\u2028", '"\\u007f \\u00e9\\u2028"'),
        ("\ud800", '"\\ud800"'),
        (2**70, "1180591620717411303424"),
        ({"b": (1,), "a": {2: None}}, '{"a":{"2":null},"b":[1]}'),
        (date(2024, 5, 1), '"2024-05-01"'),
        (datetime(2024, 5, 1, 7, tzinfo=UTC), '"2024-05-01T07:00:00+00:00"'),
    ],
)
def test_each_kind_of_value_has_one_form(value, text):
    assert canonical(value) == text


@pytest.mark.parametrize("value", [uuid4(), {1, 2}, object()])
def test_what_has_no_form_is_refused(value):
    with pytest.raises(TypeError, match="no canonical form"):
        canonical([value])

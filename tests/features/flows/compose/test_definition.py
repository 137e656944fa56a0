"""Wires fill the right places of a step, and definitions with circles are refused."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from features.flows.compose.definition import Definition, Invalid, Step, Wire, parse_definition
from features.flows.compose.wiring import inserted
from schemas.fields.paths import value_at
from tests.features.flows.conftest import PICTURE


@given(data=st.data())
def test_only_circular_steps_are_refused(data):
    names = [f"s{n}" for n in range(data.draw(st.integers(1, 6)))]
    pairs = data.draw(st.sets(st.tuples(st.sampled_from(names), st.sampled_from(names))))
    steps = [
        Step(
            name,
            "a/b",
            {},
            tuple(Wire((start,), start, ()) for start, end in sorted(pairs) if end == name),
        )
        for name in names
    ]
    reached = {name: {start for start, end in pairs if end == name} for name in names}
    for _ in names:
        for name in names:
            reached[name] |= {far for near in reached[name] for far in reached[near]}
    has_circle = any(name in reached[name] for name in names)
    try:
        parse_definition(Definition(tuple(steps)).as_json())
    except Invalid as invalid:
        assert has_circle
        assert "circle" in str(invalid)  # noqa: PT017  the other branch must not raise
    else:
        assert not has_circle


def test_wires_in_lists_keep_the_order_of_the_rows():
    rows: Any = {"urls": ["b"]}
    for to, value in ((("urls", 0), "a"), (("urls", "*"), "c"), (("urls", 9), "d")):
        rows = inserted(rows, to, value)
    assert rows == {"urls": ["a", "b", "c", "d"]}
    assert value_at({"images": [{"url": PICTURE}]}, ("images", 0, "url")) == PICTURE

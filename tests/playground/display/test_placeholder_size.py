"""A placeholder is as large as its result will be, or as results usually are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.display import placeholder_size, renderers, wall
from runs.models import Run
from tests.tables import each_row

SIZES = {"image_size", "size", "video_size", "width", "height", "aspect_ratio"}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)


@each_row(
    ("arguments", "size"),
    [
        ({"image_size": "portrait_16_9"}, (576, 1024)),
        ({"image_size": {"width": 640, "height": 200}}, (640, 200)),
        ({"width": 64, "height": 32}, (64, 32)),
        ({"size": "1024x1536", "aspect_ratio": "1:1"}, (1024, 1536)),
        ({"image_size": "auto", "width": 80, "height": 90, "aspect_ratio": "1:1"}, (80, 90)),
        ({"aspect_ratio": "16:9"}, (1024, 576)),
        ({"aspect_ratio": "1:2"}, (512, 1024)),
        ({"aspect_ratio": "auto"}, None),
        ({"width": True, "height": 5}, None),
        ({"width": 10**9, "height": 5}, None),
        ({"prompt": "x"}, None),
        ("a text", None),
    ],
)
def test_the_size_is_read_from_the_arguments(arguments, size):
    assert placeholder_size.size_from_arguments(arguments) == size


@given(st.dictionaries(st.sampled_from(sorted(SIZES)), ANYTHING) | ANYTHING)
def test_any_arguments_give_a_displayable_size_or_none(arguments):
    size = placeholder_size.size_from_arguments(arguments)
    assert size is None or all(type(side) is int and 0 < side <= 20_000 for side in size)


@pytest.fixture
def waiting(make_endpoint: Any, make_run: Any) -> Any:
    """`waiting(document, facts, **arguments)`: an unfinished run of a model with this input."""

    def make(properties: dict[str, Any], facts: list[str], **arguments: Any) -> Run:
        document = {"components": {"schemas": {"Input": {"properties": properties}}}}
        endpoint = make_endpoint(document=document, facts=facts)
        run: Run = make_run(endpoint=endpoint, state="running", arguments=arguments)
        return run

    return make


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ratio_schema", "sent", "size"),
    [
        ({"default": "9:16"}, {"prompt": "x"}, (576, 1024)),
        ({"default": "9:16"}, {"aspect_ratio": "1:1"}, (1024, 1024)),
        ({}, {}, placeholder_size.DEFAULT),
    ],
)
def test_omitted_arguments_use_the_models_defaults(waiting, ratio_schema, sent, size):
    ratio = {"type": "string", "enum": ["1:1", "9:16"], **ratio_schema}
    assert placeholder_size.size_of(waiting({"aspect_ratio": ratio}, [], **sent)) == size


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("facts", "is_kept"),
    [([], True), (["out:image"], True), (["out:text"], False), (["out:text", "out:video"], True)],
)
def test_placeholders_are_kept_for_visible_results(waiting, facts, is_kept):
    run = waiting({}, ["in:image", *facts])
    assert bool(renderers.context(run)["places"]) is is_kept


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "count"), [({}, 2), ({"num_images": 3}, 3), ({"n": True}, 2), ({"n": 10**9}, 16)]
)
def test_each_requested_result_has_a_placeholder(waiting, sent, count):
    run = waiting({"num_images": {"type": "integer", "default": 2}}, [], **sent)
    assert renderers.context(run)["places"] == [placeholder_size.DEFAULT] * count


SIDES = st.integers(1, 20_000)


@given(SIDES, SIDES)
def test_the_nearest_shape_is_off_by_a_sixth_at_most(width, height):
    shape = wall.nearest_shape(width, height)
    ratio = width / height * 100
    if wall.SHAPES[0] <= ratio <= wall.SHAPES[-1]:
        assert 5 / 6 < shape / ratio < 6 / 5
    else:
        assert shape in (wall.SHAPES[0], wall.SHAPES[-1])


@given(SIDES, SIDES)
def test_a_taller_picture_has_no_wider_shape(width, height):
    assert wall.nearest_shape(width, height + 1) <= wall.nearest_shape(width, height)

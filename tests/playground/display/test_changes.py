"""What differs between the inputs of two runs, by the labels of fields and by words."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from playground.display.changes import ChangedField, changed_fields
from runs.models import Run
from tests.runs.results_to_use import document

pytestmark = pytest.mark.django_db

SIZES = {"type": "string", "enum": ["square_hd", "landscape_4_3"], "default": "square_hd"}
INPUTS: dict[str, Any] = {
    "prompt": {"type": "string"},
    "num_inference_steps": {"type": "integer", "default": 28},
    "image_size": SIZES,
    "image_url": {"type": "string", "ui": {"field": "image"}},
    "loras": {
        "type": "array",
        "items": {"type": "object", "properties": {"scale": {"type": "number"}}},
    },
}
Differ = Callable[[Any, Any], list[ChangedField]]


@pytest.fixture
def differ(make_endpoint: Any, make_run: Callable[..., Run]) -> Differ:
    """`differ(arguments, arguments)` → the changed fields of two runs of one model."""
    endpoint = make_endpoint("a/draw", document(INPUTS, "image"))

    def compare(before: Any, after: Any) -> list[ChangedField]:
        runs = [make_run(endpoint=endpoint, arguments=given) for given in (before, after)]
        return list(changed_fields(runs[0], runs[1]))

    return compare


def describe_values(field: ChangedField) -> tuple[str, str]:
    """Return both values of a field in words, with the different words in brackets."""
    before, after = (
        "".join(p.text if p.kind == "same" else f"[{p.text}]" for p in value.parts)
        for value in (field.before, field.after)
    )
    return before, after


def test_only_fields_that_differ_are_named_by_their_labels(differ):
    (steps, size) = differ(
        {"prompt": "a cat", "num_inference_steps": 28, "image_size": "square_hd"},
        {"prompt": "a cat", "num_inference_steps": 40, "image_size": "landscape_4_3"},
    )
    assert (steps.label, *describe_values(steps)) == ("Number of inference steps", "28", "40")
    assert (size.label, *describe_values(size)) == ("Image size", "Square HD", "Landscape 4:3")


def test_changed_words_of_a_prompt_are_marked(differ):
    (prompt,) = differ({"prompt": "a red cat sat"}, {"prompt": "a blue cat sat"})
    assert describe_values(prompt) == ("a [red] cat sat", "a [blue] cat sat")


def test_a_default_that_was_not_given_counts(differ):
    assert not differ({"prompt": "x"}, {"prompt": "x", "num_inference_steps": 28})
    (steps,) = differ({}, {"num_inference_steps": 4})
    assert describe_values(steps) == ("28", "4")
    assert (steps.before.is_default, steps.after.is_default) == (True, False)


def test_what_no_schema_knows_goes_by_its_name(differ):
    (extra,) = differ({"extra_key": {"deep": [1]}}, {"extra_key": {"deep": [2]}})
    assert (extra.label, extra.is_known) == ("extra_key.deep[0]", False)


def test_an_entry_of_a_list_that_only_one_has(differ):
    (entry,) = differ({"loras": []}, {"loras": [{"scale": 0.5}]})
    assert entry.label == "LoRAs: Item 1"
    assert not entry.before.is_given
    assert describe_values(entry)[1] == '{"scale": 0.5}'


def test_our_pictures_are_shown_as_such(differ):
    address = f"/runs/{uuid.uuid4()}/artifacts/0/"
    (picture,) = differ({"image_url": "https://example.org/a.png"}, {"image_url": address})
    assert picture.after.is_picture
    assert picture.after.address == address
    assert not picture.before.address


def test_runs_of_different_models_are_compared_by_names(
    make_endpoint, make_run, django_assert_max_num_queries
):
    other = {"prompt": {"type": "string"}, "guidance": {"type": "number", "default": 3.5}}
    first = make_run(endpoint=make_endpoint("a/draw", document(INPUTS, "image")))
    second = make_run(endpoint=make_endpoint("a/paint", document(other, "image")))
    Run.objects.filter(pk=first.pk).update(arguments={"prompt": "x", "num_inference_steps": 9})
    Run.objects.filter(pk=second.pk).update(arguments={"prompt": "x", "guidance": 2.0})
    runs = [Run.objects.with_endpoint().get(pk=run.pk) for run in (first, second)]
    with django_assert_max_num_queries(4):
        fields = list(changed_fields(runs[0], runs[1]))
    assert [(field.label, *describe_values(field)) for field in fields] == [
        ("Number of inference steps", "9", ""),
        ("Guidance", "", "2"),
    ]
    assert not fields[0].after.is_given


def test_equal_numbers_of_two_types_do_not_differ(differ):
    assert not differ({"num_inference_steps": 4}, {"num_inference_steps": 4.0})
    assert differ({"extra": 1}, {"extra": True})

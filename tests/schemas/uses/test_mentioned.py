"""A name fills every model with the pictures that it accepts, and names those left out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import build, contract
from schemas.document.openapi import Contract
from schemas.fields.examples import example
from schemas.uses.inputs import inputs_of
from schemas.uses.mentioned import FilledArguments, Mentioned, fill
from schemas.uses.placing import values_at
from schemas.validation import Version, validate
from tests.schemas.strategies import json_values, schemas

TEXT = {"type": "string"}
LIST = {"type": "array", "items": TEXT}
LORAS = {"type": "array", "items": {"type": "object", "properties": {"path": TEXT}}}
OWN = "https://v3.fal.media/own.png"


def pictures(number: int, name: str = "bottle") -> tuple[str, ...]:
    return tuple(f"/uploads/{name}/{place}.png" for place in range(number))


def bottle(number: int = 5, **more: Any) -> Mentioned:
    return Mentioned("bottle", pictures(number), **({"words": "an amber bottle"} | more))


def model(*required: str, **properties: Any) -> Version:
    agreed = Contract(
        {}, {"type": "object", "properties": properties, "required": list(required)}, None
    )
    return Version(agreed, build(agreed))


def fill_mentions(
    version: Version, arguments: dict[str, Any], *known: Mentioned
) -> FilledArguments:
    return fill(version, arguments, {content.name: content for content in known or (bottle(),)})


def sentences(filling: FilledArguments) -> list[str]:
    return [outcome.sentence for outcome in filling.outcomes.values()]


@pytest.mark.parametrize(
    ("limit", "used", "words"),
    [
        (1, 1, "@bottle: 1 of 5 pictures, this model takes 1"),
        (3, 3, "@bottle: 3 of 5 pictures, this model takes 3"),
        (10, 5, "@bottle: 5 pictures"),
    ],
)
def test_a_list_gets_as_many_pictures_as_it_takes(limit, used, words):
    version = model("image_urls", prompt=TEXT, image_urls=LIST | {"maxItems": limit})
    outcome = fill_mentions(version, {"prompt": "a photo of @bottle."})
    assert outcome.arguments == {
        "prompt": "a photo of an amber bottle.",
        "image_urls": [*pictures(used)],
    }
    assert sentences(outcome) == [words]
    assert outcome.outcomes["bottle"].is_whole == (used == 5)


def test_own_pictures_stay_and_count():
    version = model(prompt=TEXT, image_urls=LIST | {"maxItems": 3})
    outcome = fill_mentions(version, {"prompt": "@bottle", "image_urls": [OWN]})
    assert outcome.arguments["image_urls"] == [OWN, *pictures(2)]
    assert sentences(outcome) == ["@bottle: 2 of 5 pictures, there was room for 2"]
    outcome = fill_mentions(version, {"prompt": "@bottle", "image_urls": [OWN, "/a", "/b"]})
    assert outcome.arguments["image_urls"] == [OWN, "/a", "/b"]
    assert "has no room for more" in sentences(outcome)[0]


def test_of_two_single_fields_only_the_first_is_filled():
    version = model("image_url", prompt=TEXT, image_url=TEXT, end_image_url=TEXT)
    outcome = fill_mentions(version, {"prompt": "@bottle turns"})
    assert outcome.arguments == {
        "prompt": "an amber bottle turns",
        "image_url": pictures(1)[0],
    }
    assert sentences(outcome) == ["@bottle: 1 of 5 pictures, this model takes 1"]


def test_a_model_without_pictures_gets_the_description_or_the_name():
    version = model(prompt=TEXT)
    outcome = fill_mentions(version, {"prompt": "@Bottle, @BOTTLE"})
    assert outcome.arguments == {"prompt": "an amber bottle, an amber bottle"}
    assert sentences(outcome) == [
        "@bottle: none of 5 pictures, this model takes none; its description stands in the text"
    ]
    brand = Mentioned("brand-bottle_2", pictures(1))
    assert fill_mentions(version, {"prompt": "@brand-bottle_2"}, brand).arguments == {
        "prompt": "brand bottle 2"
    }


def test_a_description_that_is_too_long_gives_way_to_the_name():
    version = model(prompt=TEXT | {"maxLength": 30})
    outcome = fill_mentions(version, {"prompt": "see @bottle"}, bottle(words="x" * 60))
    assert outcome.arguments == {"prompt": "see bottle"}


def test_two_names_share_a_list():
    version = model(prompt=TEXT, image_urls=LIST | {"maxItems": 3})
    mug = Mentioned("mug", pictures(4, "mug"))
    filling = fill_mentions(version, {"prompt": "@bottle beside @mug"}, bottle(), mug)
    assert filling.arguments["image_urls"] == [*pictures(2), *pictures(1, "mug")]
    assert [len(outcome.used) for outcome in filling.outcomes.values()] == [2, 1]


def test_a_field_that_holds_the_name_gets_its_pictures():
    version = model(
        prompt=TEXT, image_urls=LIST | {"maxItems": 3}, image_url=TEXT, end_image_url=TEXT
    )
    outcome = fill_mentions(version, {"image_urls": [OWN, "@bottle"], "end_image_url": "@bottle"})
    assert outcome.arguments == {
        "image_urls": [OWN, *pictures(2)],
        "end_image_url": pictures(1)[0],
    }
    outcome = fill_mentions(version, {"prompt": "@bottle", "end_image_url": "@bottle"})
    assert outcome.arguments == {"prompt": "an amber bottle", "end_image_url": pictures(1)[0]}


def test_an_unknown_name_is_text_in_a_prompt_and_a_problem_in_a_field():
    version = model(prompt=TEXT, image_url=TEXT)
    outcome = fill_mentions(version, {"prompt": "@botle", "image_url": "@botle"})
    assert outcome.arguments == {"prompt": "@botle", "image_url": "@botle"}
    assert [problem.path for problem in outcome.problems] == [("image_url",)]
    assert "no “@botle”" in outcome.problems[0].message


def test_a_name_without_pictures_leaves_its_field_empty():
    version = model("image_urls", prompt=TEXT, image_urls=LIST, image_url=TEXT)
    outcome = fill_mentions(version, {"image_urls": ["@bottle"], "image_url": "@bottle"}, bottle(0))
    assert outcome.arguments == {}
    assert sentences(outcome) == ["@bottle: it has no pictures"]


def test_what_is_gone_is_said_and_the_rest_used():
    version = model(prompt=TEXT, image_urls=LIST)
    outcome = fill_mentions(version, {"prompt": "@bottle"}, bottle(2, gone=1))
    assert outcome.arguments["image_urls"] == [*pictures(2)]
    assert sentences(outcome) == ["@bottle: 2 pictures; 1 picture is gone"]
    assert not outcome.outcomes["bottle"].is_whole


def test_a_lora_goes_where_the_model_takes_some():
    lora = bottle(1, lora="/runs/x/artifacts/0/")
    takes = model(prompt=TEXT, image_url=TEXT, loras=LORAS)
    outcome = fill_mentions(takes, {"prompt": "@bottle"}, lora)
    assert outcome.arguments["loras"] == [{"path": "/runs/x/artifacts/0/"}]
    assert sentences(outcome) == ["@bottle: 1 picture; its LoRA"]
    outcome = fill_mentions(model(prompt=TEXT, image_url=TEXT), {"prompt": "@bottle"}, lora)
    assert sentences(outcome) == ["@bottle: 1 picture; its LoRA is not used, this model takes none"]


def test_masks_and_negative_prompts_get_no_pictures():
    version = model(prompt=TEXT, negative_prompt=TEXT, mask_url=TEXT, image_url=TEXT)
    outcome = fill_mentions(version, {"prompt": "a shelf", "negative_prompt": "@bottle"})
    assert outcome.arguments == {"prompt": "a shelf", "negative_prompt": "an amber bottle"}
    outcome = fill_mentions(version, {"prompt": "@bottle", "image_url": OWN})
    assert "mask_url" not in outcome.arguments


@pytest.mark.parametrize(
    "text",
    [
        "write to me@bottle.com or @bottle.com",
        "@2x, icon@bottle, bottle@2x",
        "https://x.com/@bottle and @bottle/glass",
        "@bottles @bottle-neck @bottle_2 \\@bottle",
    ],
)
def test_addresses_and_longer_words_are_never_touched(text):
    version = model(prompt=TEXT, image_urls=LIST)
    outcome = fill_mentions(version, {"prompt": text})
    assert outcome == FilledArguments({"prompt": text})


@pytest.fixture(scope="module")
def versions(documents: dict[str, Any]) -> dict[str, Version]:
    agreed = {name: contract(whole) for name, whole in documents.items()}
    return {name: Version(document, build(document)) for name, document in agreed.items()}


def test_every_model_with_pictures_takes_any_name_validly(versions):
    taking = 0
    for name, version in versions.items():
        takers = [taker for taker in inputs_of(version.root) if taker.kind == "image"]
        example_value = example(version.root)
        text = next((i.path for i in inputs_of(version.root) if i.role == "prompt"), "")
        if not takers or not text:
            continue
        taking += 1
        own = {taker.path.partition(".")[0] for taker in takers}
        without = {key: value for key, value in example_value.items() if key not in own}
        for number in (1, 5, 20):
            for arguments in (example_value, without):
                arguments_with_name = {**arguments, text: "a shelf with @bottle"}
                filling = fill_mentions(version, arguments_with_name, bottle(number))
                before = validate(version.contract, arguments_with_name, version.root)
                after = validate(version.contract, filling.arguments, version.root)
                assert not {*after} - {*before}, name
                (outcome,) = filling.outcomes.values()
                there = [
                    value
                    for taker in takers
                    for value in values_at(filling.arguments, taker.path)
                    if value in pictures(number)
                ]
                assert sorted(there) == sorted(outcome.used), name
                is_all = len(outcome.used) == number
                assert is_all == outcome.is_whole
                assert is_all or f"{len(there) or 'none'} of {number} picture" in outcome.sentence
    assert taking >= 8  # the number depends on the sample of documents


@given(schemas, st.dictionaries(st.text(max_size=5), json_values, max_size=3), st.integers(0, 20))
def test_any_schema_and_any_arguments_are_filled(schema, arguments, number):
    agreed = Contract({}, schema if isinstance(schema, dict) else {}, None)
    version = Version(agreed, build(agreed))
    arguments_with_names = {
        **arguments,
        **{child.name: "see @bottle" for child in version.root.children[:3]},
    }
    filling = fill_mentions(version, arguments_with_names, bottle(number))
    before = validate(agreed, arguments_with_names, version.root)
    assert not {*validate(agreed, filling.arguments, version.root)} - {*before}

"""Recipes of other programs are read as these write them, and no content can do harm."""

from __future__ import annotations

import io
import json
import time
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.form import foreign
from playground.form.foreign import ForeignRecipe, automatic1111, comfyui, invokeai
from playground.form.foreign.values import Unreadable
from runs.files.metadata.texts import MOST_BYTES, TooLarge, texts
from tests.playground.form.restoring import pictures
from tests.runs.files.telling_media import encode_picture, gradient, png_chunk
from tests.tables import each_row

pytestmark = pytest.mark.any_database

AUTOMATIC = {
    "prompt": "a mill at dusk,\nby the river",
    "negative_prompt": "people, text",
    "seed": 1234567890123,
    "num_inference_steps": 21,
    "guidance_scale": 7.5,
    "strength": 0.4,
    "image_size": {"width": 512, "height": 768},
}


def read(content: bytes) -> ForeignRecipe | None:
    return foreign.read(texts(io.BytesIO(content)))


@pytest.mark.parametrize(
    "content",
    [
        pictures.AUTOMATIC,
        pictures.jpeg(pictures.PARAMETERS),
        pictures.jpeg(pictures.PARAMETERS, "le"),
        pictures.jpeg(pictures.PARAMETERS, format_="WEBP"),
    ],
    ids=["png", "jpeg", "little-endian", "webp"],
)
def test_settings_of_automatic1111_are_read(content: bytes) -> None:
    recipe = read(content)
    assert recipe is not None
    assert recipe.program == "AUTOMATIC1111"
    assert {name: recipe.arguments[name] for name in AUTOMATIC} == AUTOMATIC
    others = recipe.arguments.keys() - AUTOMATIC.keys()
    assert {"sampler", "model_hash", "version"} <= others


def test_a_packed_text_is_read() -> None:
    packed = b"parameters\0\0" + zlib.compress(pictures.PARAMETERS.encode())
    whole = encode_picture(gradient(), "PNG")
    recipe = read(whole[:33] + png_chunk(b"zTXt", packed) + whole[33:])
    assert recipe is not None
    assert recipe.arguments["seed"] == 1234567890123


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        (
            pictures.GRAPH,
            {
                "prompt": "a mill", "negative_prompt": "people", "seed": 42,
                "num_inference_steps": 25, "guidance_scale": 6.5, "sampler": "euler",
                "image_size": {"width": 640, "height": 480},
            },
        ),
        (
            pictures.FLUX_GRAPH,
            {
                "prompt": "a mill", "seed": 99, "num_inference_steps": 20, "guidance_scale": 3.5,
                "strength": 0.7, "image_size": {"width": 1024, "height": 768},
            },
        ),
    ],
    ids=["ksampler", "flux"],
)  # fmt: skip
def test_settings_are_read_out_of_a_graph_of_comfyui(graph: Any, expected: Any) -> None:
    recipe = read(pictures.png(prompt=json.dumps(graph)))
    assert recipe == ForeignRecipe("ComfyUI", expected)


def test_settings_of_invokeai_are_read() -> None:
    recipe = read(pictures.INVOKEAI)
    assert recipe is not None
    assert recipe.program == "InvokeAI"
    assert recipe.arguments["guidance_scale"] == 5
    assert recipe.arguments["image_size"] == {"width": 512, "height": 512}


@each_row(
    ("keyword", "text", "message"),
    [
        ("parameters", "a mill", "from a program that Vitrine does not know"),
        ("parameters", "", "from a program that Vitrine does not know"),
        ("prompt", "{", "is damaged"),
        ("prompt", "[]", "is damaged"),
        ("prompt", "{}", "no sampler"),
        ("prompt", '{"a":' * 20_000, "is damaged"),
        ("prompt", '{"3": {"inputs": {"positive": ["3", 0]}}}', "is empty"),
        ("prompt", '{"a": ' + "9" * 5000 + "}", "is damaged"),
        ("invokeai_metadata", '{"seed": 1e999, "steps": true}', "is empty"),
        ("workflow", "{}", "but not the settings"),
    ],
)
def test_a_broken_recipe_is_told_in_a_sentence(keyword: str, text: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message) as error:
        read(pictures.png(**{keyword: text}))
    assert str(error.value).endswith(".")


@pytest.mark.exhaustive
def test_a_recipe_that_unpacks_to_a_gigabyte_is_refused_at_once() -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    whole = encode_picture(gradient(), "PNG")
    for kind, head in ((b"zTXt", b"parameters\0\0"), (b"iTXt", b"parameters\0\1\0\0\0")):
        began = time.process_time()
        with pytest.raises(TooLarge, match="larger than 1 MB"):
            texts(io.BytesIO(whole[:33] + png_chunk(kind, head + bomb) + whole[33:]))
        assert time.process_time() - began < 1


def test_a_recipe_of_ten_megabytes_is_refused() -> None:
    with pytest.raises(TooLarge):
        read(pictures.png(parameters="a" * (10 << 20)))


TEXT = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=60)


@given(TEXT, TEXT, st.integers(1, 9999), st.integers(0, 2**63), st.integers(1, 9999))
def test_what_automatic1111_writes_comes_back(
    prompt: str, negative: str, steps: int, seed: int, side: int
) -> None:
    text = (
        f"{prompt}\nNegative prompt: {negative}\n"
        f"Steps: {steps}, Seed: {seed}, Size: {side}x{side}, Model: a"
    )
    arguments = automatic1111.read(text)
    assert arguments.get("prompt", "") == prompt.strip()
    assert arguments.get("negative_prompt", "") == negative.strip()
    assert (arguments["num_inference_steps"], arguments["seed"]) == (steps, seed)
    assert arguments["image_size"] == {"width": side, "height": side}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([["1", 0], ["2", 0], [1, 0]]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["1", "2", "inputs", "positive", "guider", "negative", "text", "seed", "steps", "width",
             "height", "cfg", "denoise", "latent_image", "positive_prompt"]
        ),
        inner,
        max_size=6,
    ),
)  # fmt: skip


@given(JSON, st.sampled_from([comfyui, invokeai]))
def test_any_json_is_read_or_refused_in_a_sentence(document: Any, reader: Any) -> None:
    try:
        arguments = reader.read(json.dumps(document))
    except Unreadable as error:
        assert str(error).endswith(".")  # noqa: PT017
    else:
        recipe = ForeignRecipe(reader.PROGRAM, arguments)
        assert ForeignRecipe.from_text(recipe.as_text()) == recipe


@given(st.binary(max_size=300), st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"eXIf"]))
def test_any_bytes_of_a_text_are_read_or_left_out(content: bytes, kind: bytes) -> None:
    whole = encode_picture(gradient(), "PNG")
    for text in texts(io.BytesIO(whole[:33] + png_chunk(kind, content) + whole[33:])).values():
        assert len(text) <= MOST_BYTES


@given(st.text(max_size=60))
def test_a_typed_recipe_is_one_or_none(text: str) -> None:
    recipe = ForeignRecipe.from_text(text)
    assert recipe is None or isinstance(recipe.arguments, dict)

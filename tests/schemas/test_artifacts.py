"""Every file and text of an output is found, wherever it sits (C32)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from schemas.artifacts import artifacts
from tests.schemas import strategies


def kinds(output: Any) -> list[tuple[str, str]]:
    return [(one.path, one.kind) for one in artifacts(output)]


@pytest.mark.parametrize("url", ["http://[::1", "https://[", "http://\u2100.test/a.png"])
def test_an_address_that_is_none_is_a_file_like_any_other(url: str) -> None:
    assert [(one.url, one.kind) for one in artifacts({"image": {"url": url}})] == [(url, "image")]


def test_c32_nested_files_lists_data_uris_and_plain_urls() -> None:
    output = {
        "images": [
            {"url": "https://f.media/a.png", "width": 8, "height": 4, "content_type": "image/jpeg"},
            {"url": "data:image/webp;base64,AA"},
        ],
        "result": {
            "deep": [
                {
                    "file": {
                        "url": "https://f.media/b.glb",
                        "content_type": "application/octet-stream",
                        "file_size": 12,
                    }
                }
            ]
        },
        "audio_url": "https://f.media/c",
        "model_urls": {"obj": {"url": "https://f.media/d.obj"}},
        "seed": 196619188014358660,
        "video": None,
        "prompt": "https://not.a/file.png",
    }
    assert kinds(output) == [
        ("images[0]", "image"),
        ("images[1]", "image"),
        ("result.deep[0].file", "mesh"),
        ("audio_url", "audio"),
        ("model_urls.obj", "mesh"),
    ]
    first = artifacts(output)[0]
    assert (first.width, first.height, first.content_type, first.file_name) == (
        8,
        4,
        "image/jpeg",
        "a.png",
    )
    assert artifacts(output)[2].size_bytes == 12


def test_a_file_that_stands_there_twice_comes_once() -> None:
    assert (
        len(artifacts({"image": {"url": "https://a/b.png"}, "image_url": "https://a/b.png"})) == 1
    )


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ({"url": "https://a/v.mp4", "content_type": "image/png"}, "video"),
        (
            {
                "url": "https://a/x",
                "content_type": "application/octet-stream",
                "file_name": "w.safetensors",
            },
            "file",
        ),
        ({"url": "https://a/x.wav"}, "audio"),
        ({"url": "https://a/x?y=.png", "content_type": "model/gltf-binary"}, "mesh"),
        ({"url": "https://a/x", "content_type": "video/mp4; codecs=x"}, "video"),
        ({"url": "https://a/x", "content_type": "text/plain"}, "file"),
    ],
)
def test_the_kind_survives_wrong_metadata(file: dict[str, Any], kind: str) -> None:
    assert artifacts({"thing": file})[0].kind == kind


def test_the_keys_above_say_what_nothing_else_says() -> None:
    assert kinds({"video": {"url": "https://a/x"}}) == [("video", "video")]
    assert kinds({"textures": [{"url": "https://a/x"}]}) == [("textures[0]", "image")]


def test_texts_by_their_key() -> None:
    assert kinds({"output": "hello", "seed": 5, "prompt": "x"}) == [("output", "text")]
    assert kinds({"description": "a"}) == [("description", "text")]
    assert kinds({"strange": "the only thing there is"}) == [("strange", "text")]
    assert artifacts({"a": "t", "b": "u"}, {"properties": {"b": {}}})[0].text == "u"
    assert kinds("just text") == [("", "text")]


@given(strategies.json_values)
def test_any_output_is_read(output: Any) -> None:
    for artifact in artifacts(output):
        assert artifact.url or artifact.text


def test_a_workflows_result_is_a_file_by_its_address_whatever_its_name() -> None:
    output = {"sticker": "https://f.media/a/b.png", "back": "words", "page": "https://f.media/p"}
    assert kinds(output) == [("sticker", "image")]

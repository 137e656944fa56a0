"""Words like `name=value` become the model's input, according to its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.cli.errors import CommandFailed
from api.cli.inputs import read_text, read_words, root_of

DOCUMENT = {
    "openapi": "3.0.4",
    "paths": {
        "/x": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["prompt"],
                                "properties": {
                                    "prompt": {"type": "string"},
                                    "image_url": {"type": "string"},
                                    "image_urls": {"type": "array", "items": {"type": "string"}},
                                    "num_images": {"type": "integer"},
                                    "scale": {"type": "number"},
                                    "safe": {"type": "boolean"},
                                    "format": {"enum": ["png", "jpeg"]},
                                    "size": {
                                        "type": "object",
                                        "properties": {"width": {"type": "integer"}},
                                    },
                                    "loras": {"type": "array", "items": {"type": "object"}},
                                    "tags": {"type": "array", "items": {"type": "string"}},
                                    "extra": {"type": "object"},
                                    "seed": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                                },
                            }
                        }
                    }
                }
            }
        }
    },
}


def upload(file: Path, kind: str) -> str:
    return f"/uploads/{kind or 'any'}/{file.name}"


def read(*arguments: str) -> Any:
    return read_words(arguments, root_of(DOCUMENT, "x"), upload)


@pytest.mark.parametrize(
    ("typed", "arguments"),
    [
        (["prompt=a cat"], {"prompt": "a cat"}),
        (["prompt=5"], {"prompt": "5"}),
        (["prompt="], {"prompt": ""}),
        (["prompt=a=b"], {"prompt": "a=b"}),
        (["num_images=4", "scale=1.5"], {"num_images": 4, "scale": 1.5}),
        (["seed=18446744073709551616"], {"seed": 2**64}),
        (["seed=null"], {"seed": None}),
        (["seed=1e3", "scale=1.2e-7"], {"seed": 1000, "scale": 1.2e-7}),
        (["seed=9007199254740993.0"], {"seed": 9007199254740993}),
        (["scale=NaN"], {"scale": "NaN"}),  # the server refuses this
        (["scale=1e999"], {"scale": "1e999"}),
        (["safe=yes"], {"safe": True}),
        (["safe=false"], {"safe": False}),
        (["format=png"], {"format": "png"}),
        (["prompt=@Image1 dances"], {"prompt": "@Image1 dances"}),
        (["prompt=@/etc/hosts"], {"prompt": "@/etc/hosts"}),
        (["tags=@a", "tags=@b"], {"tags": ["@a", "@b"]}),
        (["size.width=@5"], {"size": {"width": "@5"}}),
        (["extra.note=@someone"], {"extra": {"note": "@someone"}}),
        (["extra.image_url=@cat.png"], {"extra": {"image_url": "/uploads/image/cat.png"}}),
        (["image_url=@cat.png"], {"image_url": "/uploads/image/cat.png"}),
        (
            ["image_urls=@a.png", "image_urls=https://x/b.png"],
            {"image_urls": ["/uploads/image/a.png", "https://x/b.png"]},
        ),
        (['image_urls=["https://x/b.png"]'], {"image_urls": ["https://x/b.png"]}),
        (["size.width=512"], {"size": {"width": 512}}),
        (['loras:=[{"path": "x"}]'], {"loras": [{"path": "x"}]}),
        (["prompt:=null"], {"prompt": None}),
        (["num_images=many"], {"num_images": "many"}),  # the server says what is wrong
    ],
)
def test_inputs_are_parsed_by_the_kind_of_field(typed: list[str], arguments: Any) -> None:
    assert read(*typed) == arguments


def test_an_unknown_input_is_accepted_if_allowed() -> None:
    root = root_of(DOCUMENT, "x")
    arguments = read_words(["promt=x", "size.depth=3"], root, upload, allow_unknown=True)
    assert arguments == {"promt": "x", "size": {"depth": 3}}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["promt=x"], "Did you mean prompt"),
        (["zzz=x"], "It takes prompt"),
        (["prompt"], "is not an input"),
        (["=x"], "is not an input"),
        (["prompt=a", "prompt=b"], "given twice"),
        (["loras:=[{"], "not JSON"),
        (["size=512", "size.width=1"], "not an object"),
    ],
)
def test_an_unreadable_input_is_explained(typed: list[str], message: str) -> None:
    with pytest.raises(CommandFailed, match=message):
        read(*typed)


def test_inputs_can_be_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"prompt": "x"}')
    assert read_text(f"@{file}") == read_text('{"prompt": "x"}') == {"prompt": "x"}
    for bad in ("[]", "{", f"@{tmp_path}/none"):
        with pytest.raises(CommandFailed):
            read_text(bad)


def test_every_real_example_can_be_typed_as_inputs(documents: Any) -> None:
    import json

    from schemas.fields.examples import example

    for endpoint_id, document in documents.items():
        root = root_of(document, endpoint_id)
        arguments = example(root)
        typed = [f"{name}:={json.dumps(value)}" for name, value in arguments.items()]
        assert read_words(typed, root, upload) == arguments, endpoint_id

"""Every file and text in an output is found, at any place (C32)."""

import json
from typing import Any

import pytest
from hypothesis import given

from schemas.artifacts import MOST_FOUND, artifacts
from tests.documents import with_case
from tests.sampling import sample
from tests.schemas import strategies
from tests.tables import each_row

C = "https://cdn.test/files"  # upstream's media host
DATA_URI = "data:image/png;base64,iVBORw0KGgo="


def kinds(output: Any) -> list[tuple[str, str]]:
    return [(artifact.path, artifact.kind) for artifact in artifacts(output)]


def find_artifacts(output: Any) -> list[tuple[str, str]]:
    """Return the addresses that are artifacts, with their kinds; `C` is upstream's media host."""
    listed = artifacts(output, is_media=lambda url: url.startswith(C))
    return [(artifact.url.replace(C, "C"), artifact.kind) for artifact in listed if artifact.url]


# Outputs that models have published; `C` is an address served by upstream's media hosts.
OUTPUTS = {
    "list": {"output": ["C/a.png", "C/b.png"]},
    "nested": {"result": {"output": "C/v.mp4"}},
    "frames": {"frames": ["C/a.png"]},
    "bare": "C/a.png",
    "map": {"model_urls": {"glb": "C/x.glb"}},
    "inner": {"textures": [{"base_color": "C/a.png"}]},
    "data-uri": {"x": {"picture": DATA_URI}},
}


def published_output(name: str, host: str = C) -> list[Any]:
    """Return the output with this name, and the output of the file that failed, if there is one."""
    files = with_case("26-results.json", json.dumps(OUTPUTS).encode())
    return [json.loads(file.decode().replace("C/", f"{host}/"))[name] for file in files]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("list", [("C/a.png", "image"), ("C/b.png", "image")]),
        ("nested", [("C/v.mp4", "video")]),
        ("frames", [("C/a.png", "image")]),
        ("bare", [("C/a.png", "image")]),
        ("map", [("C/x.glb", "mesh")]),
        ("inner", [("C/a.png", "image")]),
        ("data-uri", [(DATA_URI, "image")]),
    ],
)
def test_each_address_of_the_published_results_is_an_artifact(name, right):
    for output in published_output(name):
        assert find_artifacts(output) == right


@each_row(
    ("output", "right"),
    [
        ([[f"{C}/a.png"], [{"x": [f"{C}/b.wav"]}]], [("C/a.png", "image"), ("C/b.wav", "audio")]),
        ({"result": {"anything": f"{C}/no-suffix"}}, [("C/no-suffix", "file")]),
        ({"result": {"video": f"{C}/no-suffix"}}, [("C/no-suffix", "video")]),
        ({"prompt": f"{C}/a.png"}, [("C/a.png", "image")]),
        ({"files": {f"{C}/a.png": {"score": 1}}}, [("C/a.png", "image")]),
        ({"output": f"  {C}/a.png\n"}, [("C/a.png", "image")]),
        ({"output": f"{C}/a.png\n{C}/b.png"}, [("C/a.png", "image"), ("C/b.png", "image")]),
        ({"output": f"{C}/a.png, {C}/b.png"}, [("C/a.png", "image"), ("C/b.png", "image")]),
        ({"output": json.dumps({"glb": f"{C}/x.glb"})}, [("C/x.glb", "mesh")]),
        (json.dumps([f"{C}/a.png", DATA_URI]), [("C/a.png", "image"), (DATA_URI, "image")]),
        (
            {"video": {"url": f"{C}/v.mp4", "thumbnail": {"url": f"{C}/t.png"}}},
            [("C/v.mp4", "video"), ("C/t.png", "image")],
        ),
        ({"uri": f"{C}/x", "content_type": "video/mp4"}, [("C/x", "video")]),
    ],
)
def test_an_address_of_upstreams_hosts_is_an_artifact_wherever_it_stands(output, right):
    assert find_artifacts(output) == right


@pytest.mark.parametrize(
    "text",
    [
        f"The fox is at {C}/a.png, have a look.", f"{C}/a.png shows a fox", f"![A fox]({C}/a.png)",
        f'{{"page": "see {C}/a.png"}}', f"{{ not JSON {C}/a.png",
        "https://elsewhere.test/an/article", '{"url": "https://elsewhere.test/an/article"}',
        "data: a word, and another",
    ],
)  # fmt: skip
def test_prose_that_mentions_an_address_stays_a_text(text):
    listed = artifacts({"output": text, "seed": 1}, is_media=lambda url: url.startswith(C))
    assert [(artifact.kind, artifact.text) for artifact in listed] == [("text", text)]


def test_files_keep_document_order_without_duplicates():
    described = {"url": f"{C}/b", "content_type": "video/mp4", "width": 8}
    output = {"all": [f"{C}/z.png", f"{C}/b", f"{C}/a.png"], "film": described}
    assert find_artifacts(output) == [("C/z.png", "image"), ("C/b", "video"), ("C/a.png", "image")]


def test_many_texts_do_not_displace_a_later_file():
    output = {"texts": [str(n) for n in range(MOST_FOUND + 5)], "image": {"url": f"{C}/a.png"}}
    assert find_artifacts(output) == [("C/a.png", "image")]


@pytest.mark.parametrize(
    "shape", sample([list, lambda urls: {f"k{n}": url for n, url in enumerate(urls)}], 1, by_seed=0)
)
def test_tens_of_thousands_of_addresses_are_bounded(shape):
    assert (
        len(find_artifacts({"x": shape([f"{C}/{n}.png" for n in range(3 * MOST_FOUND)])}))
        == MOST_FOUND
    )


def test_an_address_is_found_below_hundreds_of_levels():
    output: Any = f"{C}/a.png"
    for _ in range(900):
        output = [output]
    assert find_artifacts(output) == [("C/a.png", "image")]


@pytest.mark.parametrize("url", ["http://[::1", "https://[", "http://\u2100.test/a.png"])
def test_an_invalid_address_is_still_listed_as_a_file(url):
    assert [(artifact.url, artifact.kind) for artifact in artifacts({"image": {"url": url}})] == [
        (url, "image")
    ]


def test_c32_nested_files_lists_data_uris_and_plain_urls():
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


def test_a_repeated_file_is_listed_once():
    assert (
        len(artifacts({"image": {"url": "https://a/b.png"}, "image_url": "https://a/b.png"})) == 1
    )


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ({"url": "https://a/v.mp4", "content_type": "image/png"}, "video"),
        ({"url": "https://a/x", "content_type": "application/octet-stream",
          "file_name": "w.safetensors"}, "file"),
        ({"url": "https://a/x.wav"}, "audio"),
        ({"url": "https://a/x.obj", "content_type": "text/plain"}, "mesh"),
        ({"url": "https://a/x.splat?y", "content_type": "video/mp4"}, "mesh"),
        ({"url": "https://a/x?y=.png", "content_type": "model/gltf-binary"}, "mesh"),
        ({"url": "https://a/x", "content_type": "video/mp4; codecs=x"}, "video"),
        ({"url": "https://a/x", "content_type": "text/plain"}, "file"),
    ],
)  # fmt: skip
def test_the_kind_is_found_despite_wrong_metadata(file, kind):
    assert artifacts({"thing": file})[0].kind == kind


def test_the_parent_key_decides_the_kind_last():
    assert kinds({"video": {"url": "https://a/x"}}) == [("video", "video")]
    assert kinds({"textures": [{"url": "https://a/x"}]}) == [("textures[0]", "image")]


def test_texts_are_found_by_their_key():
    assert kinds({"output": "hello", "seed": 5, "prompt": "x"}) == [("output", "text")]
    assert kinds({"description": "a"}) == [("description", "text")]
    assert kinds({"strange": "the only thing there is"}) == [("strange", "text")]
    assert artifacts({"a": "t", "b": "u"}, {"properties": {"b": {}}})[0].text == "u"
    assert kinds("just text") == [("", "text")]


@given(strategies.json_values)
def test_any_output_gives_artifacts(output):
    for artifact in artifacts(output):
        assert artifact.url or artifact.text


def test_a_workflows_result_is_a_file_by_its_address_whatever_its_name():
    output = {"sticker": "https://f.media/a/b.png", "back": "words", "page": "https://f.media/p"}
    assert kinds(output) == [("sticker", "image")]

"""Every model with its example: real output, as its schema promises, the same by seed."""

import io
import json
import re
import struct
import wave
import zipfile
from collections.abc import Iterator
from typing import Any

import av
import httpx
import numpy as np
import pytest
import trimesh
from jsonschema import Draft202012Validator
from PIL import Image

from sandbox.contract.openapi import REF, addressed, document
from sandbox.contract.registry import Model
from sandbox.models import MODELS
from tests.sampling import sample
from tests.sandbox.server import RunningSandbox
from tests.sandbox.wire import result, submit

pytestmark = pytest.mark.system  # takes long

ALWAYS_FAILS = {"mischief/silent"}
# They differ from interlude/fast in their price only, and make a film each.
LIKE_INTERLUDE = {
    f"sandbox/interlude/{tier}/first-last-frame-to-video" for tier in ("standard", "pro", "cinema")
}
RUNNABLE = [model for model in MODELS if model.endpoint_id not in ALWAYS_FAILS | LIKE_INTERLUDE]
SMALL = {"width": 192, "height": 144}
# Smaller than the examples, where those would take long.
LIGHTER: dict[str, dict[str, Any]] = {
    "mischief/slow": {"duration": 0},
    "mischief/clock": {"words": 3},
    "mischief/huge": {"megabytes": 0.5},
    "murmur/tones": {"duration": 2},
    "sandbox/relief": {"detail": "64"},
}


def arguments_for(model: Model, sandbox: RunningSandbox, **more: Any) -> dict[str, Any]:
    """The example, made smaller and with a seed where the model takes one."""
    fields = model.input["properties"]
    example = model.example() | LIGHTER.get(model.endpoint_id, {})
    if "image_size" in fields and model.category == "text-to-image":
        example["image_size"] = SMALL
    if "seed" in fields:
        example["seed"] = 7
    filled: dict[str, Any] = addressed(example | more, sandbox.addresses)
    return filled


def run(http: httpx.Client, sandbox: RunningSandbox, endpoint_id: str, **more: Any) -> Any:
    """The output of a model for its example, with some arguments changed."""
    model = next(each for each in MODELS if each.endpoint_id == endpoint_id)
    arguments = arguments_for(model, sandbox, **more)
    answer = http.post(f"{sandbox.addresses['run']}/{endpoint_id}", json=arguments)
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()


def media(value: Any) -> Iterator[dict[str, Any]]:
    """Every File anywhere in an output."""
    if isinstance(value, dict):
        if isinstance(value.get("url"), str):
            yield value
        for item in value.values():
            yield from media(item)
    elif isinstance(value, list):
        for item in value:
            yield from media(item)


def output_schema(model: Model, sandbox: RunningSandbox) -> dict[str, Any]:
    """The output schema, found where section 4.2 says."""
    openapi = document(model, sandbox.addresses)
    answer = openapi["paths"][f"/{model.endpoint_id}/requests/{{request_id}}"]["get"]["responses"][
        "200"
    ]
    schema: dict[str, Any] = {**answer["content"]["application/json"]["schema"], **openapi}
    text = json.dumps(schema).replace('"nullable": true', '"x-nullable": true')
    bridged: dict[str, Any] = json.loads(text)
    assert bridged["$ref"].startswith(REF)
    return bridged


@pytest.mark.parametrize("model", sample(RUNNABLE, 10), ids=lambda model: model.endpoint_id)
def test_the_example_runs_and_its_media_are_what_they_claim(
    http: httpx.Client, sandbox: RunningSandbox, model: Model
) -> None:
    handle = submit(http, sandbox, model.endpoint_id, arguments_for(model, sandbox))
    answer = result(http, handle)
    assert answer.status_code == 200, answer.text[:500]
    Draft202012Validator(output_schema(model, sandbox)).validate(answer.json())
    if model.endpoint_id == "mischief/mislabelled":
        return
    for file in media(answer.json()):
        if file["url"].startswith("data:"):
            continue
        fetched = httpx.get(file["url"], timeout=60)
        assert fetched.status_code == 200
        assert fetched.headers["content-type"] == file["content_type"]
        assert len(fetched.content) == file["file_size"]
        examine(file, fetched.content)


def examine(file: dict[str, Any], data: bytes) -> None:
    """Decode a file with an independent reader and hold it to what is said about it."""
    kind = file["content_type"]
    if kind.startswith("image/"):
        image = Image.open(io.BytesIO(data))
        image.load()
        assert Image.MIME[str(image.format)] == kind
        assert image.size == (file["width"], file["height"])
        assert len(set(image.convert("L").resize((32, 32)).tobytes())) > 1  # not one flat colour
    elif kind == "video/mp4":
        examine_video(file, data)
    elif kind == "audio/wav":
        with wave.open(io.BytesIO(data)) as sound:
            assert sound.getnchannels() == file["channels"]
            assert sound.getframerate() == file["sample_rate"]
            assert sound.getnframes() / sound.getframerate() == pytest.approx(
                file["duration"], abs=0.01
            )
            assert np.abs(np.frombuffer(sound.readframes(10**7), "<i2")).max() > 3000
    elif kind == "audio/mpeg":
        with av.open(io.BytesIO(data), "r") as container:
            assert container.streams.audio[0].codec_context.name.startswith("mp3")
            samples = sum(int(frame.samples) for frame in container.decode(audio=0))
            rate = container.streams.audio[0].rate
        assert rate == file["sample_rate"]
        assert samples / rate == pytest.approx(file["duration"], abs=0.15)
    elif kind == "model/gltf-binary":
        assert struct.unpack("<4sII", data[:12]) == (b"glTF", 2, len(data))
        mesh: Any = trimesh.load(io.BytesIO(data), file_type="glb", force="mesh")
        assert len(mesh.faces) > 1000
        assert len(np.unique(mesh.visual.vertex_colors, axis=0)) > 20
    else:
        json.loads(data)


def examine_video(file: dict[str, Any], data: bytes) -> None:
    """H.264 in yuv420p, its index in front, moving."""
    assert data.find(b"moov") < data.find(b"mdat")
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert frames[0].shape[:2] == (file["height"], file["width"])
    assert len(frames) == file["num_frames"]
    assert len(frames) / file["fps"] == pytest.approx(file["duration"], abs=0.05)
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 0.5


SEEDED = [
    model
    for model in RUNNABLE
    if "seed" in model.input["properties"]
    and model.category not in ("image-to-video", "text-to-video")
]


@pytest.mark.parametrize("model", sample(SEEDED, 5), ids=lambda model: model.endpoint_id)
def test_the_same_seed_makes_the_same_bytes_and_another_does_not(
    http: httpx.Client, sandbox: RunningSandbox, model: Model
) -> None:
    small = {"image_url": f"{sandbox.addresses['files']}/thumbs/atelier/bloom.webp"}
    more = small if "image_url" in model.input["properties"] else {}

    def outputs_of_seed(seed: int) -> list[bytes]:
        output = run(http, sandbox, model.endpoint_id, seed=seed, **more)
        files = [
            http.get(f["url"]).content for f in media(output) if not f["url"].startswith("data:")
        ]
        rest = re.sub(r"http://[^\"]*|\"timings\": {[^}]*}", "", json.dumps(output))
        return [*files, rest.encode()]

    first = outputs_of_seed(7)
    assert outputs_of_seed(7) == first
    assert outputs_of_seed(8) != first


@pytest.mark.parametrize(
    "endpoint_id", ["sandbox/drift/text-to-video", "sandbox/drift/image-to-video"]
)
def test_videos_are_reproducible_frame_by_frame(
    http: httpx.Client, sandbox: RunningSandbox, endpoint_id: str
) -> None:
    first, second = (
        http.get(run(http, sandbox, endpoint_id, seed=3)["video"]["url"]).content for _ in (1, 2)
    )
    assert first == second


MIXED = {"sandbox/aurora", "sandbox/aurora/lite", "atelier/letterpress"}  # show their opposite, too
PAINTERS = [
    m.endpoint_id for m in RUNNABLE if m.work.startswith("pictures.paint:") and m.status == "active"
]


@pytest.mark.parametrize("endpoint_id", PAINTERS)
def test_the_prompt_changes_the_picture(
    http: httpx.Client, sandbox: RunningSandbox, endpoint_id: str
) -> None:
    def colour(prompt: str) -> np.ndarray[Any, Any]:
        output = run(http, sandbox, endpoint_id, prompt=prompt, output_format="png")
        image = Image.open(io.BytesIO(http.get(output["images"][0]["url"]).content))
        small = image.convert("RGB").resize((8, 6))
        return np.asarray(small, float)

    ember, ocean = colour("a desert of warm clay"), colour("a cold blue ocean")
    assert np.abs(ember - ocean).mean() > 4
    balance = [float((c[..., 0] - c[..., 2]).mean()) for c in (ember, ocean)]
    if endpoint_id not in MIXED:
        assert balance[0] > balance[1] + 5  # redder against bluer


@pytest.mark.parametrize("size", ["square", "portrait_16_9", {"width": 100, "height": 300}])
def test_the_requested_size_and_count_are_made(
    http: httpx.Client, sandbox: RunningSandbox, size: Any
) -> None:
    output = run(http, sandbox, "atelier/tessera", image_size=size, num_images=2)
    presets = {"square": (512, 512), "portrait_16_9": (576, 1024)}
    wanted = presets[size] if isinstance(size, str) else (size["width"], size["height"])
    assert [(image["width"], image["height"]) for image in output["images"]] == [wanted] * 2
    contents = {http.get(image["url"]).content for image in output["images"]}
    assert len(contents) == 2
    assert output["has_nsfw_concepts"] == [False, False]


def test_a_missing_side_of_an_image_size_is_its_default(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    (image,) = run(http, sandbox, "atelier/tessera", image_size={"width": 64})["images"]
    assert (image["width"], image["height"]) == (64, 512)


def test_loras_change_the_picture_and_the_trainer_makes_one(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    def picture(**more: Any) -> bytes:
        output = run(http, sandbox, "sandbox/aurora", output_format="png", **more)
        return http.get(output["images"][0]["url"]).content

    trained = run(http, sandbox, "sandbox/aurora/trainer")["diffusers_lora_file"]["url"]
    plain = picture()
    with_lora = picture(loras=[{"path": trained}])
    assert len({plain, with_lora, picture(loras=[{"path": trained, "scale": 0.2}])}) == 3


@pytest.mark.parametrize(
    ("count", "kind"),
    [
        (1, "archive_file_count_below_minimum"),
        (61, "archive_file_count_exceeds_maximum"),
        (0, "invalid_archive"),
    ],
)
def test_the_trainer_counts_what_is_in_the_archive(
    http: httpx.Client, sandbox: RunningSandbox, count: int, kind: str
) -> None:
    import base64

    buffer = io.BytesIO(b"" if count else b"no archive")
    if count:
        with zipfile.ZipFile(buffer, "w") as packed:
            for number in range(count):
                packed.writestr(f"{number}.png", b"")
    url = f"data:application/zip;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    answer = http.post(
        f"{sandbox.addresses['run']}/sandbox/aurora/trainer", json={"images_data_url": url}
    )
    (fault,) = answer.json()["detail"]
    assert fault["type"] == kind
    assert fault["ctx"]["supported_extensions"]


def test_edit_models_perform_their_edits(http: httpx.Client, sandbox: RunningSandbox) -> None:
    def edited(endpoint_id: str, key: str = "image", **more: Any) -> Image.Image:
        file = run(http, sandbox, endpoint_id, **more)[key]
        return Image.open(io.BytesIO(http.get(file["url"]).content))

    assert edited("sandbox/lens", image_size={"width": 50, "height": 40}).size == (50, 40)
    assert edited("sandbox/lens", rotate=90).size == (576, 768)
    assert edited("sandbox/lens/upscale", scale="2").size == (1536, 1152)
    assert edited(
        "sandbox/lens/outpaint", expand_left=8, expand_right=0, expand_top=0, expand_bottom=16
    ).size == (776, 592)
    cut = edited("sandbox/lens/remove-background")
    assert cut.mode == "RGBA"
    assert cut.getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert cut.getpixel((384, 320))[3] == 255  # type: ignore[index]
    two = edited("sandbox/lens/duotone", shadows="#000000", highlights="#ff0000")
    assert max(two.convert("RGB").getchannel("B").tobytes()) == 0


def test_measurements_are_of_the_sent_picture(http: httpx.Client, sandbox: RunningSandbox) -> None:
    import base64

    buffer = io.BytesIO()
    Image.new("RGB", (64, 32), "#ff0000").save(buffer, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    facts = run(http, sandbox, "sandbox/eye/json", image_url=url)["result"]
    assert (facts["width"], facts["height"], facts["orientation"]) == (64, 32, "wide")
    assert facts["palette"][0]["hex"] == "#ff0000"
    text = run(http, sandbox, "sandbox/eye", image_url=url, prompt="which colours?")["output"]
    assert "red" in text


def test_transcription_finds_the_spoken_words(http: httpx.Client, sandbox: RunningSandbox) -> None:
    spoken = run(
        http,
        sandbox,
        "murmur/voice",
        text="One. Two. Three.",
        voice={"name": "Bram", "pitch": -2},
        output_format="wav",
    )
    transcript = run(
        http, sandbox, "murmur/listen", audio_url=spoken["audio"]["url"], min_segment=0.1
    )
    assert len(transcript["chunks"]) == 3
    for chunk, word in zip(transcript["chunks"], spoken["words"], strict=True):
        assert chunk["timestamp"][0] == pytest.approx(word["start"], abs=0.12)
        assert chunk["timestamp"][1] == pytest.approx(word["end"], abs=0.12)
    pitches = [chunk["pitch_hz"] for chunk in transcript["chunks"] if chunk["pitch_hz"]]
    assert np.median(pitches) == pytest.approx(104 * 2 ** (-2 / 12), rel=0.2)


def test_the_video_model_finds_the_cut(http: httpx.Client, sandbox: RunningSandbox) -> None:
    seen = run(http, sandbox, "sandbox/eye/video")
    assert [scene["start"] for scene in seen["scenes"]] == [0.0, 1.5]


def test_reversing_a_video_reverses_its_frames(http: httpx.Client, sandbox: RunningSandbox) -> None:
    def frames(data: bytes) -> list[Any]:
        with av.open(io.BytesIO(data), "r") as container:
            return [f.to_ndarray(format="gray").astype(int) for f in container.decode(video=0)]

    before = frames(http.get(f"{sandbox.addresses['files']}/examples/film.mp4").content)
    after = frames(
        http.get(run(http, sandbox, "sandbox/drift/video-to-video")["video"]["url"]).content
    )
    assert np.abs(before[0] - after[-1]).mean() < 4 < np.abs(before[0] - after[0]).mean()


@pytest.mark.parametrize(
    ("endpoint_id", "field", "kind"),
    [
        ("sandbox/lens", "image_url", "image_load_error"),
        ("murmur/listen", "audio_url", "unsupported_audio_format"),
        ("sandbox/eye/video", "video_url", "unsupported_video_format"),
        ("sandbox/relief/remesh", "model_url", "value_error"),
    ],
)
def test_files_that_are_not_media_are_refused(
    http: httpx.Client, sandbox: RunningSandbox, endpoint_id: str, field: str, kind: str
) -> None:
    url = f"{sandbox.addresses['run']}/{endpoint_id}"
    answer = http.post(url, json={field: "data:application/octet-stream;base64,bm90aGluZw=="})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == kind
    assert answer.json()["detail"][0]["loc"] == ["body", field]


@pytest.mark.parametrize("length", [60, 140, 150, 160, 180, 400])
def test_a_long_table_is_cut_between_rows(
    http: httpx.Client, sandbox: RunningSandbox, length: int
) -> None:
    text = run(http, sandbox, "sandbox/scribe", max_tokens=length)["output"]
    tables = [part.split("\n") for part in text.split("\n\n") if "|" in part]
    assert all(len(rows) > 2 and rows[1] == "|---|--:|---|" for rows in tables)
    assert all(row.startswith("| ") and row.count("|") == 4 for rows in tables for row in rows[2:])
    assert tables or length < 180

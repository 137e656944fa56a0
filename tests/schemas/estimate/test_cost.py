"""A run's cost from its price's unit and its arguments; no figure is guessed silently."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import build, contract
from schemas.estimate import Estimate, History, Media, Model, Price, estimate
from schemas.facts.capabilities import read_capabilities
from tests.documents import document_ids, read_document
from tests.sampling import sample
from tests.schemas import hostile, strategies
from tests.schemas.laws import cases
from tests.tables import each_row

UNITS = [
    "images", "megapixels", "seconds", "5 seconds", "minutes", "compute seconds", "videos", "",
    "1000 characters", "1M tokens", "steps", "units", "video segments", "input images", "frames",
    "input megapixels", "input seconds", "720p second", "words", "generations", "nonsense",
]  # fmt: skip


def model(*, makes: str = "image", expected_s: float | None = None, **properties: Any) -> Model:
    schema = {"type": "object", "properties": properties}
    document = {"paths": {"/": {"post": {"requestBody": {"content": {
        "application/json": {"schema": schema}}}}}}}  # fmt: skip
    return Model(build(contract(document)), frozenset(makes.split()), expected_s)


def text_schema(**more: Any) -> Any:
    return {"type": "string", **more}


def integer(default: Any = None, **more: Any) -> Any:
    return {"type": "integer", **more} | ({} if default is None else {"default": default})


def cost(unit: str, arguments: Any, of: Model, price: str = "0.10", **more: Any) -> Estimate:
    return estimate(Price(Decimal(price), unit), arguments, of, **more)


SIZE = {
    "anyOf": [
        {"type": "object", "properties": {"width": integer(512), "height": integer(512)}},
        {"type": "string", "enum": ["square_hd", "square", "landscape_4_3"]},
    ],
    "default": "landscape_4_3",
}
IMAGES = model(prompt=text_schema(), num_images=integer(1, maximum=4), image_size=SIZE)
VIDEO = model(
    makes="video",
    prompt=text_schema(),
    duration=text_schema(enum=["5", "10"], default="5"),
    resolution=text_schema(enum=["720p", "1080p"], default="720p"),
    aspect_ratio=text_schema(enum=["16:9", "9:16"], default="16:9"),
)
FRAMES = model(
    makes="video", num_frames=integer(81), frames_per_second=integer(16), prompt=text_schema()
)
SPEECH = model(
    makes="audio", text=text_schema(), voice_prompt=text_schema(), style_instructions=text_schema()
)
CHAT = model(makes="text", prompt=text_schema(), max_tokens=integer(), system_prompt=text_schema())
QUALIFIED = model(makes="lora", number_of_training_steps=integer(500), warmup_steps=integer(10))
TRAINER = model(makes="lora", images_data_url=text_schema(), steps=integer(1000), rank=integer(16))
UPSCALER = model(image_url=text_schema(), upscale_factor={"type": "number", "default": 2})
LIP_SYNC = model(makes="video", video_url=text_schema(), audio_url=text_schema())


@each_row(
    ("of", "unit", "arguments", "sentence", "basis"),
    [
        (IMAGES, "images", {}, "about $0.10", "1 image (the default) × $0.10"),
        (IMAGES, "image", {"num_images": 3}, "about $0.30", "3 images × $0.10"),
        (IMAGES, "runs", {"num_images": 3}, "about $0.10", "1 run × $0.10"),
        (IMAGES, "generations", {"num_images": 2}, "about $0.20", "2 generations × $0.10"),
        (IMAGES, "megapixels", {}, "about $0.10",
         "1 MP (1024 × 768, the default) × $0.10"),
        (IMAGES, "megapixels", {"image_size": "square_hd", "num_images": 2}, "about $0.20",
         "2 images × 1 MP (1024 × 1024) × $0.10"),
        (IMAGES, "megapixels", {"image_size": {"width": 2000, "height": 1000}}, "about $0.20",
         "2 MP (2000 × 1000) × $0.10"),
        (IMAGES, "megapixels", {"image_size": {"width": 1920, "height": 1088}}, "about $0.20",
         "2 MP (1920 × 1088) × $0.10"),
        (IMAGES, "pixels", {"image_size": {"width": 10, "height": 10}}, "about $10.00",
         "0 MP (10 × 10) × $0.10 per pixel"),
        (VIDEO, "seconds", {}, "about $0.50", "5 s (the default) × $0.10"),
        (VIDEO, "seconds", {"duration": "10"}, "about $1.00", "10 s × $0.10"),
        (VIDEO, "seconds", {"duration": "8s"}, "about $0.80", "8 s × $0.10"),
        (VIDEO, "seconds", {"duration": "auto"}, "$0.50 to $1.00", "5 to 10 s × $0.10"),
        (VIDEO, "5 seconds", {"duration": "10"}, "about $0.20", "10 s × $0.10 per 5 seconds"),
        (VIDEO, "minutes", {"duration": "10"}, "about $0.017", "10 s × $0.10 per minute"),
        (VIDEO, "videos", {"duration": "10"}, "about $0.10", "1 video × $0.10"),
        (VIDEO, "video segments", {}, "at least $0.10", "1 segment or more × $0.10"),
        (VIDEO, "720p second", {}, "about $0.50", "5 s (the default) × $0.10"),
        (VIDEO, "720p second", {"resolution": "1080p"}, "at least $0.50",
         "The list price is for 720p; this run asks for 1080p."),
        (VIDEO, "seconds", {"resolution": "1080p"}, "about $0.50",
         "Upstream may charge more or less for resolution 1080p."),
        (FRAMES, "seconds", {}, "about $0.51",
         "5.062 s (81 frames at 16 per second) × $0.10"),
        (FRAMES, "frames", {"num_frames": 40}, "about $4.00", "40 frames × $0.10"),
        (SPEECH, "1000 characters", {"text": "a" * 1200}, "about $0.12",
         "1,200 characters × $0.10 per 1,000 characters"),
        (SPEECH, "1000 characters", {"text": "abcd", "voice_prompt": "x" * 900}, "about $0.0004",
         "4 characters × $0.10 per 1,000 characters"),
        (SPEECH, "1000 characters", {}, "Price unknown", "There is no text yet."),
        (SPEECH, "minutes", {"text": "a" * 1080}, "$0.10 to $0.15",
         "60 to 90 s × $0.10 per minute"),
        (CHAT, "1000 tokens", {"prompt": "a" * 396, "max_tokens": 900}, "$0.01 to $0.10",
         "100 to 1,000 tokens × $0.10 per 1,000 tokens"),
        (CHAT, "1000 tokens", {"prompt": "a" * 396}, "at least $0.01",
         "The length of the answer is not known."),
        (TRAINER, "steps", {"steps": 2000}, "about $200.00", "2,000 steps × $0.10"),
        (TRAINER, "steps", {}, "about $100.00", "1,000 steps (the default) × $0.10"),
        (QUALIFIED, "steps", {}, "about $50.00", "500 steps (the default) × $0.10"),
        (UPSCALER, "megapixels", {}, "Price unknown", "How large the result will be is not known."),
        (UPSCALER, "units", {}, "Price unknown", "$0.10 per unit"),
        (LIP_SYNC, "seconds", {}, "Price unknown", "How long the result will be is not known."),
        (IMAGES, "compute seconds", {}, "Price unknown",
         "How long the model works is not known: no run has succeeded here yet."),
    ],
)  # fmt: skip
def test_a_run_costs_its_units_times_the_price(of, unit, arguments, sentence, basis):
    price = cost(unit, arguments, of)
    assert price.label == sentence
    assert basis in price.basis


def test_no_price_is_unknown_and_no_charge_is_free():
    unpriced = estimate(Price(None, "images"), {}, IMAGES)
    assert (unpriced.label, unpriced.is_known) == ("Price unknown", False)
    free = cost("units", {}, IMAGES, "0")
    assert (free.label, free.is_free) == ("Free", True)


def test_input_files_determine_size_and_length():
    media = {"/a": Media(1000, 500), "/v": Media(1280, 720, 12.5), "/s": Media(None, None, 3.0)}
    grown = cost("megapixels", {"image_url": "/a"}, UPSCALER, media=media)
    assert grown.basis == ("2 MP (the input × 2) × $0.10",)
    price = cost("input megapixels", {"image_url": "/a"}, UPSCALER, media=media)
    assert price.basis == ("1 MP of input × $0.10",)
    synced = cost("seconds", {"video_url": "/v", "audio_url": "/s"}, LIP_SYNC, media=media)
    assert synced.basis == ("12.5 s of input × $0.10",)
    media["/v"] = Media(96, 72, 10.0, 1.0)  # its pictures stop early
    stopped = cost("seconds", {"video_url": "/v", "audio_url": "/s"}, LIP_SYNC, "0.01", media=media)
    assert (stopped.low, stopped.high) == (Decimal("0.01"), Decimal("0.10"))
    counted = cost("input images", {"image_url": "/unknown"}, UPSCALER)
    assert counted.basis == ("1 input image × $0.10",)


def test_lists_are_summed():
    talk = model(
        makes="audio",
        dialogue={"type": "array", "items": {"type": "object", "properties": {
            "text": text_schema(), "voice": text_schema()}}},
    )  # fmt: skip
    lines = [{"text": "Hello", "voice": "Somebody else"}, {"text": "there", "voice": "x"}]
    assert cost("characters", {"dialogue": lines}, talk).basis == ("10 characters × $0.10",)
    shots = model(
        makes="video",
        duration=text_schema(default="5"),
        multi_prompt={"type": "array", "items": {"type": "object", "properties": {
            "prompt": text_schema(), "duration": text_schema(default="5")}}},
    )  # fmt: skip
    listed = [{"prompt": "a", "duration": "3"}, {"prompt": "b", "duration": "4"}]
    assert cost("seconds", {"multi_prompt": listed}, shots).basis == ("7 s in 2 shots × $0.10",)


def test_max_images_allows_fewer():
    of = model(num_images=integer(2), max_images=integer(1))
    assert cost("images", {"max_images": 3}, of).label == "$0.20 to $0.60"


def test_what_runs_usually_cost_is_a_hint_and_no_limit():
    """A video of an hour was started at the four cents that earlier videos had cost."""
    past = History(7, Decimal("4.5"), Decimal(9))
    for unit in ("units", "compute seconds", "seconds", "megapixels of input", "tokens"):
        hinted = cost(unit, {}, CHAT, history=past)
        assert (hinted.most, hinted.label) == (None, "usually $0.45"), unit
    assert cost("units", {}, IMAGES, history=past).basis == (
        "4.5 units (the median of 7 earlier runs) × $0.10",
    )
    timed = cost("compute seconds", {}, IMAGES, history=History(1, None, Decimal(9)))
    assert timed.basis == ("9.0 s (as the earlier run) × $0.10",)
    assert cost("images", {}, IMAGES, history=past).label == "about $0.10"
    assert cost("1000 tokens", {"prompt": "a"}, CHAT, history=past).basis == (
        "4.5 × 1,000 tokens (the median of 7 earlier runs) × $0.10",
    )
    each = cost("images", {}, IMAGES)
    both = cost("units", {}, IMAGES, history=past).times(2) + each
    assert (both.most, both.label, both.unknown_count) == (None, "usually $1.00", 0)
    slow = Model(IMAGES.root, IMAGES.makes, 30.0)
    assert cost("compute seconds", {}, slow).basis == ("30 s (as upstream expects) × $0.10",)


DOCUMENTS = [read_document(name) for name in sample(document_ids(), 7, by_seed=1)]


def model_of(document: Any) -> Model:
    makes = [fact[4:] for fact in read_capabilities(document).facts if fact.startswith("out:")]
    return Model(build(contract(document)), frozenset(makes))


def assert_is_sane(price: Estimate) -> None:
    assert price.label
    assert price.low is None or price.low >= 0
    assert price.high is None or (price.low is not None and price.high >= price.low)
    assert all(line and "\n" not in line for line in price.basis)


@each_row("unit", UNITS)
@each_row("document", DOCUMENTS)
def test_documents_have_an_estimate(document, unit):
    of = model_of(document)
    examples = {field.name: field.examples[0] for field in of.root.children if field.examples}
    for arguments in ({}, examples, dict.fromkeys(examples), dict.fromkeys(examples, -1)):
        assert_is_sane(estimate(Price(Decimal("0.05"), unit), arguments, of))


@settings(max_examples=cases(15))
@given(
    document=st.sampled_from(DOCUMENTS).flatmap(hostile.mutations),
    arguments=strategies.json_values,
    unit=st.sampled_from(UNITS) | st.text(max_size=30),
)
def test_any_document_and_arguments_have_an_estimate(document, arguments, unit):
    root = build(contract(document))
    named = {field.name: arguments for field in root.children}
    for given_ in (arguments, named):
        for makes in (frozenset[str](), frozenset({"video"}), frozenset({"audio"})):
            of = Model(root, makes)
            assert_is_sane(estimate(Price(Decimal("0.05"), unit), given_, of))


@given(count=st.integers(1, 50), width=st.integers(64, 8192), height=st.integers(64, 8192))
def test_megapixels_are_rounded_up_for_each_picture(count, width, height):
    size = {"width": width, "height": height}
    price = cost("megapixels", {"num_images": count, "image_size": size}, IMAGES, "1")
    assert price.low == price.high == -(-width * height // 1024**2) * count

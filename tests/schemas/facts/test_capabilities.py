"""What documents say a model can do; people read them and wrote the expectations by hand."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.facts.capabilities import MAX_FACTS, read_capabilities
from tests.schemas import hostile, strategies
from tests.schemas.facts.documents import document, facts
from tests.tables import each_row

PRESETS = (
    "ratio:1:1 ratio:3:4 ratio:9:16 ratio:4:3 ratio:16:9 size:1024x1024 size:512x512 size:768x1024 "
    "size:576x1024 "
    "size:1024x768 size:1024x576 megapixels:0.26-1.1"
)
REAL = {
    "fal-ai/flux/dev": f"in:text out:image can:seed can:batch outputs:1-4 {PRESETS}",
    "fal-ai/recraft-v3": f"in:text out:image {PRESETS}",
    "fal-ai/stable-diffusion-v35-large": "in:text out:image "
    "can:lora can:seed can:negative-prompt can:controlnet can:batch "
    f"outputs:1-4 {PRESETS}",
    "fal-ai/nano-banana/edit": "in:text in:image in:images out:image can:seed",
    "fal-ai/bytedance/seedream/v4/edit": "in:text in:image in:images out:image "
    "can:seed can:batch outputs:1-6 megapixels:0.07-16.8",
    "fal-ai/kling-video/v2.1/master/image-to-video": "in:text in:image out:video "
    "can:negative-prompt duration:5 duration:10 "
    "default-duration:5",
    "fal-ai/pixverse/v5.6/image-to-video": "in:text in:image out:video "
    "can:seed can:negative-prompt can:sound duration:5 duration:8 "
    "duration:10 default-duration:5 resolution:360p resolution:540p resolution:720p "
    "resolution:1080p@8",
}


@pytest.mark.parametrize("endpoint_id", REAL)
def test_real_documents_have_the_expected_facts(documents, endpoint_id):
    assert set(facts(documents[endpoint_id])) == set(REAL[endpoint_id].split())


def test_a_speech_model_lists_its_languages(documents):
    speech_facts = set(facts(documents["fal-ai/minimax/speech-02-hd"]))
    assert {
        "in:text",
        "out:audio",
        "language:german",
        "language:chinese",
        "languages:35",
    } <= speech_facts
    others = {fact for fact in speech_facts if not fact.startswith(("language:", "languages:"))}
    assert others == {"in:text", "out:audio"}


def test_field_words_are_searchable(documents):
    words = read_capabilities(documents["fal-ai/stable-diffusion-v35-large"]).words.split()
    assert {"negative_prompt", "negative", "loras", "controlnet", "guidance_scale", "seed"} <= set(
        words
    )
    assert len(words) == len(set(words))


def any_of_it(value: Any) -> None:
    started = time.thread_time()
    listed_facts, words = read_capabilities(value)
    assert len(listed_facts) == len(set(listed_facts)) <= MAX_FACTS
    assert all(fact.partition(":")[2] and fact.isprintable() for fact in listed_facts)
    assert len(words) <= 2500
    assert time.thread_time() - started < 20  # seconds of processor time, to tell a hang


@given(strategies.json_values)
def test_any_json_gives_facts(value):
    any_of_it(value)


@given(st.data())
def test_any_damaged_document_gives_facts(documents, data):
    real = data.draw(st.sampled_from(sorted(documents)))
    any_of_it(data.draw(hostile.mutations(documents[real])))


@each_row("around", hostile.NESTS)
def test_deeply_nested_documents_are_bounded(around):
    deep = {"prompt": hostile.nested(300, around)}
    any_of_it(document(deep, deep))

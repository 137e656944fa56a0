"""Names carry their version, and no two models of a catalogue have the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bench.catalogue import filling
from catalog.models import Endpoint
from catalog.naming import Title, full_names, with_version
from catalog.sync import post_sync

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("title", "endpoint_id", "name"),
    [
        ("Pixverse", "fal-ai/pixverse/v5/image-to-video", "Pixverse v5"),
        ("V2.6", "fal-ai/kling-video/v2.6/pro/image-to-video", "Kling Video v2.6"),
        ("v2.6", "wan/v2.6/text-to-video", "Wan v2.6"),
        (
            "Bytedance",
            "fal-ai/bytedance/seedance/v1/pro",
            "Bytedance Seedance v1 Pro",
        ),
        ("Bytedance", "fal-ai/bytedance/video-stylize", "Bytedance Video Stylize"),
        ("Minimax", "fal-ai/minimax/preview/speech-2.5-turbo", "Minimax Preview Speech 2.5 Turbo"),
        ("Vidu", "fal-ai/vidu/q2/image-to-video/pro", "Vidu Q2"),
        ("Veo", "fal-ai/veo3.1/fast", "Veo 3.1"),
        ("Hunyuan 3D", "fal-ai/hunyuan3d-v3/image-to-3d", "Hunyuan 3D v3"),
    ],
)
def test_a_name_says_what_upstreams_title_leaves_out(
    title: str, endpoint_id: str, name: str
) -> None:
    assert with_version(title, endpoint_id) == name


@pytest.mark.parametrize(
    ("title", "endpoint_id"),
    [
        ("Seedance 1.0 Pro", "fal-ai/bytedance/seedance/v1/pro/text-to-video"),
        ("Veo 3.1 Fast", "fal-ai/veo3.1/fast/image-to-video"),
        ("Hunyuan 3D 2.1", "fal-ai/hunyuan3d-v21"),
        ("FLUX.1 [dev]", "fal-ai/flux/dev"),
        ("FLUX1.1 [pro] ultra Redux", "fal-ai/flux-pro/v1.1-ultra/redux"),
        ("LTX-2 19B", "fal-ai/ltx-2-19b/audio-to-video"),
        ("LongCat Video", "fal-ai/longcat-video/text-to-video/720p"),
        ("Switti", "fal-ai/switti/512"),
        ("Playground v2.5", "fal-ai/playground-v25"),
        ("A", ""),
        ("", "a"),
    ],
)
def test_a_title_that_says_it_stays(title: str, endpoint_id: str) -> None:
    assert with_version(title, endpoint_id) == title


def test_of_150_real_models_none_have_the_same_name() -> None:
    found = [
        Title(n, one["endpoint_id"], one["metadata"]["display_name"], one["metadata"]["category"])
        for n, one in enumerate(filling.real())
    ]
    names = full_names(found)
    assert len({name.casefold() for name in names.values()}) == len(found) == 150
    assert sum(names[one.key] == one.display_name for one in found) > 100
    assert max(map(len, names.values())) < 80


PARTS = ["a", "b", "A", "v1", "v1.0", "1", "pro", "x-to-y", "2", "name"]
IDS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=4).map("/".join)


@given(
    st.sets(IDS.map("o/{}".format), min_size=2, max_size=12), st.sampled_from(["A", "v1", "A 1"])
)
def test_whatever_the_ids_no_two_names_are_the_same(ids: set[str], title: str) -> None:
    category = "image-to-video"
    names = full_names(Title(n, one, title, category) for n, one in enumerate(sorted(ids)))
    assert len(set(names.values())) == len(ids)


def test_a_sync_tells_siblings_apart(make_endpoint: Any) -> None:
    deeds = ("image-to-video", "text-to-video")
    one, other = (
        make_endpoint(f"a/pixverse/v5/{deed}", display_name="Pixverse", category=deed)
        for deed in deeds
    )
    assert one.name == "Pixverse v5"
    post_sync.run()
    names = [Endpoint.objects.get(pk=made.pk).name for made in (one, other)]
    assert names == ["Pixverse v5 (image to video)", "Pixverse v5 (text to video)"]


def test_pages_say_the_whole_name(
    member: Client, make_endpoint: Any, make_run: Any, user: Any
) -> None:
    model = make_endpoint("a/pixverse/v5/image-to-video", display_name="Pixverse")
    make_run(endpoint=model, user=user, title="", state="succeeded", output={})
    for address in ("/runs/", f"/models/{model.endpoint_id}/", "/jump/?q=pixverse"):
        assert "Pixverse v5" in member.get(address).content.decode(), address

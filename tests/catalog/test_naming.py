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
from tests.tables import each_row

pytestmark = pytest.mark.any_database


@each_row(
    ("title", "endpoint_id", "name"),
    [
        ("Pixverse", "fal-ai/pixverse/v5/image-to-video", "Pixverse v5"),
        ("V2.6", "fal-ai/kling-video/v2.6/pro/image-to-video", "Kling Video v2.6"),
        ("v2.6", "wan/v2.6/text-to-video", "Wan v2.6"),
        ("Bytedance", "fal-ai/bytedance/seedance/v1/pro", "Bytedance Seedance v1 Pro"),
        ("Bytedance", "fal-ai/bytedance/video-stylize", "Bytedance Video Stylize"),
        ("Minimax", "fal-ai/minimax/preview/speech-2.5-turbo", "Minimax Preview Speech 2.5 Turbo"),
        ("Vidu", "fal-ai/vidu/q2/image-to-video/pro", "Vidu Q2"),
        ("Veo", "fal-ai/veo3.1/fast", "Veo 3.1"),
        ("Hunyuan 3D", "fal-ai/hunyuan3d-v3/image-to-3d", "Hunyuan 3D v3"),
    ],
)  # fmt: skip
def test_a_name_adds_what_upstreams_title_leaves_out(
    title: str, endpoint_id: str, name: str
) -> None:
    assert with_version(title, endpoint_id) == name


@each_row(
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
def test_a_title_with_its_version_is_kept(title: str, endpoint_id: str) -> None:
    assert with_version(title, endpoint_id) == title


def test_names_of_150_real_models_are_unique() -> None:
    titles = [
        Title(
            n,
            entry["endpoint_id"],
            entry["metadata"]["display_name"],
            entry["metadata"]["category"],
        )
        for n, entry in enumerate(filling.real())
    ]
    names = full_names(titles)
    assert len({name.casefold() for name in names.values()}) == len(titles) == 150
    assert sum(names[title.key] == title.display_name for title in titles) > 100
    assert max(map(len, names.values())) < 80


PARTS = ["a", "b", "A", "v1", "v1.0", "1", "pro", "x-to-y", "2", "name"]
IDS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=4).map("/".join)


@given(
    st.sets(IDS.map("o/{}".format), min_size=2, max_size=12), st.sampled_from(["A", "v1", "A 1"])
)
def test_names_are_unique_for_any_ids(ids: set[str], title: str) -> None:
    category = "image-to-video"
    names = full_names(
        Title(n, endpoint_id, title, category) for n, endpoint_id in enumerate(sorted(ids))
    )
    assert len(set(names.values())) == len(ids)


def test_a_sync_gives_siblings_different_names(make_endpoint: Any) -> None:
    deeds = ("image-to-video", "text-to-video")
    first, second = (
        make_endpoint(f"a/pixverse/v5/{deed}", display_name="Pixverse", category=deed)
        for deed in deeds
    )
    assert first.name == "Pixverse v5"
    post_sync.run()
    names = [Endpoint.objects.get(pk=sibling.pk).name for sibling in (first, second)]
    assert names == ["Pixverse v5 (image to video)", "Pixverse v5 (text to video)"]


def test_pages_show_the_full_name(
    member: Client, make_endpoint: Any, make_run: Any, user: Any
) -> None:
    model = make_endpoint("a/pixverse/v5/image-to-video", display_name="Pixverse")
    make_run(endpoint=model, user=user, title="", state="succeeded", output={})
    for address in ("/runs/", f"/models/{model.endpoint_id}/", "/jump/?q=pixverse"):
        assert "Pixverse v5" in member.get(address).content.decode(), address

"""No two names are the same; a folded family still shows the models that the query names."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalog import pricing
from catalog.models import Endpoint
from catalog.naming import Title, full_names, in_parts, with_version
from catalog.sync import post_sync
from catalog.variants import fold
from tests.catalog.cards import cards
from tests.documents import catalogue
from tests.tables import each_row

Make = Callable[..., Endpoint]


def endpoint(endpoint_id: str, name: str, category: str = "", **more: str) -> Endpoint:
    owner = endpoint_id.partition("/")[0]
    return Endpoint(
        endpoint_id=endpoint_id, display_name=name, category=category, owner=owner, **more
    )


def test_names_of_a_whole_catalogue_are_unique_and_contain_no_id():
    titles = [
        Title(n, one["endpoint_id"], one["metadata"]["display_name"], one["metadata"]["category"])
        for n, one in enumerate(catalogue())
    ]
    names = full_names(titles)
    assert len(set(names.values())) == len(titles)
    assert [title.endpoint_id for title in titles if title.endpoint_id in names[title.key]] == []


@each_row(
    ("ids", "expected"),
    [
        ("a/flux/dev a/flux/dev/edit", ["FLUX [dev]", "FLUX [dev] Edit"]),
        ("a/flux/dev:text-to-image a/flux/dev/fill:image-to-image a/flux/dev/lora:image-to-image",
         ["FLUX [dev]", "FLUX [dev] Fill", "FLUX [dev] Lora"]),
        ("a/flux/dev:text-to-image a/flux-dev:image-to-image",
         ["FLUX [dev], text to image", "FLUX [dev], image to image"]),
        ("bria/flux/dev acme/flux/dev", ["FLUX [dev], Bria", "FLUX [dev], Acme"]),
        ("a/flux/dev:text-to-image a/flux-dev:text-to-image a/flux/dev/b-to-c:image-to-image",
         ["FLUX [dev], text to image", "FLUX [dev], text to image, Flux Dev",
          "FLUX [dev], image to image"]),
        ("a/flux/dev a/dev/flux", ["FLUX [dev]", "FLUX [dev], 2"]),
    ],
)  # fmt: skip
def test_namesakes_are_told_apart_in_words(ids, expected):
    pairs = (one.partition(":") for one in ids.split())
    titles = [Title(n, name, "FLUX [dev]", category) for n, (name, _, category) in enumerate(pairs)]
    assert [*full_names(titles).values()] == expected


@each_row(
    ("name", "base", "parts"),
    [
        ("FLUX.1 [dev]", "FLUX.1 [dev]", ("FLUX.1 [dev]", "")),
        ("Kling 1.0, text to video", "Kling 1.0", ("Kling 1.0", "text to video")),
        ("LongCat 720p, text to video", "LongCat", ("LongCat", "720p, text to video")),
        ("FLUX [dev] Fill", "FLUX [dev]", ("FLUX [dev]", "Fill")),
        ("Hailuo 02 [Pro] (Image to Video)", "Hailuo 02 [Pro] (Image to Video)",
         ("Hailuo 02 [Pro]", "image to video")),
        ("Wan v2.6 Image TO Video", "Wan v2.6 Image TO Video", ("Wan v2.6", "image to video")),
        ("Ray (Text to Video), Luma", "Ray (Text to Video)", ("Ray", "text to video, Luma")),
        ("Text to Image", "Text to Image", ("Text to Image", "")),
        ("Road to Rome", "Road to Rome", ("Road to Rome", "")),
    ],
)  # fmt: skip
def test_what_tells_variants_apart_follows_the_name(name, base, parts):
    assert in_parts(name, base) == parts


def family(*ids: str) -> list[Endpoint]:
    """Return models with these ids, grouped by their first letter."""
    return [endpoint(f"o/{i}", i, group_key=i[0]) for i in ids]


def fold_names(*ids: str, **how: Any) -> list[str]:
    return [
        " ".join(model.display_name for model in (family_of_cards.lead, *family_of_cards.others))
        for family_of_cards in fold(family(*ids), **how)
    ]


def test_a_family_is_placed_at_its_first_member():
    assert fold_names("a1", "b1", "a2", "c1", "b2") == ["a1 a2", "b1 b2", "c1"]


def test_the_best_results_are_not_folded():
    assert fold_names("a1", "a2", "b1", "a3", "a4", apart=3) == ["a1", "a2", "b1", "a3 a4"]


def test_in_a_sorted_list_only_neighbours_fold():
    assert fold_names("a1", "a2", "b1", "a3", is_ordered=True) == ["a1 a2", "b1", "a3"]


def test_models_without_a_group_are_a_family_by_application_and_name():
    first_of_x, second_of_x = endpoint("o/x/1", "X"), endpoint("o/x/2", "X")
    other = endpoint("o/x/3", "Y")
    assert [len(f.others) for f in fold([first_of_x, other, second_of_x])] == [1, 0]


def test_every_model_of_a_folded_result_is_on_the_page(member, make_endpoint):
    endings = ("age", "baby", "cartoon", "dawn", "edge", "fog", "gold", "haze", "ink")
    endpoint_ids = [f"fal-ai/image-editing/{n}" for n in endings]
    for position, name in enumerate(endpoint_ids):
        make_endpoint(name, display_name="Image Editing", position=position, group_key="editing")
    make_endpoint("fal-ai/other", display_name="Other", position=10)
    post_sync.run()
    page = member.get("/models/")
    assert cards(page) == [*endpoint_ids, "fal-ai/other"]
    html = page.content.decode()
    assert "10 models" in html
    assert "+8 variants" in html
    assert html.count('class="card"') == 2
    for word in ("Baby", "Cartoon", "Dawn", "Edge"):
        assert f"Image Editing {word}" in html
    single_result = member.get("/models/?q=image+editing+edge").content.decode()
    assert single_result.index('class="card" data-endpoint-id="fal-ai/image-editing/edge"') > 0
    assert "variants</summary>" not in member.get("/models/?group=editing").content.decode()
    assert "variants</summary>" not in member.get("/models/?favourite=1").content.decode()


@each_row(
    ("count", "unit", "text"),
    [
        ("48", "seconds", "48 seconds"),
        ("1", "images", "1 image"),
        ("1.0", "megapixels", "1 megapixel"),
        ("0.189", "1000 tokens", "189 tokens"),
        ("2.5", "1,000 characters", "2,500 characters"),
        ("2", "image", "2 images"),
        ("0.5", "compute seconds", "0.5 compute seconds"),
        ("7", "", "7"),
        ("a few", "images", "a few images"),
        ("NaN", "images", "NaN images"),
        ("1e999999", "images", "1e999999 images"),
    ],
)
def test_billed_units_are_worded(count, unit, text):
    assert pricing.units_in_words(count, unit) == text


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
def test_a_name_adds_what_upstreams_title_leaves_out(title, endpoint_id, name):
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
def test_a_title_with_its_version_is_kept(title, endpoint_id):
    assert with_version(title, endpoint_id) == title


NAME_PARTS = ["a", "b", "A", "v1", "v1.0", "1", "pro", "x-to-y", "2", "name"]
NAME_IDS = st.lists(st.sampled_from(NAME_PARTS), min_size=1, max_size=4).map("/".join)


@given(
    st.sets(NAME_IDS.map("o/{}".format), min_size=2, max_size=12),
    st.sampled_from(["A", "v1", "A 1"]),
)
def test_names_are_unique_for_any_ids(ids, title):
    category = "image-to-video"
    names = full_names(
        Title(n, endpoint_id, title, category) for n, endpoint_id in enumerate(sorted(ids))
    )
    assert len(set(names.values())) == len(ids)


def test_a_sync_gives_siblings_different_names(make_endpoint):
    deeds = ("image-to-video", "text-to-video")
    first, second = (
        make_endpoint(f"a/pixverse/v5/{deed}", display_name="Pixverse", category=deed)
        for deed in deeds
    )
    assert first.name == "Pixverse v5"
    post_sync.run()
    names = [Endpoint.objects.get(pk=sibling.pk).name for sibling in (first, second)]
    assert names == ["Pixverse v5, image to video", "Pixverse v5, text to video"]

"""What a media field accepts: its kind by a hint or by its name, its limits in fal's own terms."""

from typing import Any

import pytest

from schemas import Field, build, contract
from schemas.form.drawing import draw
from tests.schemas import strategies
from tests.tables import each_row


def field(schema: Any, name: str = "image_url", **components: Any) -> Field:
    """Return the field of one property."""
    document = strategies.document({"type": "object", "properties": {name: schema}})
    document["components"]["schemas"] |= components
    return build(contract(document, "a/b")).children[0]


@each_row(
    ("schema", "figures", "sentence"),
    [
        ({"max_file_size": 10_000_000}, {"max_file_size": 10_000_000}, "up to 10 MB"),
        ({"max_file_size": 512}, {"max_file_size": 512}, "up to 512 bytes"),
        ({"max_width": 9, "x-fal": {"max_width": 4096, "min_width": 64}},
         {"min_width": 64, "max_width": 4096}, "64\u20134096 px wide"),
        ({"x-fal": {"max_area": 4_000_000}}, {"max_area": 4_000_000}, "up to 4 megapixels"),
        ({"max_pixels": 4_194_304}, {"max_area": 4_194_304}, "up to 4.2 megapixels"),
        ({"min_area": 65_536, "max_area": 1_048_576}, {"min_area": 65_536, "max_area": 1_048_576},
         "0.07\u20131 megapixels"),
        ({"max_area": 4096}, {"max_area": 4096}, "up to 4096 pixels"),
        ({"x-fal": {"multiple_of": 8}}, {"multiple_of": 8}, "sides in steps of 8 px"),
        ({"min_duration": 2, "max_duration": 10.0, "max_fps": 60, "min_frames": 8},
         {"min_duration": 2, "max_duration": 10.0, "max_fps": 60, "min_frames": 8},
         "2\u201310 s, up to 60 fps, at least 8 frames"),
        ({"min_aspect_ratio": 0.4, "max_aspect_ratio": 2.5},
         {"min_aspect_ratio": 0.4, "max_aspect_ratio": 2.5}, "width ÷ height 0.4\u20132.5"),
        ({"max_width": 4, "x-fal": {"limit_description": " At  most\n4. "}}, {"max_width": 4},
         "At most 4."),
        ({"max_width": "9", "max_height": True, "max_fps": float("inf"), "min_area": -1,
          "x-fal": 5}, {}, ""),
    ],
)  # fmt: skip
def test_limits_of_a_file_are_parsed_and_worded(schema, figures, sentence):
    node = field({"type": "string"} | schema)
    assert (node.file_limits, node.limits) == (figures, sentence)
    nullable = field({"anyOf": [{"type": "string"} | schema, {"type": "null"}]})
    assert nullable.file_limits == figures


def test_limits_of_a_list_of_files_are_on_its_item():
    node = field(
        {
            "type": "array",
            "max_file_size": 5_000_000,
            "items": {"type": "string", "x-fal": {"max_width": 64}},
        },
        "image_urls",
    )
    assert node.item
    assert node.item.file_limits == {"max_file_size": 5_000_000, "max_width": 64}
    assert node.item.limits == "up to 64 px wide, up to 5 MB"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (
            "image",
            "image image_url imageUrl image_url_1 image_1_url image_uri first_frame_image "
            "first_frame_image_url "
            "first_frame_url end_image_url tail_image_url mask_url mask_image_url "
            "control_image_url face_image_url "
            "subject_reference_image_url ip_adapter_image_url input_image model_image "
            "garment_image garment_url "
            "human_image_url pose_url start_frame_url depth_map_url background_image_url "
            "base_image_url sketch_url "
            "reference_image style_image_url logo_url image_base_url init_image",
        ),
        (
            "video",
            "video video_url video_uri input_video driving_video_url source_video_url "
            "mask_video_url clip_url",
        ),
        (
            "audio",
            "audio audio_url ref_audio_url ref_audio speech_url voice_url song_url reference_audio "
            "music_url "
            "background_music_url vocals_url video_audio_url",
        ),
        (
            "file",
            "images_data_url training_data_url image_zip_url zip_url model_mesh_url mesh_url "
            "model_url lora_url "
            "pdf_url document_url config_file_url weights_url archive_url subtitles_url "
            "lora_path controlnet_path",
        ),
        (
            "",
            "url base_url webhook_url image_webhook_url callback_url repo_url website_url path "
            "model_path prompt "
            "voice music style text_of_image image_to_video voice_id image_size output_format "
            "image_base64 "
            "video_length mask_prompt api_url page_url",
        ),
    ],
)
def test_the_media_kind_of_a_text_follows_its_name(kind, names):
    for name in names.split():
        assert (name, field({"type": "string"}, name).media) == (name, kind)


@each_row(
    ("name", "schema", "kind"),
    [
        ("image_urls", {}, "image"),
        ("reference_image_urls", {}, "image"),
        ("input_image_urls", {}, "image"),
        ("images", {}, "image"),
        ("reference_images", {}, "image"),
        ("video_urls", {}, "video"),
        ("audio_urls", {}, "audio"),
        ("refs", {"ui": {"field": "video"}}, "video"),
        ("tags", {}, ""),
        ("urls", {}, ""),
    ],
)
def test_the_media_kind_of_a_list_follows_its_name(name, schema, kind):
    node = field({"type": "array", "items": {"type": "string"}} | schema, name)
    assert node.item
    assert (node.media, node.item.media) == (kind, kind)


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("url", {"description": "The URL of the image to caption."}, "image"),
        ("first_frame", {"description": "URL of the first image"}, "image"),
        ("reference", {"description": "URLs of the reference video. Up to 3."}, "video"),
        ("portrait", {"format": "uri"}, "image"),
        ("prompt", {"description": "Describe the image URL"}, ""),
        ("url", {"description": "The URL of the website"}, ""),
        ("thing", {"ui": {"field": "file"}}, "file"),
        ("thing", {"_fal_ui_field": "audio"}, "audio"),
    ],
)
def test_the_media_kind_of_a_text_follows_its_description(name, schema, kind):
    assert field({"type": "string"} | schema, name).media == kind


FILE = {
    "type": "object",
    "properties": {
        "url": {"type": "string"},
        "content_type": {"type": "string"},
        "file_data": {"type": "string", "format": "binary"},
    },
    "required": ["url"],
}


@pytest.mark.parametrize(
    ("name", "own", "kind"),
    [
        ("thing", {"title": "File"}, "file"),
        ("thing", {"title": "Image", "max_file_size": 5_000_000}, "image"),
        ("thing", {"title": "VideoFile"}, "video"),
        ("reference_audio", {"title": "Reference"}, "audio"),
        ("thing", {"ui": {"field": "image"}, "x-fal": {"max_file_size": 5_000_000}}, "image"),
        ("thing", {}, "file"),
    ],
)
def test_a_file_object_has_a_file_field(name, own, kind):
    wrapped = field({"allOf": [{"$ref": "#/components/schemas/F"}]}, name, F=FILE | own)
    listed = field(
        {"type": "array", "items": {"$ref": "#/components/schemas/F"}}, name, F=FILE | own
    ).item
    optional = field(
        {"anyOf": [{"$ref": "#/components/schemas/F"}, {"type": "null"}]}, name, F=FILE | own
    )
    for node in (wrapped, listed, optional):
        assert node
        assert [child.name for child in node.children] == ["url", "content_type"]
        url = node.children[0]
        assert (url.media, url.label) == (kind, "Address")
        size = {"max_file_size": 5_000_000} if len(own) == 2 and name == "thing" else {}
        assert url.file_limits == size


def test_an_object_with_a_plain_address_has_a_text_field():
    node = field(
        {"type": "object", "title": "Webhook", "properties": {"url": {"type": "string"}}}, "hook"
    )
    assert node.children[0].media == ""


def test_a_mask_is_a_picture():
    assert field({"type": "string"}, "mask_url").is_mask
    assert not field({"type": "string"}, "mask_video_url").is_mask


@each_row(
    ("name", "title", "label"),
    [
        ("mask_url", "Image Url", "Mask"),
        ("mask_image_url", None, "Mask"),
        ("mask_url", "Inpainting mask URL", "Inpainting mask"),
    ],
)
def test_a_mask_is_no_second_image(name, title, label):
    assert field({"type": "string", "title": title}, name).label == label


KEYFRAME = {
    "type": "object",
    "properties": {
        "timestamp": {"type": "number"},
        "url": {
            "type": "string",
            "description": "The URL where this keyframe's media file can be accessed",
        },
    },
    "required": ["timestamp", "url"],
}
PLAIN = {"type": "object", "properties": {"url": {"type": "string"}}}


@each_row(
    ("description", "items", "kind"),
    [
        ("List of keyframes that make up this track", KEYFRAME, "file"),
        ("The videos to merge", PLAIN, "video"),
        ("Pictures or videos", PLAIN, "file"),
        ("The pages to read", PLAIN, ""),
        ("The pages of a site with images", PLAIN, ""),
        ("Texts that describe the video", {"type": "string"}, ""),
    ],
)
def test_a_nested_address_takes_what_its_description_says(description, items, kind):
    rows = field({"type": "array", "description": description, "items": items}, "entries")
    assert rows.item
    address = rows.item.children[-1] if rows.item.children else rows.item
    assert address.media == kind


def test_a_required_list_starts_with_one_row():
    keyframes = {"type": "array", "items": KEYFRAME}
    track = {"type": "object", "properties": {"keyframes": keyframes}, "required": ["keyframes"]}
    schema = {"tracks": {"type": "array", "items": track}, "more": keyframes}
    document = strategies.document({"type": "object", "properties": schema, "required": ["tracks"]})
    tracks, more = draw(build(contract(document, "a/b"))).children
    assert [row.node.name for row in tracks.rows] == ["tracks.0"]
    assert [row.node.name for row in tracks.rows[0].node.children[0].rows] == [
        "tracks.0.keyframes.0"
    ]
    assert more.rows == []

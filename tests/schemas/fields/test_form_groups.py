"""Many settings in groups: by shared beginnings, then by meaning; all kept, in their order."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.fields import Field
from schemas.fields.form_groups import MIN_SETTINGS, OTHER, group
from schemas.wording.labels import label
from tests.tables import each_row

LONG = [
    "use_multiscale", "acceleration", "camera_lora", "camera_lora_scale", "enable_prompt_expansion",
    "enable_safety_checker", "video_output_type", "video_quality", "video_write_mode",
    "ip_adapter_scale", "ip_adapter_path", "ip_adapter_mask_url", "num_inference_steps",
    "guidance_scale", "nag_scale", "nag_tau", "nag_alpha", "fps", "output_format", "sync_mode",
    "strange_thing",
]  # fmt: skip


def group_fields(names: list[str]) -> dict[str, list[str]]:
    groups = group([Field(kind="string", name=name) for name in names])
    return {
        form_group.title: [names[place] for place in form_group.places] for form_group in groups
    }


def test_groups_keep_schema_order_with_others_last():
    assert list(group_fields(LONG)) == [
        "LoRA and adapters",
        "Video",
        "IP adapter",
        "Guidance and steps",
        "NAG",
        "Output",
        OTHER,
    ]


def test_fields_are_grouped_by_topic():
    groups = group_fields(LONG)
    assert groups["Video"] == ["video_output_type", "video_quality", "video_write_mode"]
    assert groups["IP adapter"] == ["ip_adapter_scale", "ip_adapter_path", "ip_adapter_mask_url"]
    assert groups["NAG"] == ["nag_scale", "nag_tau", "nag_alpha"]
    assert groups["Guidance and steps"] == ["num_inference_steps", "guidance_scale"]
    assert groups["Output"] == ["output_format", "sync_mode"]
    assert groups["LoRA and adapters"] == ["camera_lora", "camera_lora_scale"]
    assert "strange_thing" in groups[OTHER]


def test_short_lists_and_single_topics_are_not_grouped():
    short = LONG[: MIN_SETTINGS - 1]
    assert group_fields(short) == {"": short}
    alike = [f"video_{number}x" for number in "abcdefghijklmn"]
    assert group_fields(alike) == {"": alike}


@given(st.lists(st.text(max_size=12) | st.sampled_from(LONG), max_size=40))
def test_groups_contain_every_setting_in_order(names):
    groups = group([Field(kind="string", name=name) for name in names])
    places = [place for form_group in groups for place in form_group.places]
    assert sorted(places) == list(range(len(names)))
    assert all(form_group.places == sorted(form_group.places) for form_group in groups)


@each_row(
    ("name", "title", "expected"),
    [
        ("num_images", None, "Number of images"),
        ("num_images", "Num Images", "Number of images"),
        ("num_inference_steps", "Num Inference Steps", "Number of inference steps"),
        ("numFrames", None, "Number of frames"),
        ("num_beam", None, "Num beam"),
        ("nag_scale", "Nag Scale", "NAG scale"),
        ("cfg_scale", None, "CFG scale"),
        ("lora_scale", "Lora Scale", "LoRA scale"),
        ("ip_adapter", None, "IP adapter"),
        ("max_tokens", "Max Tokens", "Maximum tokens"),
        ("min_p", None, "Minimum p"),
        ("max", None, "Max"),
        ("ref_audio_url", None, "Reference audio URL"),
        ("bg_color", None, "Background color"),
        ("guidance_scale", "Guidance scale (CFG)", "Guidance scale (CFG)"),
        ("num_images", "How many pictures", "How many pictures"),
        ("n", None, "N"),
        ("HTML", None, "HTML"),
        ("", "", "Value"),
    ],
)
def test_the_label_of_a_field_follows_its_name(name, title, expected):
    assert label(name, title) == expected

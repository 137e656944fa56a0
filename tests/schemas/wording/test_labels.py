"""Labels as a person writes them."""

from __future__ import annotations

from schemas.wording.labels import label
from tests.tables import each_row


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
def test_the_label_of_a_field_follows_its_name(name: str, title: str | None, expected: str) -> None:
    assert label(name, title) == expected

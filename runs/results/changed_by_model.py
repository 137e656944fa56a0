"""What a model has refused or changed by itself: flagged pictures, and a rewritten prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fal.db_safe import db_safe_text

FLAGS = "has_nsfw_concepts"  # one boolean for each picture, in the order of the pictures
# The prompt that the model has used. `prompt` stands beside the pictures of many models and mostly
# repeats the argument.
REWRITTEN = ("revised_prompt", "expanded_prompt", "actual_prompt", "prompt")
MAX_CHARS = 8000


def flagged_pictures(output: Any) -> list[bool]:
    """Return for each picture whether the model's safety check has flagged it."""
    flags = output.get(FLAGS) if isinstance(output, dict) else None
    if isinstance(flags, bool):
        flags = [flags]
    return [flag is True for flag in flags] if isinstance(flags, list) else []


def rewritten_prompt(output: Any, prompt: str) -> str:
    """Return the prompt that the model used instead of `prompt`; empty if it used that one."""
    if not isinstance(output, dict) or not prompt:
        return ""
    first = next(iter(_pictures(output)), {})
    texts = (holder.get(name) for name in REWRITTEN for holder in (output, first))
    text = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    text = db_safe_text(text[:MAX_CHARS]).strip()
    is_same = " ".join(text.split()) == " ".join(prompt.split())
    return "" if is_same else text


def _pictures(output: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    images = output.get("images")
    listed = images if isinstance(images, list) else []
    return [image for image in listed if isinstance(image, dict)]

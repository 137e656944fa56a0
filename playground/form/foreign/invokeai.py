"""Reads the settings that InvokeAI writes as JSON."""

from __future__ import annotations

from typing import Any

from playground.form.foreign import values

PROGRAM = "InvokeAI"


def read(text: str) -> dict[str, Any]:
    """Return the settings by the names that models usually give them; raises Unreadable."""
    written = values.as_json(text, "InvokeAI's recipe")
    arguments = {
        "prompt": values.clean_text(written.get("positive_prompt")),
        "negative_prompt": values.clean_text(written.get("negative_prompt")),
        "seed": values.integer(written.get("seed"), values.MOST_SEED),
        "num_inference_steps": values.integer(written.get("steps"), 10_000),
        "guidance_scale": values.number(written.get("cfg_scale")),
        "strength": values.number(written.get("strength")),
        "image_size": values.size(written.get("width"), written.get("height")),
        "scheduler": values.clean_text(written.get("scheduler")),
    }
    return {name: value for name, value in arguments.items() if value is not None}

"""Reads the settings that InvokeAI writes as JSON."""

from __future__ import annotations

from typing import Any

from playground.form.foreign import values

PROGRAM = "InvokeAI"


def read(text: str) -> dict[str, Any]:
    """Return the settings by the names that models usually give them; raises Unreadable."""
    recipe_values = values.as_json(text, "InvokeAI's recipe")
    arguments = {
        "prompt": values.clean_text(recipe_values.get("positive_prompt")),
        "negative_prompt": values.clean_text(recipe_values.get("negative_prompt")),
        "seed": values.integer(recipe_values.get("seed"), values.MOST_SEED),
        "num_inference_steps": values.integer(recipe_values.get("steps"), 10_000),
        "guidance_scale": values.number(recipe_values.get("cfg_scale")),
        "strength": values.number(recipe_values.get("strength")),
        "image_size": values.size(recipe_values.get("width"), recipe_values.get("height")),
        "scheduler": values.clean_text(recipe_values.get("scheduler")),
    }
    return {name: value for name, value in arguments.items() if value is not None}

"""Reads the settings that AUTOMATIC1111's web UI and its forks write as text.

a mill at dusk
Negative prompt: people
Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1234, Size: 512x768, Model: v1-5
"""

from __future__ import annotations

import re
from typing import Any

from playground.form.foreign import values
from playground.form.foreign.values import Unreadable

PROGRAM = "AUTOMATIC1111"
_NEGATIVE = "Negative prompt:"
_SETTINGS = re.compile(r"Steps: \d")
_QUOTED = re.compile(r'"[^"]*"')
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
MOST_OTHERS = 20  # settings without a counterpart that are named
MOST_CHARS = 60  # of such a setting


def read(text: str) -> dict[str, Any]:
    """Return the settings by the names that models usually give them; raises Unreadable."""
    lines = text.replace("\r\n", "\n").split("\n")
    ends = [number for number, line in enumerate(lines) if _SETTINGS.match(line)]
    end = ends[-1] if ends else len(lines)
    starts = [number for number, line in enumerate(lines[:end]) if line.startswith(_NEGATIVE)]
    if not ends and not starts:
        raise Unreadable(
            "The settings in this picture are from a program that Vitrine does not know."
        )
    split = starts[0] if starts else end
    negative = "\n".join(lines[split:end]).removeprefix(_NEGATIVE)
    settings = _settings(lines[end]) if ends else {}
    width, height = _sides(settings.pop("Size", ""))
    arguments = {
        "prompt": values.clean_text("\n".join(lines[:split])),
        "negative_prompt": values.clean_text(negative),
        "seed": values.integer(settings.pop("Seed", ""), values.MOST_SEED),
        "num_inference_steps": values.integer(settings.pop("Steps", ""), 10_000),
        "guidance_scale": values.guidance(
            values.number(settings.pop("CFG scale", "")),
            values.number(settings.pop("Distilled CFG Scale", "")),
        ),
        "strength": values.number(settings.pop("Denoising strength", "")),
        "image_size": values.size(width, height),
    }
    extra = {_name(key): value[:MOST_CHARS] for key, value in [*settings.items()][:MOST_OTHERS]}
    return extra | {name: value for name, value in arguments.items() if value is not None}


def _settings(line: str) -> dict[str, str]:
    """Split `name: value, name: value`, where a value in quotes may have commas."""
    bare_line = _QUOTED.sub(lambda quoted: quoted[0].replace(", ", ","), line)
    pairs = (pair.partition(": ") for pair in bare_line.split(", "))
    return {key.strip(): value.strip().strip('",') for key, _, value in pairs if value}


def _sides(text: str) -> tuple[str, str]:
    match = _SIZE.fullmatch(text)
    return (match[1], match[2]) if match else ("", "")


def _name(key: str) -> str:
    return values.clean_text(key[:MOST_CHARS].lower().replace(" ", "_")) or "?"

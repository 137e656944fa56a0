"""Recipes of other programs wherever they keep them, and however they write their letters."""

from __future__ import annotations

from typing import Any

import pytest

from playground.form import foreign
from playground.form.foreign import values
from runs.files.metadata.texts import texts
from tests.conftest import CASES

MILL = {"prompt": "a mill at dusk", "negative_prompt": "people", "seed": 1234}
READ: dict[str, dict[str, Any]] = {
    "51a-usercomment-utf16be-cjk.jpg": {
        "prompt": "山中小屋, 黄昏",
        "negative_prompt": "人",
        "seed": 1234,
        "num_inference_steps": 20,
    },
    "51b-usercomment-bom.jpg": MILL,
    "51c-usercomment-le-bom.jpg": MILL,
    "53a-comfyui-make-model.webp": MILL
    | {"guidance_scale": 7.0, "image_size": {"width": 832, "height": 1216}},
    "54a-comfyui-flux-guidance.png": MILL | {"guidance_scale": 3.5},
    "54b-forge-distilled-cfg.png": {"prompt": "a mill at dusk", "guidance_scale": 3.5},
}


@pytest.mark.parametrize("name", READ)
def test_a_recipe_is_read_as_it_was_written(name: str) -> None:
    with (CASES / name).open("rb") as file:
        recipe = foreign.read(texts(file))
    assert recipe
    assert recipe.arguments | READ[name] == recipe.arguments


@pytest.mark.parametrize(
    ("cfg", "distilled", "scale"),
    [(7.0, None, 7.0), (1.0, 3.5, 3.5), (None, 3.5, 3.5), (4.0, 3.5, 4.0), (None, None, None)],
)
def test_a_distilled_models_guidance_stands_beside_its_cfg(
    cfg: float | None, distilled: float | None, scale: float | None
) -> None:
    assert values.guidance(cfg, distilled) == scale

"""Rules for data sets, read from the schemas of trainers."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import build, contract
from tests.training.trainers import TRAINERS
from training.data.rules import Rules, rules_of


def rules(name: str, document: Any) -> Rules | None:
    return rules_of(build(contract(document, name)), name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "fal-ai/flux-lora-fast-training",
            {"path": "images_data_url", "kinds": ("image",), "advised": 4, "fewest": 0,
             "has_captions": True, "trigger": "trigger_word", "is_of_pairs": False},
        ),
        (
            "fal-ai/flux-2-trainer/edit",
            {"path": "image_data_url", "is_of_pairs": True, "needs_caption": True, "most": 0,
             "default_caption": "default_caption", "has_masks": False},
        ),
        (
            "fal-ai/wan-trainer",
            {"path": "training_data_url", "kinds": ("image", "video"), "advised": 10,
             "trigger": "trigger_phrase"},
        ),
        ("acme/voice-trainer", {"path": "dataset", "kinds": ("audio",), "fewest": 5, "most": 20}),
        ("acme/masked", {"has_masks": True, "kinds": ("image",)}),
        ("acme/no-words", {"path": "audio_data_url", "kinds": ("audio",), "has_captions": False}),
    ],
    ids=["lora", "pairs", "films", "voice", "masked", "no-words"],
)  # fmt: skip
def test_rules_are_read_from_field_names_and_descriptions(
    name: str, expected: dict[str, Any]
) -> None:
    trainer_rules = rules(name, TRAINERS[name])
    assert trainer_rules is not None
    assert {key: getattr(trainer_rules, key) for key in expected} == expected


def test_models_that_do_not_train_have_no_rules(documents: dict[str, Any]) -> None:
    assert {name for name in documents if rules(name, documents[name])} == set()


def test_the_sandbox_trainer_has_rules() -> None:
    from sandbox.contract import openapi
    from sandbox.models import MODELS
    from tests.schemas.facts.test_capabilities import ADDRESSES

    (trainer,) = [model for model in MODELS if model.endpoint_id == "sandbox/aurora/trainer"]
    trainer_rules = rules(trainer.endpoint_id, openapi.document(trainer, ADDRESSES))
    assert trainer_rules is not None
    assert (trainer_rules.path, trainer_rules.fewest, trainer_rules.most) == (
        "images_data_url",
        2,
        60,
    )
    assert trainer_rules.trigger == "trigger_word"

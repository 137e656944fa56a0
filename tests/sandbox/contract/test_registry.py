"""Models as data: what a declaration names exists."""

from __future__ import annotations

from sandbox.models import MODELS


def test_every_model_names_a_function_of_the_studio() -> None:
    """`work` is a text, which no import checks."""
    assert all(callable(model.load()) for model in MODELS)

"""What a sentence asks of the models, with pictures or without."""

from __future__ import annotations

import pytest

from catalog.display.operations import ANYTHING, BY_SLUG
from playground.suggestions import wanted


@pytest.mark.parametrize(
    ("sentence", "files", "category", "conditions"),
    [
        ("", 0, "text-to-image", ""),
        ("a fox in snow", 0, "text-to-image", ""),
        ("a fox, for commercial use", 0, "text-to-image", "license:commercial"),
        ("a fox from my two photos", 2, "image-to-image", ""),
        ("a film of ten seconds", 0, "", "duration:>=10 out:video"),
        ("a film of ten seconds", 1, "", "duration:>=10 out:video in:image"),
        ("a film of a fox", 2, "", "out:video in:images"),
        ("a film from two photos", 2, "", "in:images out:video"),
    ],
)
def test_a_sentence_says_what_models_need(
    sentence: str, files: int, category: str, conditions: str
) -> None:
    asked = wanted(ANYTHING, sentence, files)
    assert (asked.operation.category, asked.conditions) == (category, conditions)


def test_the_prompt_of_an_operation_is_no_wish() -> None:
    asked = wanted(BY_SLUG["speak"], "A commercial film of ten seconds.", 0)
    assert (asked.operation.category, asked.conditions) == ("text-to-speech", "")

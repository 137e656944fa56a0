"""What a sentence asks of the models, with files or without."""

import pytest

from catalog.display.operations import ANYTHING, BY_SLUG
from catalog.locks import NO_LOCKS
from catalog.model_records import NO_RECORDS
from catalog.models import Revision
from playground.suggestions import House, answer, wanted
from tests.features.boards import documents

PHOTO, PHOTOS = ["image"], ["image", "image"]


def house() -> House:
    """Who suggests to a project without rules and records."""
    return House(Revision.current(), NO_LOCKS, NO_RECORDS)


@pytest.mark.parametrize(
    ("sentence", "kinds", "operation", "files", "conditions"),
    [
        ("", [], "make-a-picture", 0, ""),
        ("a fox, for commercial use", [], "make-a-picture", 0, "license:commercial"),
        ("a fox from my two photos", PHOTOS, "change-a-picture", 2, ""),
        ("a film of ten seconds", [], "film-from-words", 0, "duration:>=10"),
        ("a film of ten seconds", PHOTO, "animate-a-picture", 1, "duration:>=10"),
        ("a film from two photos", [], "animate-a-picture", 2, ""),
        ("upscale my photo to 4k, under 5 cents", [], "upscale", 1, "price:<0.05"),
        ("a 4k video of waves", [], "film-from-words", 0, "resolution:4k"),
    ],
)
def test_a_sentence_says_what_models_need(sentence, kinds, operation, files, conditions):
    asked = wanted(ANYTHING, sentence, kinds)
    assert (asked.operation.slug, asked.files) == (operation, files)
    assert " ".join(asked.conditions) == conditions


def test_the_prompt_of_an_operation_is_no_wish():
    asked = wanted(BY_SLUG["speak"], "A commercial film of ten seconds.")
    assert (asked.operation.slug, asked.conditions) == ("speak", ())


def test_the_least_important_condition_is_left_out_first(make_endpoint):
    make_endpoint("lab/flux", documents.FLUX, license_type="commercial")
    asked = wanted(ANYTHING, "a square fox, for commercial use, under 1 cent")
    models, answered = answer(asked, house())
    assert [model.endpoint_id for model in models] == ["lab/flux"]
    assert answered.conditions == ("license:commercial",)
    assert answered.left_out == ("ratio:1:1", "price:<0.01")


def test_without_models_for_an_operation_others_make_the_same(make_endpoint):
    make_endpoint("lab/flux", documents.FLUX)
    models, answered = answer(wanted(ANYTHING, "a logo as a vector"), house())
    assert [model.endpoint_id for model in models] == ["lab/flux"]
    assert answered.operation.slug == "make-a-picture"
    assert answered.left_out == ("does:make-a-vector",)

"""Flagged pictures are covered with the reason; a rewritten prompt is shown and can be used."""

import re

import pytest

from playground.form.prefill import use_as
from runs.models import Run
from runs.results.changed_by_model import flagged_pictures, rewritten_prompt


@pytest.mark.parametrize(
    ("output", "flags"),
    [
        ({"has_nsfw_concepts": [False, True]}, [False, True]),
        ({"has_nsfw_concepts": True}, [True]),
        ({"has_nsfw_concepts": ["yes", None, 1]}, [False, False, False]),
        (None, []),
    ],
)
def test_each_picture_is_flagged_or_not(output, flags):
    assert flagged_pictures(output) == flags


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ({"revised_prompt": "a red fox at dawn"}, "a red fox at dawn"),
        ({"images": [{"url": "x", "revised_prompt": "a red fox"}]}, "a red fox"),
        ({"images": [], "prompt": "A red fox"}, "A red fox"),
        ({"prompt": " a  fox\n"}, ""),
        ({"prompt": ["a fox"]}, ""),
        (None, ""),
    ],
)
def test_only_another_prompt_is_a_rewritten_one(output, text):
    assert rewritten_prompt(output, "a fox") == text
    assert rewritten_prompt(output, "") == ""


@pytest.mark.django_db
def test_the_rewritten_prompt_fills_the_form(member, user, flux, make_run):
    output = {"images": [], "prompt": "a red fox at dawn"}
    run: Run = make_run(
        endpoint=flux, state="succeeded", arguments={"prompt": "a fox"}, output=output
    )
    rewritten = use_as.rewritten(run)
    assert rewritten is not None
    assert rewritten.text in member.get(f"/runs/{run.pk}/").content.decode()
    form = member.get(rewritten.address).content.decode()
    assert re.search(r"a red fox at dawn\s*</textarea>", form)

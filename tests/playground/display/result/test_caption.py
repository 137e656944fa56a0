"""The caption of a result: its own prompt, seed and cost, whatever is in the form beside it."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from playground.display.result import caption
from playground.display.result.settings import settings_of, still_of_input
from runs.models import Charge, Run, Upload, Worker
from tests import charged


@pytest.fixture
def priced_run(flux: Any, make_run: Any) -> Any:
    """A result of a model with a price; its prompt is a fox."""
    type(flux).objects.update(unit_price_usd=Decimal("0.025"), price_unit="images", currency="USD")
    flux.refresh_from_db()
    return make_run(
        endpoint=flux,
        state="succeeded",
        arguments={"prompt": "a fox\nin snow", "seed": 5},
        title="a fox",
        output={"seed": 7},
        billable_units="2",
    )


@pytest.mark.parametrize(
    ("arguments", "seed"),
    [
        ({"seed": 5}, "5"),
        ({"seed": 10**18}, str(10**18)),
        ({"seed": True}, ""),
        ({"seed": "5"}, ""),
        ({"seed": 1 << 300}, ""),
        ([5], ""),
    ],
)
def test_a_seed_that_was_asked_for_is_a_whole_number(priced_run, arguments, seed):
    priced_run.arguments = arguments
    assert caption.requested_seed(priced_run) == seed


def test_the_cost_is_what_was_billed_and_nothing_on_the_sandbox(priced_run, monkeypatch):
    not_known_yet = ("runs.progress.current_upstream._known", (None, 0.0))
    monkeypatch.setattr(*not_known_yet)
    assert caption.billed(priced_run) == "≈ $0.05 · 2 images"
    assert caption.billed_together([priced_run, priced_run]) == "≈ $0.10"
    charged.bill(priced_run, "0.04")
    priced_run.refresh_from_db()
    assert caption.billed(priced_run) == "$0.04 billed by fal"
    assert caption.billed_together([priced_run, priced_run]) == "$0.08"
    Charge.objects.update(state="released")
    Run.objects.update(billable_units="")
    priced_run.refresh_from_db()
    assert caption.billed(priced_run) == caption.UNKNOWN
    monkeypatch.setattr(*not_known_yet)
    Worker.objects.create(
        name="w", upstream="sandbox", upstream_host="127.0.0.1", beat_at=timezone.now()
    )
    assert caption.billed(priced_run) == ""
    priced_run.billable_units = "2"
    assert caption.billed(priced_run) == "2 images"
    priced_run.state = "running"
    assert caption.billed(priced_run) == caption.billed_together([priced_run]) == ""


def test_the_stage_says_what_it_shows_though_the_form_holds_other_words(member, priced_run):
    priced_run.artifacts.create(position=0, kind="image", url="https://v3.fal.media/a.png")
    page = member.get(f"{priced_run.stage_address}&input=%7B%22prompt%22%3A%22a+hare%22%7D")
    text = page.content.decode()
    stage = text[text.index('id="stage"') : text.index('id="tries"')]
    assert "a hare" in text
    assert "a hare" not in stage
    for words in ("a fox\nin snow", "≈ $0.05 · 2 images", '<span class="mono">7</span>'):
        assert words in stage


@pytest.fixture
def photo(user: Any) -> Upload:
    """A picture that a user uploaded."""
    return Upload.objects.create(
        user=user,
        digest="0" * 64,
        file="0.png",
        file_name="my photo.png",
        content_type="image/png",
        size_bytes=1,
        project=user.private_project,
    )


def test_changed_settings_come_first_by_the_labels_of_the_form(flux, make_run):
    arguments = {
        "prompt": "a fox",
        "guidance_scale": 9,
        "image_size": {"width": 640, "height": 480},
        "num_images": 1,
        "unknown": {"a": [1, 2], "b": None},
    }
    settings = settings_of(make_run(endpoint=flux, arguments=arguments))
    changed = {row.label: row.text for row in settings.changed}
    assert changed["Image size"] == "640 × 480"
    assert changed["unknown.a"] == "1, 2"
    assert not any("a fox" in row.text for row in settings.changed)
    assert "Number of images" in {row.label for row in settings.defaults}
    assert not {row.label for row in settings.defaults} & set(changed)


@pytest.mark.parametrize("arguments", [[], "text", {}, {"a": []}, {"loras": [{"path": "x"}]}])
def test_any_input_has_settings(flux, make_run, arguments):
    settings_of(make_run(endpoint=flux, arguments=arguments))


def test_addresses_of_files_are_pictures_and_names(
    member, make_endpoint, documents, make_run, photo
):
    name = "fal-ai/bytedance/seedream/v4/edit"
    edit = make_endpoint(name, documents[name])
    arguments = {
        "prompt": "a fox",
        "image_urls": [photo.get_absolute_url(), "https://v3.fal.media/files/b.png"],
    }
    run = make_run(endpoint=edit, arguments=arguments, state="running")
    (row,) = (row for row in settings_of(run).changed if row.files)
    assert [file.name for file in row.files] == ["my photo.png", "b.png at v3.fal.media"]
    assert [file.still for file in row.files] == [photo.get_absolute_url(), ""]
    assert still_of_input(run) == photo.get_absolute_url()
    page = member.get(run.get_absolute_url()).content.decode()
    assert 'class="veiled"' in page
    aside = page[page.index("run-settings") : page.index("Input as JSON")]
    assert ">/uploads/" not in aside

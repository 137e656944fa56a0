"""Rows written one by one: prompts, and files from uploads, results and references."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from catalog.models import Endpoint
from features.boards.models import Board, Row
from projects.models import Project
from projects.models.project import private_project
from runs.files import uploads
from runs.models import Run, Upload
from tests.features.boards import documents
from tests.features.boards.views.test_plan import NEW, posted_by

pytestmark = pytest.mark.django_db
URL = {"type": "string", "ui": {"field": "image"}}
TEXT = documents.PROMPT


@pytest.fixture
def films(make_endpoint: Any) -> list[Endpoint]:
    """A model with one picture, and two whose first and last frame have different names."""
    inputs: dict[str, dict[str, Any]] = {
        "single": {"image_url": URL},
        "kling": {"start_image_url": URL, "end_image_url": URL},
        "pixverse": {"first_image_url": URL, "last_image_url": URL},
    }
    return [
        make_endpoint(f"lab/{name}", documents.document(next(iter(fields)), prompt=TEXT, **fields))
        for name, fields in inputs.items()
    ]


def photo(name: str = "a.png", colour: str = "teal") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), "image/png")


def plan(*names: str, **controls: Any) -> dict[str, Any]:
    """Return the post of a plan; the keyword `row_0_prompt` becomes the control `row.0.prompt`."""
    dotted = {name.replace("_", "."): value for name, value in controls.items()}
    models = [f"lab/{name}" for name in names]
    return {"model": models, "planned": "1", "~do": "run", "~token": "one", **dotted}


def send_plan(client: Client, post: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Run a plan; return the sent arguments by model, in the order of the rows."""
    response = client.post(NEW, post)
    assert response.status_code == 302, response.content.decode()
    by_model: dict[str, list[dict[str, Any]]] = {}
    for run in Run.objects.select_related("endpoint").order_by("cells__row__position"):
        by_model.setdefault(run.endpoint.endpoint_id.partition("/")[2], []).append(run.arguments)
    return by_model


def test_two_photos_of_a_row_reach_first_and_last_frame_of_every_model(member, films):
    """The rows follow the schema of the first model, which takes only one photo."""
    photos = [photo("a.png", "teal"), photo("b.png", "navy")]
    post = plan("single", "kling", "pixverse", row=["0"], row_0_prompt="x", row_0_upload=photos)
    by_model = send_plan(member, post)
    a, b = (Upload.objects.get(file_name=name).get_absolute_url() for name in ("a.png", "b.png"))
    assert by_model == {
        "single": [{"prompt": "x", "image_url": a}],
        "kling": [{"prompt": "x", "start_image_url": a, "end_image_url": b}],
        "pixverse": [{"prompt": "x", "first_image_url": a, "last_image_url": b}],
    }


def test_rows_have_prompts_and_files_of_their_own(member, films):
    """A row without a prompt gets the shared prompt, and a row without pictures the shared
    pictures.
    """
    of_all, own = "https://x.test/all.png", "https://x.test/own.png"
    post = plan("kling", "single", row=["3", "7", "9"], row_all_file=of_all)
    post |= {"shared.prompt": "all", "row.3.prompt": "one", "row.7.file": ["", own]}
    by_model = send_plan(member, post)
    assert by_model["single"] == [
        {"prompt": "one", "image_url": of_all},
        {"prompt": "all", "image_url": own},
    ]
    assert [row.label for row in Row.objects.all()] == ["one", "own.png"]


def test_posted_files_become_a_row_each(member, films):
    post = plan("kling", row_new_upload=[photo("a.png", "teal"), photo("b 🌊.png", "navy")])
    page = member.post(NEW, post | {"~do": "update"}).content.decode()
    again = posted_by(page)
    assert again["row"] == ["0", "1"]
    assert "b 🌊.png" in page
    assert "2 rows" in page
    page = member.post(NEW, again | {"~do": "remove-row:0"}).content.decode()
    assert "a.png" not in page
    page = member.post(NEW, again | {"~do": "remove-file:1:0"}).content.decode()
    assert "b 🌊.png" not in page
    page = member.post(NEW, again | {"~do": "add-row"}).content.decode()
    assert posted_by(page)["row"] == ["0", "1", "2"]


def test_a_file_that_is_refused_is_named_beside_its_row(member, films):
    file = SimpleUploadedFile("list.pdf", b"%PDF-1.7 ", "application/pdf")
    post = plan("kling", row=["0", "1"], row_0_prompt="one", row_1_prompt="two", row_1_upload=file)
    page = member.post(NEW, post).content.decode()
    beside = page[page.index('id="plan-row-1-troubles"') :]
    assert "list.pdf is not a picture" in beside[: beside.index("</div>")]
    assert posted_by(page)["row.1.prompt"] == ["two"]
    assert not Run.objects.exists()


def test_files_of_other_projects_and_deleted_ones_are_refused_beside_their_row(
    member, user, stranger, films, make_run
):
    team = Project.objects.create(name="Team", slug="team")
    team.memberships.create(user=user, role="maker")
    elsewhere = uploads.store(user.pk, photo("team.png", "red"), "image", project=team)
    theirs = uploads.store(
        stranger.pk, photo("secret.png", "blue"), "image", project=private_project(stranger)
    )
    gone = "/uploads/00000000-0000-4000-8000-000000000000/was.png"
    run = make_run(endpoint=films[0], user=stranger, state="succeeded")
    run.artifacts.create(position=0, path="x", kind="image", url="https://v3.fal.media/a.png")
    addresses = [
        elsewhere.get_absolute_url(), theirs.get_absolute_url(), gone,
        f"/runs/{run.pk}/artifacts/0/", "@nothing", "no address",
    ]  # fmt: skip
    post = plan("kling", row=list("012345"))
    for place, address in enumerate(addresses):
        post |= {f"row.{place}.prompt": f"prompt {place}", f"row.{place}.file": address}
    response = member.post(NEW, post)
    page = response.content.decode()
    assert response.status_code == 422
    messages = [
        "“team.png” is in another project.",
        *["A file is no longer here."] * 3,
        "There is no “@nothing” in this project.",
        "“no address” is neither the address of a file",
    ]
    for place, message in enumerate(messages):
        beside = page[page.index(f'id="plan-row-{place}-troubles"') :]
        assert message in beside[: beside.index("</div>")], place
        assert posted_by(page)[f"row.{place}.prompt"] == [f"prompt {place}"]
    assert "secret.png" not in page.replace(theirs.get_absolute_url(), "")
    assert not Run.objects.exclude(pk=run.pk).exists()


def test_rows_stay_when_models_change_and_when_more_are_added(member, films):
    post = plan("kling", row=["0"], row_0_prompt="x", row_0_file="https://x.test/a.png")
    page = member.post(NEW, post | {"~do": "add:lab/single"}).content.decode()
    again = posted_by(page)
    assert again["row.0.prompt"] == ["x"]
    assert again["row.0.file"] == ["https://x.test/a.png", ""]
    send_plan(member, again | {"~do": "run"})
    board = Board.objects.get()
    more = posted_by(member.get(f"/compare/{board.pk}/plan/").content.decode())
    more |= {"row": ["0", "1"], "row.1.prompt": "y", "row.1.file": "https://x.test/b.png"}
    assert member.post(f"/compare/{board.pk}/plan/", more | {"~do": "run"}).status_code == 302
    assert Run.objects.count() == 4
    assert board.rows.count() == 2

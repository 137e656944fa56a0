"""“Make it”: a comment fills in an editing model's form, and the run's result answers it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from catalog.models import Endpoint
from features.notifications.models import Notification
from features.sharing.models import Comment, Reviewer, Share, ShareItem
from features.sharing.review import making
from playground.form.prefill import sources
from runs.models import Artifact, Run, Upload
from tests.features.sharing.conftest import picture_bytes
from tests.features.sharing.review.conftest import Post

pytestmark = pytest.mark.django_db
REGION = {"x": "25", "y": "50", "width": "50", "height": "20"}
Act = Callable[..., Any]


@pytest.fixture
def editor(make_endpoint: Act) -> Endpoint:
    """A model that changes a picture by words, and takes a mask."""
    picture = {"type": "string", "_fal_ui_field": "image"}
    fields = {"prompt": {"type": "string"}, "image_url": picture, "mask_url": picture}
    document = {
        "openapi": "3.0.4",
        "paths": {
            "/": {
                "post": {
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": fields,
                                    "required": ["prompt", "image_url"],
                                }
                            }
                        }
                    }
                }
            }
        },
    }
    inputs = [
        ["prompt", "text", "main", "Prompt", True],
        ["image_url", "image", "main", "Image", True],
        ["mask_url", "image", "mask", "Mask", False],
    ]
    endpoint: Endpoint = make_endpoint(
        "fal-ai/editor", document, category="image-to-image", facts=["out:image"], inputs=inputs
    )
    return endpoint


@pytest.fixture
def remark(share: Share, post: Post) -> Comment:
    """Anna's comment on a region of the first picture."""
    post(Client(), "comments/", name="Anna", item=1, comment="Make it red", **REGION)
    return Comment.objects.get()


def answer(user: User, run: Run, remark: Comment) -> None:
    """Start a run from the form of the remark."""
    making.record_runs(user, {run: [f"{making.KIND}:{remark.pk}"]})


def test_make_it_opens_the_form_with_picture_words_and_mask_and_runs_nothing(
    member: Client, user: User, remark: Comment, editor: Endpoint
) -> None:
    before = Run.objects.count()
    response: Any = member.post(f"/shares/{remark.share_id}/comments/{remark.pk}/making/")
    address = urlsplit(response.url)
    assert address.path == editor.get_absolute_url()
    (key,) = parse_qs(address.query)[making.KIND]
    filled = sources.fill(user, editor, f"{making.KIND}:{key}")
    assert filled
    mask = Upload.objects.get()
    assert filled.post["prompt"] == ["Make it red"]
    assert filled.post["mask_url"] == [mask.get_absolute_url()]
    assert str(remark.item.run_id) in filled.post["image_url"][0]  # type: ignore[union-attr]
    assert (mask.width, mask.height) == (400, 300)
    assert Run.objects.count() == before


def test_the_mask_is_white_in_the_region_and_black_outside() -> None:
    remark = Comment(x=250, y=500, width=500, height=200)
    mask = Image.open(io.BytesIO(making.mask_of(remark, Artifact(width=400, height=300))))
    assert mask.size == (400, 300)
    assert mask.getbbox() == (100, 150, 300, 210)
    assert mask.getextrema() == (0, 255)


def test_only_makers_make_and_other_projects_stay_unseen(
    share: Share, remark: Comment, editor: Endpoint, stranger: User, make_picture: Act
) -> None:
    other = Client()
    other.force_login(stranger)
    assert other.post(f"/shares/{share.pk}/comments/{remark.pk}/making/").status_code == 404
    assert sources.fill(stranger, editor, f"{making.KIND}:{remark.pk}") is None
    answer(stranger, make_picture(user=stranger), remark)
    assert share.items.count() == 3


def test_the_result_becomes_the_next_version_as_soon_as_it_is_stored(
    share: Share, remark: Comment, user: User, stranger: User, make_picture: Act
) -> None:
    Reviewer.objects.update(user=stranger)
    run = make_picture()
    Artifact.objects.filter(run=run).update(state=Artifact.State.REMOTE)
    answer(user, run, remark)
    making.publish_due()
    page = f"{share.get_absolute_url()}review/1/"
    assert "Version 2" not in Client().get(page).content.decode()
    Artifact.objects.filter(run=run).update(state=Artifact.State.STORED)
    making.publish_due()
    version = ShareItem.objects.get(run=run)
    assert (version.previous, version.answers, version.is_gone) == (remark.item, remark, False)
    assert 'class="review-versus"' in Client().get(page).content.decode()
    (notification,) = Notification.objects.filter(user=stranger)
    assert "with a new version" in notification.subject
    making.publish_due()
    assert share.items.count() == 4


def test_a_failed_run_answers_nothing(
    share: Share, remark: Comment, user: User, make_run: Act
) -> None:
    answer(user, make_run(state="failed"), remark)
    assert share.items.count() == 4
    making.publish_due()
    assert share.items.count() == 3


def test_a_version_is_uploaded_and_served_like_a_result(
    share: Share, remark: Comment, member: Client
) -> None:
    address = f"/shares/{share.pk}/review/1/versions/"
    page = member.get(address).content.decode()
    for way in ("Remix the run", "Make it", "Upload it as version 2"):
        assert way in page
    file = SimpleUploadedFile("red.png", picture_bytes(200), "image/png")
    assert member.post(address, {"file": file, "answers": remark.pk}).status_code == 302
    version = ShareItem.objects.get(upload__isnull=False)
    assert (version.previous, version.answers) == (remark.item, remark)
    for path in ("review/", f"review/{version.number}/", f"items/{version.number}/", "?as=share"):
        page = Client().get(share.get_absolute_url() + path).content.decode()
        assert f"/files/{version.number}/" in page, path

"""“Make it”: a comment fills in an editing model's form; the result is seen, sent, taken back."""

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
from core.db import clock
from features.notifications.models import Notification
from features.sharing import items
from features.sharing.live import parts as live_parts
from features.sharing.models import Comment, Reviewer, Share, ShareItem
from features.sharing.review import making, versions
from playground.form.prefill import sources
from projects.models import Project
from runs.models import Artifact, Run, Upload
from tests.features.boards import documents
from tests.features.sharing.conftest import picture_bytes, store_file
from tests.features.sharing.review.conftest import Post

pytestmark = pytest.mark.django_db
REGION = {"x": "25", "y": "50", "width": "50", "height": "20"}
Act = Callable[..., Any]


@pytest.fixture
def editor(make_endpoint: Act) -> Endpoint:
    """A model that changes a picture by words, and takes a mask."""
    picture = {"type": "string", "_fal_ui_field": "image"}
    document = documents.document(
        "prompt", "image_url", prompt={"type": "string"}, image_url=picture, mask_url=picture
    )
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


@pytest.fixture
def make_file(make_run: Act) -> Act:
    """`make_file()` → a successful run with one picture whose file is in the storage."""
    shades = iter(range(100))

    def make() -> Run:
        run: Run = make_run(state="succeeded")
        content = picture_bytes(next(shades))
        store_file(run, 0, content, "image/png", width=32, height=24)
        return run

    return make


def answer(user: User, run: Run, remark: Comment) -> None:
    """Start a run from the form of the remark."""
    making.record_runs(user, {run: [f"{making.KIND}:{remark.pk}"]})


def test_make_it_opens_the_form_with_picture_words_and_mask_and_runs_nothing(
    member, user, remark, editor
):
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
    assert str(remark.item.run_id) in filled.post["image_url"][0]
    assert (mask.width, mask.height) == (400, 300)
    assert Run.objects.count() == before


def test_the_mask_is_white_in_the_region_and_black_outside():
    remark = Comment(x=250, y=500, width=500, height=200)
    mask = Image.open(io.BytesIO(making.mask_of(remark, Artifact(width=400, height=300))))
    assert mask.size == (400, 300)
    assert mask.getbbox() == (100, 150, 300, 210)
    assert mask.getextrema() == (0, 255)


def test_only_makers_make_and_other_projects_stay_unseen(
    share, remark, editor, stranger, make_picture
):
    other = Client()
    other.force_login(stranger)
    assert other.post(f"/shares/{share.pk}/comments/{remark.pk}/making/").status_code == 404
    assert sources.fill(stranger, editor, f"{making.KIND}:{remark.pk}") is None
    run = make_picture()
    answer(share.user, run, remark)
    assert other.get(f"/shares/answers/{run.pk}/").status_code == 404
    on_stage = other.get(f"/shares/answers/{run.pk}/", headers={"hx-request": "true"})
    assert (on_stage.status_code, on_stage.content) == (204, b"")
    answer(stranger, make_picture(user=stranger), remark)
    assert share.items.count() == 4


@pytest.fixture
def result(share: Share, remark: Comment, user: User, make_picture: Act) -> Run:
    """A successful run that was started by “Make it” for the remark."""
    run: Run = make_picture()
    answer(user, run, remark)
    return run


def send(client: Client, remark: Comment, run: Run, position: int = 0, **fields: Any) -> Any:
    """Press “Send to Anna” on the stage."""
    fields |= {"artifact": f"{run.pk}/{position}", "answers": remark.pk, "stage": run.pk}
    address = f"/shares/{remark.share_id}/review/1/versions/"
    return client.post(address, fields, headers={"hx-request": "true"})


def take_back(client: Client, share: Share, run: Run) -> Any:
    """Press “Undo” or “Take back”."""
    number = share.items.get(run=run).number
    return client.post(f"/shares/{share.pk}/review/{number}/retraction/")


def let_time_pass() -> None:
    """Let the time for an undo pass."""
    ShareItem.objects.filter(news_due_at__isnull=False).update(news_due_at=clock.now())
    versions.tell_due()


def is_shown(share: Share, run: Run) -> bool:
    """Whether a guest sees a run's result on any page of the share, or gets its file."""
    number, guest, root = share.items.get(run=run).number, Client(), share.get_absolute_url()
    pages = ("review/", "review/1/", "?as=share")
    texts = [guest.get(root + page).content.decode() for page in pages]
    texts += live_parts.render(share.pk, "", 1)[1].values()
    texts += live_parts.render(share.pk, "", 0)[1].values()
    is_named = any(f"/{number}/" in text or f"said-{number}" in text for text in texts)
    is_open = guest.get(f"{root}review/{number}/").status_code == 200
    assert (
        is_named == is_open == (items.artifact_of(share, items.item_at(share, number)) is not None)
    )
    return is_open


def test_a_result_is_seen_over_the_first_version_then_sent_taken_back_and_sent_again(
    share, remark, result, member
):
    assert f"/shares/answers/{result.pk}/" in member.get(result.stage_link).content.decode()
    assert not is_shown(share, result)

    send(member, remark, result)
    version = share.items.get(run=result)
    assert (version.previous, version.answers, version.is_gone) == (remark.item, remark, False)
    assert is_shown(share, result)
    version_number = share.version
    for _ in range(2):
        take_back(member, share, result)
    assert not is_shown(share, result)
    share.refresh_from_db()
    assert share.version > version_number
    (now,) = live_parts.render(share.pk, "", version.number)[1].values()
    assert f'data-gone="{share.get_absolute_url()}review/"' in now  # for a guest who looks at it
    assert "Send to Anna" in member.get(f"/shares/answers/{result.pk}/").content.decode()
    send(member, remark, result)
    assert is_shown(share, result)


def test_two_presses_send_one_version_and_another_result_of_the_run_is_refused(
    share, remark, result, member
):
    other = Artifact.objects.get(run=result)
    other.pk, other.position = None, 1
    other.save()
    panel = f"/shares/answers/{result.pk}/?artifact={result.pk}/1"
    assert f'value="{result.pk}/1"' in member.get(panel).content.decode()
    for _ in range(2):
        assert send(member, remark, result, position=1).status_code == 200
    refused = send(member, remark, result, position=0)
    assert refused.status_code == 422
    assert versions.ANSWERED in refused.content.decode()
    assert share.items.get(run=result).position == 1
    assert share.items.count() == 4


@pytest.mark.parametrize("is_taken_back", [False, True])
def test_the_notice_leaves_after_the_time_for_an_undo(
    share, remark, result, member, stranger, is_taken_back
):
    Reviewer.objects.update(user=stranger)
    send(member, remark, result)
    versions.tell_due()
    assert not Notification.objects.filter(user=stranger).exists()
    if is_taken_back:
        take_back(member, share, result)
    let_time_pass()
    subjects = Notification.objects.filter(user=stranger).values_list("subject", flat=True)
    assert [*subjects] == [] if is_taken_back else "with a new version" in subjects[0]
    take_back(member, share, result)
    assert not Notification.objects.filter(user=stranger).exists()


def test_what_the_client_has_seen_is_taken_back_only_by_undo(
    share, post, remark, user, member, make_file
):
    runs = [make_file() for _ in range(3)]
    for run in runs:
        answer(user, run, remark)
        send(member, remark, run)
    numbers = {run: share.items.get(run=run).number for run in runs}
    addresses = [f"{share.get_absolute_url()}files/{numbers[run]}/" for run in runs]
    visits = [(member, "Mozilla/5.0", 0), (Client(), "Slackbot", 0)]
    visits += [(Client(), "Mozilla/5.0", 1), (Client(), "Mozilla/5.0", 2)]
    for visitor, program, at in visits:
        assert b"".join(visitor.get(addresses[at], headers={"User-Agent": program}))
    take_back(member, share, runs[1])  # within ten seconds
    let_time_pass()
    panel = member.get(f"/shares/answers/{runs[2].pk}/").content.decode()
    assert "has seen version" in panel
    assert "Take back" not in panel
    for run in runs[::2]:
        take_back(member, share, run)
    assert [is_shown(share, run) for run in runs] == [False, False, True]
    chain = versions.chain_of(list(share.items.filter(is_gone=False)), share.items.get(run=runs[2]))
    assert [item.number for item in chain] == [1, numbers[runs[2]]]


def test_what_a_client_has_answered_is_not_undone(share, post, remark, result, member):
    send(member, remark, result)
    number = share.items.get(run=result).number
    post(Client(), "comments/", name="Ben", item=number, comment="Better")
    page = member.post(f"/shares/{share.pk}/review/{number}/retraction/", follow=True)
    assert versions.SEEN in page.content.decode()
    assert is_shown(share, result)


@pytest.mark.parametrize("how", ["failed", "closed", "ended", "removed", "coming"])
def test_nothing_is_sent_when_it_must_not_be(share, remark, result, member, stranger, how):
    if how == "failed":
        Artifact.objects.filter(run=result).delete()
        Run.objects.filter(pk=result.pk).update(state=Run.State.FAILED)
    elif how == "coming":
        Artifact.objects.filter(run=result).update(state=Artifact.State.REMOTE)
    elif how == "removed":
        Share.objects.update(user=stranger)
        project = Project.objects.create(slug="other", name="Other")
        Share.objects.update(project=project)
    else:
        field = "closed_at" if how == "closed" else "revoked_at"
        Share.objects.update(**{field: clock.now()})
    panel = member.get(f"/shares/answers/{result.pk}/")
    sent = send(member, remark, result)
    if how == "removed":
        assert panel.status_code == sent.status_code == 404
    else:
        assert sent.status_code == 422
    assert share.items.get(run=result).is_gone


def test_a_version_is_uploaded_and_served_like_a_result(share, remark, member):
    address = f"/shares/{share.pk}/review/1/versions/"
    file = SimpleUploadedFile("red.png", picture_bytes(200), "image/png")
    assert member.post(address, {"file": file, "answers": remark.pk}).status_code == 302
    version = ShareItem.objects.get(upload__isnull=False)
    assert (version.previous, version.answers) == (remark.item, remark)
    for path in ("review/", f"review/{version.number}/", f"items/{version.number}/", "?as=share"):
        page = Client().get(share.get_absolute_url() + path).content.decode()
        assert f"/files/{version.number}/" in page, path

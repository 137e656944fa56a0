"""The lower part of a model's page: facts, the team's notes and examples, and who sees them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from catalog.models import Collection, CollectionItem, Note
from runs.files import uploads
from runs.models import Artifact, Run
from tests.runs.looks import let_look

FLUX = "fal-ai/flux/dev"
PAGE = f"/models/{FLUX}/"
ABOUT = f"{PAGE}?tab=about"
HTMX = {"hx-request": "true"}


@pytest.fixture
def other(client: Client, stranger: User) -> Client:
    """A colleague's browser."""
    client = Client()
    client.force_login(stranger)
    return client


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(
        User.objects.create_user("eva", password="pw", is_staff=True, is_superuser=True)
    )
    return client


def make_timed_run(make_run: Any, seconds: float, **more: Any) -> Run:
    run: Run = make_run(state="succeeded", output={}, **more)
    run.sent_at = run.created_at
    run.ended_at = run.created_at + timedelta(seconds=seconds)
    run.save()
    return run


def test_about_tells_what_the_playground_leaves_out(member, flux, make_endpoint):
    flux.unit_price_usd, flux.price_unit, flux.currency = "0.025", "megapixels", "USD"
    flux.license_type, flux.group_key = "commercial", "flux"
    flux.github_url = "javascript:alert(1)"
    flux.save()
    make_endpoint("fal-ai/flux/schnell", group_key="flux", display_name="Schnell")
    best = Collection.objects.create(slug="best", title="Our best")
    hidden = Collection.objects.create(slug="draft", title="Not yet", is_published=False)
    for collection in (best, hidden):
        CollectionItem.objects.create(collection=collection, endpoint=flux)
    page = member.get(PAGE).content.decode()
    assert "Schnell" not in page
    text = member.get(ABOUT).content.decode()
    for text_part in ("$0.025 per megapixel", "used commercially", "Schnell", "Our best"):
        assert text_part in text
    assert "Not yet" not in text
    assert "javascript:" not in text


def test_notes_can_be_written_changed_deleted_and_restored(member, flux, user):
    written = member.post(
        f"/notes/of/{FLUX}/", {"text": " Use https://a.test/b <b>\nit "}, headers=HTMX
    )
    text = written.content.decode()
    assert '<a href="https://a.test/b" rel="nofollow">' in text
    assert "&lt;b&gt;<br>it" in text
    note = Note.objects.get()
    at = note.created_at
    assert "Use https" in member.get(f"/notes/{note.pk}/", headers=HTMX).content.decode()
    member.post(f"/notes/{note.pk}/", {"text": "Better"}, headers=HTMX)
    note.refresh_from_db()
    assert (note.text, bool(note.edited_at)) == ("Better", True)
    gone = member.post(f"/notes/{note.pk}/deletion/", headers=HTMX).content.decode()
    assert not Note.objects.exists()
    assert f'hx-post="/undo/note/{note.pk}/"' in gone
    for _ in range(2):
        member.post(f"/undo/note/{note.pk}/", headers=HTMX)
    back = Note.objects.get()
    assert (back.text, back.created_at, back.user) == ("Better", at, user)


@pytest.mark.parametrize("text", ["", " \n ", "x" * 4001])
def test_an_invalid_note_is_reported(member, flux, text):
    response = member.post(f"/notes/of/{FLUX}/", {"text": text}, headers=HTMX)
    assert response.status_code == 422
    assert b'role="alert"' in response.content
    assert not Note.objects.exists()


def test_everybody_reads_a_note_and_curators_can_delete_it(other, staff, flux, user):
    note = Note.objects.create(endpoint=flux, user=user, text="Mine")
    assert b"Mine" in other.get(ABOUT).content
    assert b"The note is deleted." in staff.post(f"/notes/{note.pk}/deletion/", follow=True).content
    assert not Note.objects.exists()


@pytest.fixture
def run_with_files(
    member: Client, make_run: Any, flux: Any, user: User, settings: Any, tmp_path: Any
) -> Run:
    """A successful run, made from a file, with a stored picture."""
    settings.MEDIA_ROOT = str(tmp_path)
    source_file = uploads.store(
        user.pk, SimpleUploadedFile("a.txt", b"words", "text/plain"), "file"
    )
    run = make_timed_run(
        make_run,
        3,
        endpoint=flux,
        title="A fox",
        arguments={"prompt": "A fox", "file": source_file.get_absolute_url()},
    )
    result_file = uploads.store(
        user.pk, SimpleUploadedFile("b.txt", b"result", "text/plain"), "file"
    )
    Artifact.objects.create(
        run=run, position=0, path="$", kind="file", url="https://x.test/b", state="stored",
        file=result_file.file, content_type="text/plain", file_name="b.txt",
    )  # fmt: skip
    return run


def seen_by(client: Client, run: Run) -> dict[str, int]:
    """Return the statuses that a user gets for a run and its files."""
    page = f"/runs/{run.pk}/"
    addresses = [page, f"{page}output.json", f"{page}artifacts/0/", run.arguments["file"]]
    statuses = {}
    for address in addresses:
        response = client.get(address)
        statuses[address] = response.status_code
        if response.streaming:  # a file stays open until it is read
            assert b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return statuses


@pytest.mark.system
def test_an_example_is_visible_to_the_team_until_withdrawn(member, other, run_with_files):
    assert set(seen_by(member, run_with_files).values()) == {200}
    assert set(seen_by(other, run_with_files).values()) == {404}
    assert b"A fox" not in other.get(ABOUT).content
    assert b"Show as example" in member.get(f"/runs/{run_with_files.pk}/").content
    member.post(f"/runs/{run_with_files.pk}/example/", {"example": "1"}, headers=HTMX)
    assert set(seen_by(other, run_with_files).values()) == {200}
    assert b"A fox" in other.get(ABOUT).content
    page = other.get(f"/runs/{run_with_files.pk}/").content.decode()
    assert "shows this run as an example" in page
    for theirs in (
        "Run again",
        "Show as example",
        "Shown as example",
        "Save run",
        f"star-{run_with_files.pk}",
    ):
        assert theirs not in page
    assert "A fox" in other.get(PAGE, {"run": str(run_with_files.pk)}).content.decode()
    member.post(f"/runs/{run_with_files.pk}/example/", {"example": "0"})
    assert set(seen_by(other, run_with_files).values()) == {404}
    assert "A fox" not in other.get(PAGE, {"run": str(run_with_files.pk)}).content.decode()


def test_an_example_is_read_only_for_others(other, run_with_files):
    Run.objects.update(is_example=True)
    for action in ("cancellation", "repetition", "star", "example"):
        assert other.post(f"/runs/{run_with_files.pk}/{action}/").status_code == 404
    assert other.get(f"/runs/{run_with_files.pk}/run.json").status_code == 404
    assert str(run_with_files.pk) not in other.get("/runs/").content.decode()
    run_with_files.refresh_from_db()
    assert run_with_files.is_example
    assert Run.objects.count() == 1


def test_only_a_successful_run_can_be_an_example(member, other, staff, make_run, run_with_files):
    failed = make_run(state="failed", error={}, is_example=True)
    assert member.post(f"/runs/{failed.pk}/example/", {"example": "1"}).status_code == 404
    assert other.get(f"/runs/{failed.pk}/").status_code == 404
    assert staff.post(f"/runs/{run_with_files.pk}/example/", {"example": "1"}).status_code == 404
    let_look(User.objects.get(pk=staff.session["_auth_user_id"]), run_with_files)
    assert staff.post(f"/runs/{run_with_files.pk}/example/", {"example": "1"}).status_code == 302
    assert other.get(f"/runs/{run_with_files.pk}/").status_code == 200


@pytest.mark.parametrize("values", [{"status": "deprecated"}, {"gone_at": timezone.now()}])
def test_a_retired_model_links_to_what_could_take_over(member, flux, make_endpoint, values):
    for name, value in {"group_key": "flux", **values}.items():
        setattr(flux, name, value)
    flux.save()
    price = {"unit_price_usd": "0.02", "price_unit": "images", "currency": "USD"}
    deputy = make_endpoint(
        "fal-ai/flux-3", group_key="flux", display_name="Flux 3", duration_estimate_min=0.1, **price
    )
    evidence = '<span class="muted figures">$0.02 / image · about 6.0 s</span>'
    link = '<a href="/models/fal-ai/flux-3/">Flux 3</a>'
    page = " ".join(member.get(PAGE).content.decode().split())
    assert f"Possible deputies: {link} {evidence}" in page
    assert '/dependants/">What uses it' in page
    flux.deputy = deputy
    flux.save()
    assert f"Use {link} instead {evidence}" in " ".join(member.get(PAGE).content.decode().split())

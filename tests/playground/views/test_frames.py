"""A frame of a film becomes an upload that knows its film, and opens its menu “Use as…”."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage, default_storage
from django.db import connections
from django.test import Client
from PIL import Image

from projects.models import Project
from projects.models.project import private_project
from runs.files import frames, uploads
from runs.models import Artifact, RecordedRun, Run, Upload
from runs.records import counting
from tests.playground.projects.people import signed_in
from tests.projects.people import logged_in, make_project, person
from tests.runs.copying import stored_film
from tests.runs.files.media.test_frame_program import DARKEST, STEP, varying

pytestmark = pytest.mark.django_db
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def film(make_run: Callable[..., Run]) -> Artifact:
    """A film of eleven frames, of which the last begins at 1.6 s."""
    return stored_film(make_run, varying())


def take(browser: Client, film: Artifact, **post: Any) -> Any:
    return browser.post(f"{film.get_absolute_url()}frames/", post, headers=SCRIPT)


def number_in(upload: Upload) -> int:
    """Return the number of the film's frame that an upload holds."""
    with default_storage.open(upload.file) as file, Image.open(io.BytesIO(file.read())) as picture:
        red, *_ = picture.getpixel((5, 5))  # type: ignore[misc]
    return round((red - DARKEST) / STEP)


def test_a_frame_is_kept_with_its_film_and_moment_and_offered_to_models(member, film, user):
    answer = take(member, film, at="0.699")
    upload = Upload.objects.get()
    assert answer.json() == {"uses": f"/uploads/{upload.pk}/uses/?project=private"}
    assert number_in(upload) == 4
    assert (upload.origin_run, upload.origin_position) == (film.run_id, film.position)
    assert upload.origin_at_s == 0.26
    assert upload.project == private_project(user)
    menu = member.get(answer.json()["uses"]).content.decode()
    assert "Use this picture as…" in menu
    assert "at 0.26 s.png" in menu


def test_without_script_the_last_frame_is_a_press(member, film):
    address = f"{film.get_absolute_url()}frames/"
    for page in (f"/runs/{film.run_id}/", f"{film.get_absolute_url()}view/"):
        assert f'action="{address}"' in member.get(page).content.decode()
    answer = member.post(address)
    upload = Upload.objects.get()
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/uploads/{upload.pk}/uses/?project=private",
    )
    assert number_in(upload) == 10


def test_an_equal_frame_is_the_same_file_of_its_first_film(member, film, make_run):
    first = take(member, film).json()
    assert take(member, film, at="1.7").json() == first
    assert take(member, stored_film(make_run, varying())).json() == first
    assert Upload.objects.get().origin_run == film.run_id


@pytest.mark.django_db(transaction=True)
def test_a_double_press_keeps_one_file(user, film):
    def press(_: int) -> Any:
        try:
            return take(logged_in(user), film).json()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(press, range(2))
    assert first == second == {"uses": f"/uploads/{Upload.objects.get().pk}/uses/?project=private"}


def test_an_own_upload_of_the_same_content_learns_where_it_is_from(member, film):
    take(member, film)
    Upload.objects.update(origin_run=None, origin_position=None, origin_at_s=None)
    take(member, film)
    assert Upload.objects.get().origin_run == film.run_id


def test_a_film_whose_frame_was_taken_counts_as_kept(member, film):
    take(member, film)
    counting.count_due()
    assert RecordedRun.objects.get(run=film.run_id).is_kept


def test_it_goes_to_the_project_of_the_film(film):
    acme: Project = make_project("Acme", ben="maker", cleo="viewer")
    Run.objects.filter(pk=film.run_id).update(project=acme, is_hidden=False)
    answer = take(signed_in("ben"), film)
    assert answer.json()["uses"].endswith("/uses/?project=acme")
    assert Upload.objects.get().project == acme
    assert take(signed_in("cleo"), film).json()["uses"].endswith("?project=private")


def test_a_viewer_without_a_place_of_their_own_to_work_is_told_why(film):
    acme = make_project("Acme", cleo="viewer")
    Run.objects.filter(pk=film.run_id).update(project=acme, is_hidden=False)
    address = f"{film.get_absolute_url()}frames/?project=acme"
    answer = logged_in(person("cleo")).post(address, headers=SCRIPT)
    assert answer.status_code == 403
    assert "you can only look" in answer.json()["error"]


@pytest.mark.parametrize(
    ("post", "words"),
    [
        ({"at": "9"}, "This film ends after 1.6 s. Choose an earlier moment."),
        ({"at": "soon"}, "Say the moment in seconds, such as 1.5."),
        ({"at": "-1"}, "The film begins at 0 s. Choose a later moment."),
        ({"at": "nan"}, "Say the moment in seconds, such as 1.5."),
    ],
)
def test_a_moment_that_is_none_is_said(member, film, post, words):
    answer = take(member, film, **post)
    assert (answer.status_code, answer.json()) == (422, {"error": words})
    page = member.post(f"{film.get_absolute_url()}frames/", post)
    assert page.status_code == 422
    assert words in page.content.decode()


def test_a_film_that_cannot_be_read_is_said(member, make_run):
    broken = take(member, stored_film(make_run, varying()[:400]))
    assert (broken.status_code, broken.json()) == (422, {"error": frames.UNREADABLE})


@pytest.mark.parametrize("state", ["remote", "lost", "stored"])
def test_a_film_that_is_not_stored_here_is_said(member, film, state):
    Artifact.objects.filter(pk=film.pk).update(state=state, file="gone.mp4")
    answer = take(member, film)
    assert (answer.status_code, answer.json()) == (422, {"error": frames.NOT_STORED})


def test_a_storage_without_paths_gives_the_film_or_says_why_not(
    member, make_run, settings, monkeypatch
):
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"default": memory}
    film = stored_film(make_run, varying())
    take(member, film)
    assert number_in(Upload.objects.get()) == 10

    def fail(*_: Any) -> None:
        raise TimeoutError("the bucket")

    monkeypatch.setattr(InMemoryStorage, "_open", fail)
    assert take(member, film).json() == {"error": frames.UNAVAILABLE}
    monkeypatch.undo()
    Artifact.objects.update(file="gone.mp4")
    assert take(member, film).json() == {"error": frames.NOT_STORED}


def test_a_film_that_takes_too_long_and_a_busy_server_are_said(member, film, monkeypatch):
    monkeypatch.setattr(frames, "LIMIT_S", 0.001)
    assert take(member, film).json() == {"error": frames.TOO_MUCH}
    monkeypatch.setattr(frames, "WAIT_S", 0.001)
    for _ in range(frames.AT_ONCE):
        assert frames._free.acquire(timeout=1)
    try:
        assert take(member, film).json() == {"error": frames.BUSY}
    finally:
        for _ in range(frames.AT_ONCE):
            frames._free.release()


def test_a_full_quota_and_a_full_disk_are_said(member, film, monkeypatch):
    def refuse(*_: Any, **__: Any) -> Upload:
        raise uploads.NotStored("The disk is full.")

    monkeypatch.setattr(uploads, "store", refuse)
    answer = take(member, film)
    assert (answer.status_code, answer.json()) == (507, {"error": "The disk is full."})

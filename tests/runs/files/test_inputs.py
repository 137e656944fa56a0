"""A run's input files on their way to the model.

Uploads and past results are sent if the user may read them; an error names the file.
"""

import errno
import io
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from PIL import Image

import fal
from catalog.models import Endpoint
from runs.files import inputs, stored_files
from runs.files.stored_files import StoredFile
from runs.models import Artifact, Run, Upload
from runs.state import state_machine
from runs.worker.limits import WorkerLimits
from tests.runs.conftest import SOON, without_pauses
from tests.runs.looks import let_look
from tests.runs.start.started import start_run

IN_PARTS = replace(SOON, single_upload_bytes=40, part_bytes=40)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]
Ask = Callable[..., Run]
EDIT = "sandbox/aurora/image-to-image"


@pytest.fixture
def ask(catalogue: None, user: User) -> Ask:
    """`ask(EDIT, prompt="x", image_url=…)`: a run of `user` that waits to be sent."""

    def make(endpoint_id: str, **arguments: Any) -> Run:
        run, _ = start_run(
            user=user,
            endpoint=Endpoint.objects.get(endpoint_id=endpoint_id),
            key=str(Run.objects.count()),
            arguments=arguments,
        )
        return run

    return make


def has_ended(run: Run) -> bool:
    return Run.objects.get(pk=run.pk).is_final


def store_picture(colour: str = "teal", size: int = 64) -> StoredFile:
    picture = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(picture, "PNG")
    return stored_files.store(picture, "image/png")


def make_upload(person: User, name: str = "sea.png") -> Upload:
    stored_file = store_picture()
    return Upload.objects.create(
        user=person, digest=stored_file.digest, file=stored_file.name, file_name=name,
        content_type=stored_file.content_type, size_bytes=stored_file.size_bytes,
    )  # fmt: skip


def make_artifact(run: Run, **values: Any) -> Artifact:
    stored_file = store_picture("orange")
    defaults = {
        "path": "$.image", "kind": "image", "url": "https://gone.example/x.png", "state": "stored",
        "file": stored_file.name, "digest": stored_file.digest,
        "content_type": stored_file.content_type, "size_bytes": stored_file.size_bytes,
        "position": run.artifacts.count(),
    }  # fmt: skip
    return Artifact.objects.create(run=run, **(defaults | values))


def test_a_past_result_is_uploaded_once_and_sent_by_upstreams_address(ask, work, sandbox, make_run):
    artifact = make_artifact(make_run(state="succeeded"))
    first = ask(EDIT, prompt="x", image_url=artifact.get_absolute_url())
    work(lambda: has_ended(first))
    second = ask(EDIT, prompt="x", image_url=artifact.get_absolute_url())
    work(lambda: has_ended(second))
    for run in (first, second):
        run.refresh_from_db()
        assert run.state == "succeeded", run.error
        assert run.sent_arguments["image_url"].startswith("http")
        assert run.arguments["image_url"] == artifact.get_absolute_url()
    assert sandbox.calls()["upload_initiate"] == 1


def test_a_result_without_a_copy_is_sent_by_its_original_address(ask, work, sandbox, make_run):
    run = ask(EDIT, prompt="x", image_url=make_upload(User.objects.get()).get_absolute_url())
    work(lambda: has_ended(run))
    Artifact.objects.filter(run=run).update(state="remote", next_attempt_at=None)
    artifact = Artifact.objects.get(run=run)
    before = sandbox.calls()["upload_initiate"]
    again = ask(EDIT, prompt="x", image_url=artifact.get_absolute_url())
    work(lambda: has_ended(again))
    again.refresh_from_db()
    assert again.state == "succeeded", again.error
    assert again.sent_arguments["image_url"] == artifact.url
    assert sandbox.calls()["upload_initiate"] == before


@pytest.mark.parametrize(
    "what", ["anothers upload", "by its whole address", "anothers result", "a lost result", "none"]
)
def test_a_run_with_a_forbidden_or_missing_file_fails_before_the_submit(
    ask, work, sandbox, make_run, stranger, what
):
    def address() -> str:
        if what == "none":
            return f"/runs/{uuid.uuid4()}/artifacts/0/"
        if what == "anothers result":
            return make_artifact(make_run(user=stranger, state="failed")).get_absolute_url()
        if what == "a lost result":
            return make_artifact(make_run(state="failed"), state="lost").get_absolute_url()
        host = "http://localhost:1" if what == "by its whole address" else ""
        return f"{host}{make_upload(stranger).get_absolute_url()}"

    run = ask(EDIT, prompt="x", image_url=address())
    work(lambda: has_ended(run))
    run.refresh_from_db()
    assert run.state == "failed"
    assert (run.error["status"], run.error["type"]) == (422, "file_download_error")
    (problem,) = run.error["detail"]
    assert problem["loc"] == ["body", "image_url"]
    assert problem["msg"] == run.error["message"]
    assert not run.error["is_retryable"]
    assert not {"submit", "upload_initiate"} & sandbox.calls().keys()


def test_an_admin_who_said_why_may_use_the_file(ask, work, stranger, user, make_run):
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    source = make_run(user=stranger, state="failed")
    let_look(User.objects.get(pk=user.pk), source)
    run = ask(EDIT, prompt="x", image_url=make_artifact(source).get_absolute_url())
    work(lambda: has_ended(run))
    run.refresh_from_db()
    assert run.state == "succeeded", run.error


def test_an_address_that_upstream_does_not_know_any_more_is_sent_once(ask, work):
    upload = make_upload(User.objects.get())
    before = ask(EDIT, prompt="x", image_url=upload.get_absolute_url())
    work(lambda: has_ended(before))
    upload.refresh_from_db()
    gone = upload.upstream_url.replace(upload.upstream_url.rpartition("/")[2], "gone.png")
    Upload.objects.update(upstream_url=gone)
    runs: list[Run] = []
    for _ in range(2):
        runs.append(ask(EDIT, prompt="x", image_url=upload.get_absolute_url()))
        work(lambda: has_ended(runs[-1]))
    states = [Run.objects.get(pk=run.pk).state for run in runs]
    assert states == ["failed", "succeeded"]


@pytest.mark.parametrize(
    ("account_life_s", "age", "is_sent_again"),
    [
        (None, timedelta(days=5), False),
        (None, timedelta(days=6, hours=1), True),
        (30 * 86_400, timedelta(days=6, hours=1), True),
        (3 * 86_400, timedelta(days=2, hours=1), True),
        (86_400, timedelta(hours=11), False),
        (86_400, timedelta(hours=13), True),
        (3600, timedelta(days=2), True),
    ],
)
def test_the_shorter_life_of_a_file_decides_whether_its_address_is_sent_again(
    account_life_s, age, is_sent_again
):
    upload = Upload(upstream_url="https://fal.media/a.png", upstream_at=timezone.now() - age)
    assert inputs._is_usable(upload, None, account_life_s) != is_sent_again


def test_a_run_whose_file_upstream_refuses_fails_naming_the_file(ask, work, sandbox):
    sandbox.fault("upload", "413", times=9)
    run = ask(EDIT, prompt="x", image_url=make_upload(User.objects.get()).get_absolute_url())
    work(lambda: has_ended(run))
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.error["message"].startswith("sea.png did not reach the model")
    assert "submit" not in sandbox.calls()


def test_a_failed_part_is_retried_without_sending_the_finished_parts_again(ask, work, sandbox):
    upload = make_upload(User.objects.get())
    parts = -(-upload.size_bytes // 40)
    assert parts > 2
    sandbox.fault("upload_part", "503", times=3, after=1)
    run = ask(EDIT, prompt="x", image_url=upload.get_absolute_url())
    work(without_pauses(lambda: has_ended(run)), IN_PARTS)
    run.refresh_from_db()
    assert run.state == "succeeded", run.error
    assert run.attempts == 2
    calls = sandbox.calls()
    assert calls["upload_initiate"] == 1
    assert calls["upload_part"] == parts + 3


@pytest.mark.exhaustive
def test_one_large_file_of_two_people_is_uploaded_for_each(ask, work, sandbox, stranger):
    address = make_upload(stranger, "private.png").get_absolute_url()
    # the second upload overtakes the first
    sandbox.fault("upload_part", "slow", value=2.0, times=1)
    mine = make_upload(User.objects.get(username="ana")).get_absolute_url()
    runs = [ask(EDIT, prompt="x", image_url=mine)]

    def both_ended() -> bool:
        if len(runs) == 1 and sandbox.calls().get("upload_part"):
            theirs, _ = start_run(
                user=stranger,
                endpoint=runs[0].endpoint,
                key="theirs",
                arguments={"prompt": "x", "image_url": address},
            )
            runs.append(theirs)
        return len(runs) == 2 and all(map(has_ended, runs))

    work(both_ended, IN_PARTS)
    assert {run.state for run in Run.objects.all()} == {"succeeded"}
    assert sandbox.calls()["upload_initiate"] == 2


def test_a_storage_error_is_shown_and_retried(ask, work):
    address = make_upload(User.objects.get()).get_absolute_url()
    run = ask(EDIT, prompt="x", image_url=address)
    notes: list[str] = []

    def refuse_to_open(self: FileSystemStorage, name: str, mode: str = "rb") -> Any:
        raise RuntimeError("SlowDown")

    def until() -> bool:
        if not notes and (note := Run.objects.get(pk=run.pk).note):
            notes.append(note)
            mended.undo()
        return has_ended(run)

    mended = pytest.MonkeyPatch()
    mended.setattr(FileSystemStorage, "_open", refuse_to_open)
    try:
        work(without_pauses(until))
    finally:
        mended.undo()
    run.refresh_from_db()
    assert notes == ["sea.png cannot be read here: SlowDown. The run is sent again in a moment."]
    assert (run.state, run.attempts) == ("succeeded", 2)


def test_a_lasting_storage_error_fails_the_run(ask, work, sandbox, monkeypatch):
    def refuse_to_open(self: FileSystemStorage, name: str, mode: str = "rb") -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", "/where/files/lie")

    run = ask(EDIT, prompt="x", image_url=make_upload(User.objects.get()).get_absolute_url())
    note = "sea.png cannot be read here: Permission denied. The run is sent again in a moment."
    tried = {"what": "later", "text": note, "at": timezone.now().isoformat()}
    Run.objects.update(events=[tried] * (inputs.MAX_STORAGE_TRIES - 2))
    monkeypatch.setattr(FileSystemStorage, "_open", refuse_to_open)
    work(without_pauses(lambda: has_ended(run)))
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("failed", 2)
    assert run.error["message"] == "sea.png cannot be read here: Permission denied."
    assert "submit" not in sandbox.calls()


class SlowlyRead(io.FileIO):
    """A file on a slow disk: reading a piece takes longer than a note on the run may wait."""

    def read(self, *of: Any) -> Any:
        time.sleep(inputs.PROGRESS_EVERY_S)
        return super().read(*of)


def test_a_cancel_during_an_upload_with_progress_stops_before_the_submit(
    ask, work, sandbox, monkeypatch
):
    def open_slowly(self: FileSystemStorage, name: str, mode: str = "rb") -> Any:
        return File(SlowlyRead(self.path(name)))

    monkeypatch.setattr(FileSystemStorage, "_open", open_slowly)
    sandbox.fault("upload", "slow", value=1.0)
    run = ask(EDIT, prompt="x", image_url=make_upload(User.objects.get()).get_absolute_url())

    def is_over() -> bool:
        now = Run.objects.get(pk=run.pk)
        if now.note and not now.cancel_requested_at:
            assert now.note.startswith("Uploading sea.png, ")
            assert now.state == "submitting"
            state_machine.request_cancel(run.pk)
        return now.is_final

    work(is_over, fal.Limits(chunk_bytes=64))
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert run.note == ""
    assert "submit" not in sandbox.calls()


@pytest.mark.parametrize("status", ["401", "403"])
def test_an_expired_upload_address_does_not_fail_the_run(ask, work, sandbox, status):
    sandbox.fault("upload", status)
    run = ask(EDIT, prompt="x", image_url=make_upload(User.objects.get()).get_absolute_url())
    work(lambda: has_ended(run))
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("succeeded", 1), run.error
    assert sandbox.calls()["upload_initiate"] == 2


def test_one_file_in_many_concurrent_runs_is_uploaded_once(ask, work, sandbox):
    address = make_upload(User.objects.get()).get_absolute_url()
    runs = [ask(EDIT, prompt="x", image_url=address, seed=n) for n in range(4)]
    work(lambda: all(map(has_ended, runs)))
    assert sandbox.calls()["upload_initiate"] == 1


@pytest.mark.exhaustive
def test_a_worker_stopped_during_an_upload_leaves_no_run_unconfirmed(ask, work, sandbox):
    sandbox.fault("upload", "slow", value=5.0)
    run = ask(EDIT, prompt="x", image_url=make_upload(User.objects.get()).get_absolute_url())
    dies = WorkerLimits(stop_within_s=0.0)  # the worker dies instead of finishing its work
    work(lambda: sandbox.calls().get("upload_initiate"), worker_limits=dies)
    run.refresh_from_db()
    assert run.state == "submitting"
    Run.objects.filter(pk=run.pk).update(lease_until=None)  # as if the lease had run out
    sandbox.reset()
    work(lambda: has_ended(run))
    run.refresh_from_db()
    assert run.state == "succeeded", run.error
    assert sandbox.calls()["submit"] == 1

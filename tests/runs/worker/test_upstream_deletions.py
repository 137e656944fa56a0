"""Deletions at fal: planned by every deletion here, carried out once, repeated until confirmed."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

import fal
from house.operations.person_data import erasure
from house.operations.retention.kinds import KINDS
from projects.models import Project
from projects.models.project import private_project
from runs.files import purge
from runs.models import Artifact, InputFile, Run, UpstreamDeletion
from runs.ownership import deletion, upstream_deletion
from runs.progress import at_fal
from runs.start import starting
from runs.worker.upstream_deletions import UpstreamDeletions

pytestmark = pytest.mark.django_db(transaction=True)

PICTURE = b"bytes of a picture"


class Account:
    """An account of fal that answers deletions with `answers`, then with success."""

    def __init__(self, *answers: fal.FalError | str, has_key: bool = True) -> None:
        self.has_key = has_key
        self.answers = list(answers)
        self.calls: list[tuple[str, str]] = []
        self.settings = fal.StorageSettings(7 * 86_400, {"default": "forbid", "rules": []})

    async def storage_settings(self) -> fal.StorageSettings:
        return self.settings

    async def delete_payloads(
        self, request_id: str, *, idempotency_key: str
    ) -> fal.PayloadDeletion:
        self.calls.append((request_id, idempotency_key))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, fal.FalError):
            raise answer
        return fal.PayloadDeletion([fal.FileDeletion("https://fal.media/a.png", answer)])


def step(account: Account) -> None:
    async_to_sync(UpstreamDeletions(account).step)()  # type: ignore[arg-type]


def make_due() -> None:
    UpstreamDeletion.objects.update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def done(make_run: Any, settings: Any, tmp_path: Any) -> Run:
    """A run that has ended, with a result whose copy is complete."""
    settings.MEDIA_ROOT = str(tmp_path)
    now = timezone.now()
    run: Run = make_run(state="succeeded", request_id="r-1", sent_at=now, ended_at=now)
    add_result(run)
    return run


def add_result(run: Run, **values: Any) -> Artifact:
    file = default_storage.save("ab/picture.png", ContentFile(PICTURE))
    stored = {"state": "stored", "file": file, "digest": "ab", "size_bytes": len(PICTURE)}
    return Artifact.objects.create(
        run=run, position=0, path="$.images[0]", kind="image", url="https://fal.media/a.png",
        **(stored | values),
    )  # fmt: skip


def delete(run: Run) -> None:
    deletion.delete(Run.objects.filter(pk=run.pk), run.user)


def test_a_deleted_run_is_deleted_at_fal_once_and_its_page_says_when(done):
    account = Account()
    delete(done)
    step(account)
    step(account)
    assert account.calls == [("r-1", f"{done.pk}-0")]
    assert at_fal.line(done).startswith("At fal: input and result deleted today at ")
    assert not upstream_deletion.pending().exists()


def test_a_plan_is_repeated_until_fal_confirms_that_every_file_is_gone(done):
    unreachable = fal.FalError("fal does not answer.", is_retryable=True)
    account = Account(unreachable, "still in use")
    delete(done)
    for trouble in ("fal does not answer.", "fal still has a file: still in use"):
        step(account)
        (plan,) = upstream_deletion.pending()
        assert plan.trouble == trouble
        assert plan.due_at > timezone.now()
        assert f"asks again to delete it: {trouble.rstrip('.')}" in at_fal.line(done)
        make_due()
    step(account)
    assert not upstream_deletion.pending().exists()
    assert len({key for _, key in account.calls}) == 3  # an old key would get the old answer


def test_nothing_is_deleted_at_fal_before_the_copy_here_is_complete(done):
    account = Account()
    copy = done.artifacts.get()
    Artifact.objects.filter(pk=copy.pk).update(state="remote")
    upstream_deletion.plan_for(Run.objects.filter(pk=done.pk))
    step(account)
    Artifact.objects.filter(pk=copy.pk).update(state="stored", size_bytes=len(PICTURE) + 1)
    step(account)
    assert not account.calls
    assert "copy of $.images[0] is not complete" in upstream_deletion.pending().get().trouble
    Artifact.objects.filter(pk=copy.pk).update(size_bytes=copy.size_bytes)
    make_due()
    step(account)
    assert account.calls


def test_a_result_that_a_run_in_progress_reads_at_fal_stays_until_that_run_ends(done, make_run):
    account = Account()
    reader = make_run(state="queued", request_id="r-2")
    InputFile.objects.create(run=reader, source=done.pk)
    delete(done)
    step(account)
    assert not account.calls
    Run.objects.filter(pk=reader.pk).update(state="succeeded")
    step(account)
    assert account.calls


@pytest.mark.parametrize("state", ["stored", "remote"])
@pytest.mark.parametrize("whose", ["their own", "a stranger's"])
def test_a_result_given_by_fals_address_stays_as_well(done, stranger, whose, state):
    done.artifacts.update(state=state)
    request = starting.StartRequest(
        user=done.user if whose == "their own" else stranger, endpoint=done.endpoint,
        arguments={"image_url": done.artifacts.get().url}, source=starting.Source.API, key="1",
    )  # fmt: skip
    starting.start(request)
    done.artifacts.update(state="stored")
    delete(done)
    account = Account()
    step(account)
    assert bool(account.calls) == (whose == "a stranger's")  # its owner's deletion counts


def test_a_run_of_a_project_of_which_fal_keeps_nothing_is_deleted_after_its_end(
    user, flux, settings, tmp_path
):
    settings.MEDIA_ROOT = str(tmp_path)
    project = private_project(user)
    project.fal_keeps = Project.FalKeeps.NOTHING
    request = starting.StartRequest(
        user=user, endpoint=flux, arguments={"prompt": "a"}, source=starting.Source.FORM, key="1",
        project=project,
    )  # fmt: skip
    run = starting.start(request).run
    assert run.options["store_io"] is False
    account = Account()
    step(account)
    assert not account.calls
    Run.objects.filter(pk=run.pk).update(state="succeeded", request_id="r-9")
    add_result(run)
    step(account)
    assert account.calls == [("r-9", f"{run.pk}-0")]


def test_without_an_admin_key_the_plan_waits_and_the_page_says_until_when(done):
    account = Account(has_key=False)
    delete(done)
    step(account)
    assert upstream_deletion.pending().count() == 1
    line = at_fal.line(done)
    assert "its files for as long as the account's settings say" in line
    assert line.endswith("Only with FAL_ADMIN_KEY can Vitrine delete it earlier.")
    assert at_fal.after_deletion().startswith("fal keeps texts for up to 30 days")


def test_old_runs_old_files_and_an_erased_person_are_deleted_at_fal(
    make_run, user, stranger, admin_user
):
    runs = {}
    for name in ("runs", "files"):
        runs[name] = make_run(state="succeeded", request_id=name)
        KINDS[name].remove(Run.objects.filter(pk=runs[name].pk), timezone.now(), "too old")
    make_run(state="succeeded", request_id="erased", user=stranger)
    erasure.erase(stranger, admin_user, admin_user)
    while purge.Purge().step() == purge.SOON_S:
        pass
    assert not Run.objects.filter(request_id="erased").exists()
    account = Account()
    step(account)
    assert {request for request, _ in account.calls} == {"runs", "files", "erased"}
    left = UpstreamDeletion.objects.values_list("request_id", flat=True)
    assert set(left) == {"runs", "files"}  # a row goes with its run

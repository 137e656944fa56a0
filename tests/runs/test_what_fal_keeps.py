"""What the sandbox still has, by its own record: after a run, its deletion, an outage of ours."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from house.operations.person_data import erasure
from projects.models.project import private_project
from runs.files import purge, uploads
from runs.models import Run, UpstreamDeletion
from runs.ownership import deletion, upstream_deletion
from runs.progress import at_fal
from runs.results import error_messages
from tests.browser.media import png
from tests.processes import until
from tests.runs.conftest import Control, have_ended
from tests.sandbox.server import ADMIN_KEY

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]

DAY_S = 86_400
INPUT_S = DAY_S + 3600  # the longest wait of a run, and an hour for others with the same file
TEN_MINUTES_S = 600
LONG_PROMPT = "a ridge in the fog " * 700  # its answer has more than 10 KB

Record = Callable[[Run], tuple[Any, list[Any]]]


@pytest.fixture
def record(sandbox: Control, settings: Any) -> Record:
    """`record(run)` → what the sandbox has of a run, and the lifetimes of all uploads."""
    settings.FAL_ADMIN_KEY = ADMIN_KEY
    before = set(sandbox.kept()["uploads"])

    def read(run: Run) -> tuple[Any, list[Any]]:
        run.refresh_from_db()
        kept = sandbox.kept()
        own = kept["requests"].get(run.request_id)
        new = [seconds for url, seconds in kept["uploads"].items() if url not in before]
        return own and {**own, "files": sorted(own["files"].values(), key=str)}, new

    return read


@pytest.fixture
def picture(catalogue: None) -> str:
    """The address of a picture that ana has uploaded."""
    ana, _ = User.objects.get_or_create(username="ana")
    file = SimpleUploadedFile("a.png", png(), content_type="image/png")
    return uploads.store(ana.pk, file, "image").get_absolute_url()


def let_fal_keep(keeps: str) -> None:
    project = private_project(User.objects.get(username="ana"))
    project.fal_keeps = keeps
    project.save()


def is_confirmed(run: Run) -> bool:
    return not UpstreamDeletion.objects.filter(run_id=run.pk, deleted_at=None).exists()


def test_by_the_accounts_setting_all_stays_until_the_run_is_deleted(ask, work, record, picture):
    run = ask("sandbox/aurora/image-to-image", prompt="a", image_url=picture)
    work(lambda: have_ended(run))
    assert record(run) == ({"payloads": True, "result": 30 * DAY_S, "files": [None]}, [None])
    deletion.delete(Run.objects.filter(pk=run.pk), run.user)
    work(lambda: is_confirmed(run))
    assert record(run) == (None, [None])  # fal deletes no input files
    assert at_fal.line(run).startswith("At fal: input without end, result deleted")


def test_with_nothing_kept_only_an_input_that_expires_is_left(ask, work, record, picture):
    let_fal_keep("nothing")
    run = ask("sandbox/aurora/image-to-image", prompt="a", image_url=picture)
    work(lambda: have_ended(run) and is_confirmed(run))
    assert record(run) == (None, [INPUT_S])
    assert run.artifacts.get().state == "stored"
    assert ", result deleted today at " in at_fal.line(run)
    again = ask("sandbox/aurora/image-to-image", prompt="b", image_url=picture)
    work(lambda: have_ended(again))
    assert record(again)[1] == [INPUT_S]  # one upload for both


def test_files_for_an_hour_are_not_deleted_but_expire(ask, work, record, sandbox):
    let_fal_keep("hour")
    run = ask("sandbox/ridgeline", prompt="a")
    work(lambda: have_ended(run))
    assert record(run)[0] == {"payloads": True, "result": 30 * DAY_S, "files": [3600]}
    sandbox.let_pass(3601)
    assert record(run)[0] == {"payloads": True, "result": 30 * DAY_S, "files": []}


def test_after_an_erasure_nothing_of_the_person_is_left(ask, work, record, sandbox, admin_user):
    run = ask("sandbox/ridgeline", prompt="a")
    work(lambda: have_ended(run))
    run.refresh_from_db()
    assert run.request_id in sandbox.kept()["requests"]
    erasure.erase(run.user, admin_user, admin_user)
    while purge.Purge().step() == purge.SOON_S:
        pass
    assert not Run.objects.filter(pk=run.pk).exists()
    work(lambda: is_confirmed(run))
    assert run.request_id not in sandbox.kept()["requests"]


@pytest.mark.parametrize(("prompt", "state"), [("a", "succeeded"), (LONG_PROMPT, "failed")])
def test_after_ten_minutes_without_a_worker_a_small_result_is_fetched_and_a_large_one_lost(
    ask, work, record, sandbox, prompt, state
):
    let_fal_keep("nothing")
    run = ask("sandbox/ridgeline", prompt=prompt)
    work(lambda: Run.objects.exclude(handle=None).filter(pk=run.pk).exists())
    until(lambda: (record(run)[0] or {}).get("files"))  # upstream has ended it
    sandbox.let_pass(TEN_MINUTES_S)
    work(lambda: have_ended(run) and is_confirmed(run))
    run.refresh_from_db()
    assert run.state == state
    if run.error:
        assert "its result has expired" in error_messages.explain(run.error).advice
    assert record(run)[0] is None
    assert not upstream_deletion.pending().exists()

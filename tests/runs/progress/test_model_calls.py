"""A failed run's page says whether others fail at fal too; never from runs of other projects."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from runs.models import KeptFigures, Run
from runs.progress.model_calls import FIGURES, ModelCalls, beside_run

pytestmark = pytest.mark.both_databases
BROKEN = {"error": "RunFailed", "status": 500, "type": "internal_error"}
REFUSED = {"error": "InvalidInput", "status": 422}


@pytest.mark.parametrize(
    ("calls", "sentence"),
    [
        (
            ModelCalls(40, 0, 12),
            "In the last hour 12 of 40 calls to this model failed at fal, so it is probably not "
            "your input.",
        ),
        (ModelCalls(40, 0, 1), "Others succeed: 39 of 40 calls succeeded in the last hour."),
        (ModelCalls(9, 7, 0), "In the last hour the model refused the input of 7 of 9 calls."),
    ],
)
def test_the_sentence_tells_input_from_outage(calls, sentence):
    assert calls.sentence == sentence


def make_ended(make_run: Any, error: Any = None, **values: Any) -> Run:
    state = "failed" if error else "succeeded"
    run: Run = make_run(state=state, error=error, sent_at=timezone.now(), **values)
    return run


def keep(endpoint: int, minutes_ago: float = 0, **counts: int) -> None:
    at = timezone.now().timestamp() - 60 * minutes_ago
    values = {str(endpoint): {"at": at, "asked": at, **counts}}
    KeptFigures.objects.update_or_create(
        kind=FIGURES, defaults={"due_at": timezone.now(), "values": values}
    )


def test_runs_of_the_project_within_the_hour_count(make_run, stranger):
    run = make_ended(make_run, BROKEN)
    assert beside_run(run) is None  # only itself
    for error in (BROKEN, {"type": "generation_timeout"}, REFUSED, None):
        make_ended(make_run, error)
    make_ended(make_run, BROKEN, user=stranger)
    make_ended(make_run, BROKEN, user=stranger, is_hidden=True, project=run.project)
    make_run(state="failed", error=BROKEN)  # never sent
    old = make_ended(make_run, BROKEN)
    Run.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=2))
    assert beside_run(run) == ModelCalls(5, 1, 3)
    succeeded, refused = make_ended(make_run), make_ended(make_run, REFUSED)
    assert (beside_run(succeeded), beside_run(refused)) == (None, None)


def test_the_accounts_share_is_shown_from_five_calls_on_while_it_is_fresh(make_run):
    run = make_ended(make_run, BROKEN)
    keep(run.endpoint_id, calls=4, refused=0, failed=4)
    assert beside_run(run) is None
    keep(run.endpoint_id, calls=20, refused=0, failed=1)
    assert beside_run(run) == ModelCalls(20, 0, 1, is_account=True)
    keep(run.endpoint_id, minutes_ago=30, calls=20, refused=0, failed=1)
    assert beside_run(run) is None


def test_a_waiting_run_says_it_once_it_waits_long(make_run):
    run = make_run(state="queued")
    keep(run.endpoint_id, calls=20, refused=0, failed=10)
    assert beside_run(run) is None
    run.note = "queue.fal.run answers with errors (502)."
    assert beside_run(run) is not None

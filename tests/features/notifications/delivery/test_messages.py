"""A run's webhook has the format of fal's own: the code that reads fal's webhooks can read it."""

from collections.abc import Callable
from typing import Any

import pytest

from fal.messages.webhooks import Report
from features.notifications.delivery import messages
from runs.models import Run

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
MISSING = [{"loc": ["body", "prompt"], "msg": "field required", "type": "missing"}]


def report(make_run: Callable[..., Run], **values: Any) -> Report:
    run = make_run(**values)
    run.refresh_from_db()
    parsed = Report.from_bytes(messages.run_payload(run))
    assert parsed.request_id == str(run.pk)
    return parsed


def test_a_result_is_delivered_complete_in_any_script(make_run):
    output = {"text": "Grüße 😀 \x00", "deep": [{"n": 1.0}]}
    received = report(make_run, state="succeeded", output=output)
    assert (received.has_output, received.payload) == (True, output)


def test_long_numbers_are_delivered_with_all_digits(make_run):
    text = '{"seed": 0.1234567890123456789012345}'
    run = make_run(state="succeeded", output={"seed": 0.12}, output_text=text)
    assert text.encode() in messages.run_payload(run)


def test_a_model_error_is_delivered_with_status_and_detail(make_run):
    error = {"message": "field required", "status": 422, "detail": MISSING}
    failure = report(make_run, state="failed", error=error).failure
    assert failure
    assert (failure.status, failure.detail) == (422, MISSING)


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ("cancelled", None, "Request was cancelled"),
        ("failed", {"message": "It was lost."}, "It was lost."),
        ("failed", {"message": "The key was not accepted.", "status": 401}, "not accepted"),
        ("failed", None, "Failed"),
    ],
    ids=["cancelled", "lost", "our-key", "unknown"],
)
def test_any_other_end_is_delivered_as_an_error_message(make_run, state, error, message):
    received = report(make_run, state=state, error=error)
    assert message in received.error
    assert received.failure
    assert received.failure.status is None


def test_a_too_large_result_is_left_out_as_fal_does(make_run):
    large = "x" * messages.MAX_BODY_BYTES
    received = report(make_run, state="succeeded", output={"text": large})
    assert (received.has_output, received.payload) == (False, None)
    assert "/api/v1/runs/" in received.payload_error

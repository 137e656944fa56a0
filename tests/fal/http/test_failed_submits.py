"""The outcome of a run whose submit failed: every kind of failure, phase and transport."""

from itertools import product
from typing import Any

import pytest

import fal
from fal.http.failed_submits import (
    ARRIVALS,
    OVER_ONE_CONNECTION,
    REACTIONS,
    SubmitPhase,
    arrival,
    judged,
    phase_of,
    response,
)

UNSENT, UNANSWERED = SubmitPhase.UNSENT, SubmitPhase.UNANSWERED
ANSWERED, ACCEPTED = SubmitPhase.ANSWERED, SubmitPhase.ACCEPTED
CUT = "upstream connect error or disconnect/reset before headers. reset reason: overflow"

# Class; status, error type, request id, detail; the phase; whether fal may have the request.
FAILURES: list[tuple[type[fal.FalError], dict[str, Any], SubmitPhase, bool]] = [
    (fal.Unreachable, {"sent": False}, UNSENT, False),
    (fal.Unreachable, {"sent": True}, UNANSWERED, True),
    (fal.Unreachable, {"sent": True, "status": 200}, UNANSWERED, True),  # a 2xx without an id
    (fal.RequestRejected, {"status": 499, "type": "client_cancelled"}, ANSWERED, False),
    (fal.RunFailed, {"status": 499, "type": "client_cancelled"}, ANSWERED, False),
    (fal.RequestRejected, {"status": 499}, ANSWERED, True),
    (fal.RunFailed, {"status": 499, "type": "client_disconnected"}, ANSWERED, True),
    (fal.RunFailed, {"status": 422, "request_id": "r"}, ANSWERED, False),
    (fal.RunFailed, {"status": 500, "type": "internal_server_error"}, ANSWERED, False),
    (fal.RequestRejected, {"status": 408}, ANSWERED, True),
    (fal.RequestRejected, {"status": 409}, ANSWERED, False),
    (fal.RequestRejected, {"status": 409, "request_id": "r"}, ANSWERED, True),
    (fal.RequestRejected, {"status": 400, "request_id": "r"}, ANSWERED, False),
    (fal.AuthFailed, {"status": 401}, ANSWERED, False),
    (fal.AuthFailed, {"status": 403, "request_id": "r"}, ANSWERED, False),
    (fal.InvalidInput, {"status": 422}, ANSWERED, False),
    (fal.RateLimited, {"status": 429, "request_id": "r"}, ANSWERED, False),
    (fal.RequestRejected, {"status": 302}, ANSWERED, False),
    (fal.RequestRejected, {"status": 302, "request_id": "r"}, ANSWERED, True),
    (fal.UpstreamFailed, {"status": 200}, ANSWERED, True),
    (fal.UpstreamFailed, {"status": 500}, ANSWERED, True),
    (fal.UpstreamFailed, {"status": 500, "type": "internal_error"}, ANSWERED, False),
    (
        fal.UpstreamFailed,
        {"status": 500, "type": "internal_error", "request_id": "r"},
        ANSWERED,
        True,
    ),
    (fal.UpstreamFailed, {"status": 502}, ANSWERED, True),
    (fal.UpstreamFailed, {"status": 504}, ANSWERED, True),
    (fal.UpstreamFailed, {"status": 503}, ANSWERED, False),
    (fal.UpstreamFailed, {"status": 503, "request_id": "r"}, ANSWERED, True),
    (fal.UpstreamFailed, {"status": 503, "detail": CUT}, ANSWERED, True),
    (fal.UpstreamFailed, {"status": 521}, ANSWERED, False),
    (fal.RunFailed, {"type": fal.BROKEN, "request_id": "r"}, ACCEPTED, True),
    (fal.RunFailed, {"type": fal.DISCONNECTED}, ACCEPTED, True),
    (fal.RunFailed, {"status": 499}, ACCEPTED, False),  # from a step of a workflow
    (fal.RunFailed, {"type": "content_policy_violation"}, ACCEPTED, False),
    (fal.Unreadable, {"status": 200}, ACCEPTED, True),
    (fal.Unreadable, {"status": 200, "request_id": "r"}, ACCEPTED, False),
]
TRANSPORTS = ("queue", *sorted(OVER_ONE_CONNECTION))


def test_a_submit_error_says_whether_fal_may_have_the_request():
    for cls, facts, phase, may_have_it in FAILURES:
        error = cls("failed", **facts)
        assert phase is ACCEPTED or phase_of(error) is phase, (cls, facts)
        assert judged(error, phase).is_unconfirmed is may_have_it, (cls, facts)


def test_every_failure_has_one_reaction():
    wrong = []
    for failure, transport, is_for_now, is_late in product(
        FAILURES, TRANSPORTS, [True, False], [True, False]
    ):
        cls, facts, phase, may_have_it = failure
        error = judged(cls("failed", **facts), phase)
        may_be_models = transport != "queue" and is_late and error.status == 503
        if may_have_it:
            expected = fal.Reaction.UNCONFIRMED
        elif not is_for_now or cls in {fal.RunFailed, fal.Unreadable}:
            expected = fal.Reaction.FAILED
        else:
            expected = fal.Reaction.UNCONFIRMED if may_be_models else fal.Reaction.SEND_AGAIN
        reaction = fal.reaction_to(error, transport, is_for_now=is_for_now, is_late=is_late)
        if reaction is not expected:
            wrong.append((cls, facts, phase, transport, is_for_now, is_late, reaction))
    assert not wrong


def test_every_row_of_the_error_table_is_used():
    errors = [(judged(cls("failed", **facts), phase), phase) for cls, facts, phase, _ in FAILURES]
    assert {arrival(error, phase).why for error, phase in errors} == {row.why for row in ARRIVALS}
    responses = {
        response(error, transport, is_for_now=is_for_now, is_late=is_late).why
        for (error, _), transport, is_for_now, is_late in product(
            errors, TRANSPORTS, [True, False], [True, False]
        )
    }
    assert responses == {row.why for row in REACTIONS}


@pytest.mark.parametrize("phase", SubmitPhase)
def test_any_status_fits_a_row_in_any_phase(phase):
    for status in (None, *range(100, 600)):
        assert arrival(fal.UpstreamFailed("failed", status=status), phase).phase is phase

"""Explanations of errors: one sentence each, and advice that fits it.

Cells that a spreadsheet could execute are guarded when written and restored when read.
"""

from typing import Any

import pytest

import fal
from features.boards.plan.tables import read_rows
from runs.results import csv_text, error_messages, refusals

LOCKED = "User is locked. Reason: "
CLASSES = ("AuthFailed", "RequestRejected", "UpstreamFailed", "RunFailed", "FalError")


def every_error() -> list[dict[str, Any]]:
    typed = [{"error": "RunFailed", "type": kind} for kind in error_messages.BY_TYPE]
    plain = [{"error": name} for name in (*CLASSES, *error_messages.BY_CLASS)]
    statuses = [400, 401, 402, 403, 404, 409, 410, 413, 422, 451, 500, 504]
    by_status = [{"error": name, "status": status} for name in CLASSES for status in statuses]
    return [{}, *typed, *plain, *by_status]


@pytest.mark.parametrize("is_retryable", [True, False])
def test_only_retryable_errors_advise_to_run_again(is_retryable):
    for error in every_error():
        explanation = error_messages.explain({**error, "is_retryable": is_retryable})
        assert explanation.title, error
        assert explanation.advice, error
        assert ("run it again" in explanation.advice.lower()) is is_retryable, (error, explanation)


@pytest.mark.parametrize(
    ("status", "detail", "kind"),
    [
        (401, "invalid key credentials", "key_refused"),
        (401, 'Cannot access application "fal-ai/x". Authentication is required.', "key_refused"),
        (403, f"{LOCKED}Exhausted balance. Top up at fal.ai/dashboard.", "balance_exhausted"),
        (402, "Exhausted balance", "balance_exhausted"),
        (403, f"{LOCKED}Admin lock.", "admin_lock"),
        (403, f"{LOCKED}TOS violation.", "account_locked"),
        (403, "You have no access to this model", "no_access"),
        (403, "Missing permission models:requests:write on this key", "key_permission"),
        (403, "Forbidden", "forbidden"),
        (402, "Payment Required", "payment_required"),
        (404, 'Application "x" not found', "unknown_model"),
    ],
)
def test_an_account_refusal_is_recognised_by_status_and_detail(status, detail, kind):
    error = fal.AuthFailed(detail, status=status, detail=detail)
    refusal = refusals.find_refusal(error.as_json())
    assert refusal is not None
    assert refusal.kind == kind
    is_account_wide = kind in {"key_refused", "balance_exhausted"}
    assert (refusals.of_account(error) is not None) is is_account_wide
    assert error_messages.explain(error.as_json()).title == refusal.title


@pytest.mark.parametrize(
    "error",
    [
        fal.UploadRefused("expired", status=403, detail="expired"),
        fal.RunFailed("no", status=403, detail=[{"msg": "no", "type": "content_policy_violation"}]),
        fal.InvalidInput("bad", status=422, detail="bad"),
        fal.UpstreamFailed("down", status=503),
    ],
)
def test_other_errors_are_not_account_refusals(error):
    assert refusals.find_refusal(error.as_json()) is None


VALUES = ["-5 degrees", "+49 30 1234", "@SUM(1+1)", "'-5", "''=1", "'tis", "-5", "plain", "=1"]


def test_a_table_of_ours_is_read_as_it_was():
    text = csv_text.write(["prompt"], [[value] for value in VALUES])
    assert "\n'-5 degrees" in text
    assert [row["prompt"] for row in read_rows(text)] == VALUES

"""The error tree: answers over the wire become the class that says how to react."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

import fal
from fal.http.answers import Answer, rejection, retry_after_s, run_failure

LIST = (
    '{"detail":[{"loc":["body","prompt"],"msg":"too long","type":"sequence_too_long",'
    '"ctx":{"max_length":9}}]}'
)
NGINX = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
OURS = {"x-fal-request-id": "r-1"}


def answer(status: int, body: str = "", headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, httpx.Headers(headers or {}), body.encode())


RETRY = "X-Fal-Needs-Retry"
SILENT = "fal answered {} and did not say why."
NO_APP = '{"detail":"Application \\"x\\" not found"}'
BUSY = '{"detail":[{"msg":"busy","type":"concurrent_requests_limit"}]}'
LATE = '{"detail":"late","error_type":"startup_timeout"}'
REJECTIONS = [
    # status, body, headers → class, message, type, retryable
    (400, '{"detail":"Bad"}', {}, fal.RequestRejected, "Bad", None, False),
    (401, '{"detail":"invalid key"}', {}, fal.AuthFailed, "invalid key", None, False),
    (403, '{"detail":"User is locked."}', {}, fal.AuthFailed, "User is locked.", None, False),
    (404, NO_APP, {}, fal.RequestRejected, 'Application "x" not found', None, False),
    (404, "null", {}, fal.RequestRejected, SILENT.format(404), None, False),
    (408, "", {}, fal.RequestRejected, SILENT.format(408), None, True),
    (422, LIST, {}, fal.InvalidInput, "prompt: too long", "sequence_too_long", False),
    (429, BUSY, {}, fal.RateLimited, "busy", "concurrent_requests_limit", True),
    (500, '{"error":{"type":"t","message":"No"}}', {}, fal.UpstreamFailed, "No", "t", True),
    (500, '{"detail":"x"}', {RETRY: "0"}, fal.UpstreamFailed, "x", None, False),
    (400, '{"detail":"x"}', {"X-Fal-Retryable": "true"}, fal.RequestRejected, "x", None, True),
    (502, NGINX, {"content-type": "text/html"}, fal.UpstreamFailed, SILENT.format(502), None, True),
    (504, LATE, {"X-Fal-Request-Timeout-Type": "user"}, fal.UpstreamFailed, "late",
     "startup_timeout", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "headers", "cls", "message", "kind", "retryable"), REJECTIONS
)
def test_c9_each_answer_becomes_the_error_with_its_reaction(
    status, body, headers, cls, message, kind, retryable
):
    error = rejection(answer(status, body, {**headers, **OURS}))
    assert type(error) is cls
    assert (error.message, error.type, error.is_retryable) == (message, kind, retryable)
    assert (error.status, error.request_id) == (status, "r-1")


POLICY = '{"detail":[{"loc":["body"],"msg":"x","type":"content_policy_violation"}]}'
CANCELLED = '{"detail":"Request was cancelled","error_type":"client_cancelled"}'
RESULTS = [
    # the answer of the result call → who caused the failure
    (422, LIST, OURS, fal.RunFailed),
    (499, CANCELLED, OURS, fal.RunFailed),
    (500, '{"detail":"x","error_type":"runner_server_error"}', {}, fal.RunFailed),
    (500, '{"detail":"Internal Server Error"}', OURS, fal.RunFailed),
    (403, POLICY, OURS, fal.RunFailed),
    (401, '{"detail":"invalid key"}', OURS, fal.AuthFailed),
    (404, '{"status":"NOT_FOUND"}', {}, fal.RequestRejected),
    (429, '{"detail":"slow down"}', {}, fal.RateLimited),
    (500, '{"detail":"Internal Server Error"}', {}, fal.UpstreamFailed),
    (502, NGINX, {"content-type": "text/html"}, fal.UpstreamFailed),
    (503, NGINX, OURS, fal.UpstreamFailed),
    (400, '{"detail":"Request is still in progress"}', OURS, fal.NotReady),
    (202, '{"status":"IN_PROGRESS"}', OURS, fal.NotReady),
    (400, NGINX, {"content-type": "text/html"}, fal.RequestRejected),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "headers", "cls"), RESULTS)
def test_c19_a_failed_result_is_the_models_or_fals_failure(status, body, headers, cls):
    assert type(run_failure(answer(status, body, headers))) is cls


PATHS = [
    ([{"loc": ["body", "loras", 0, "path"], "msg": "m", "type": "t"}], [("loras", 0, "path")]),
    ("just a text", [()]),
    ([{"loc": ["query", "x"], "msg": "m"}, {"loc": ["body", "x"], "msg": "n"}], [("x",), ("x",)]),
    (
        [{"loc": ["body", "image_size", "ImageSize", "width"], "msg": "m"}],
        [("image_size", "ImageSize", "width")],
    ),
    ([{"loc": ["body", "body"], "msg": "a field of that name"}], [("body",)]),
    ([{"msg": "no loc"}, "text", 7], [(), (), ()]),
    (None, []),
]


@pytest.mark.parametrize(("detail", "paths"), PATHS)
def test_c31_details_name_their_fields(detail, paths):
    assert [problem.path for problem in fal.error_paths(detail)] == paths


def test_c31_a_problem_carries_message_type_and_context():
    entry = {"loc": ["body", "n"], "msg": "too much", "type": "less_than_equal", "ctx": {"le": 4}}
    assert fal.error_paths([entry]) == [(("n",), "too much", "less_than_equal", {"le": 4})]


def test_a_message_is_cut_to_a_readable_length():
    body = '{"detail":"' + "word " * 1000 + '"}'
    error = rejection(answer(400, body))
    assert len(error.message) == 600
    assert len(error.detail) == 5000


@pytest.mark.parametrize("status", [202, 400, 401, 404, 422, 429, 500, 504])
def test_an_error_round_trips_through_json(status):
    error = run_failure(answer(status, LIST, {"Retry-After": "7", **OURS}))
    again = fal.FalError.from_json(error.as_json())
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == error.message


@pytest.mark.parametrize("sent", [True, False])
def test_a_stored_unreachable_keeps_whether_it_was_sent(sent):
    again = fal.FalError.from_json(fal.Unreachable("gone", sent=sent).as_json())
    assert isinstance(again, fal.Unreachable)
    assert again.sent is sent


def test_a_stored_error_has_no_characters_a_database_refuses():
    error = rejection(
        answer(422, '{"detail":[{"msg":"a\\u0000b\\ud800","loc":["body","\\u0000"]}]}')
    )
    stored = error.as_json()
    assert "\x00" not in repr(stored)
    assert repr(stored).encode()


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WAITS = [
    ({"Retry-After": "2.5"}, 2.5),
    ({"Retry-After": format_datetime(NOW + timedelta(seconds=30), usegmt=True)}, 30),
    ({"Retry-After": format_datetime(NOW - timedelta(seconds=30), usegmt=True)}, 0),
    ({"x-ratelimit-reset": "12"}, 12),
    ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 9)}, 9),
    ({"Retry-After": "4", "x-ratelimit-reset": "12"}, 4),
    ({"Retry-After": "nan"}, None),
    ({"Retry-After": "1000000000000000000"}, 86_400),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
def test_c6_retry_after_is_read_in_every_form(headers, seconds):
    assert retry_after_s(httpx.Headers(headers), NOW) == seconds


def test_c6_a_retry_date_is_relative_to_the_servers_clock():
    until = {"Date": NOW, "Retry-After": NOW + timedelta(seconds=30)}
    headers = {name: format_datetime(moment, usegmt=True) for name, moment in until.items()}
    assert retry_after_s(httpx.Headers(headers)) == 30


def test_every_error_is_a_fal_error_and_exported():
    def tree(cls: type[fal.FalError]) -> set[type[fal.FalError]]:
        return {cls, *(descendant for sub in cls.__subclasses__() for descendant in tree(sub))}

    assert {cls.__name__ for cls in tree(fal.FalError)} <= set(fal.__all__)

"""Calls of fal's clients become runs of their user and get answers in fal's format."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

import fal
from api import tokens
from api.fal_proxy.tickets import LiveToken
from api.models import Token
from fal import AuthFailed, RequestRejected, RunFailed
from features.notifications.models import Delivery
from runs.models import Run
from runs.results import timeline
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker.scheduling import leases
from tests.api.views.proxy_call import FLUX, QUEUE, SUBMIT, send

pytestmark = pytest.mark.django_db


def end(run: Run, state: str, **more: Any) -> Run:
    state_machine.record(run.pk, Observation(state, **more))
    run.refresh_from_db()
    return run


def test_a_submit_creates_a_run_and_answers_like_the_queue(call, endpoint):
    response = call("POST", SUBMIT, {"prompt": "a cat", "seed": 2**70})
    run = Run.objects.get()
    assert (response.status_code, response.headers["x-fal-request-id"]) == (200, str(run.pk))
    address = f"{QUEUE}/fal-ai/flux/requests/{run.pk}"
    assert response.json() == {
        "status": "IN_QUEUE",
        "request_id": str(run.pk),
        "response_url": address,
        "status_url": f"{address}/status",
        "cancel_url": f"{address}/cancel",
        "queue_position": 0,
        "logs": None,
        "metrics": {},
    }
    assert (run.arguments, run.endpoint) == ({"prompt": "a cat", "seed": 2**70}, endpoint)
    (moment,) = (
        candidate
        for candidate in timeline.moments(run)
        if candidate.what == "Started through the proxy"
    )
    assert moment.detail == "With the token “n8n”."


def test_client_headers_are_stored_with_the_run(call, endpoint):
    sent_headers = {"X_Fal_Queue_Priority": "low", "x_app_fal_disable_fallback": "1"}
    assert call("POST", SUBMIT, {"prompt": "x"}, **sent_headers).status_code == 200
    assert Run.objects.get().options == {"priority": "low", "disable_fallback": True}


def test_what_is_kept_at_fal_and_tried_again_is_the_callers_choice(call, endpoint):
    sent_headers = {
        "X_Fal_Store_IO": "0",
        "X_Fal_No_Retry": "yes",
        "X_Fal_Retry_Config": '{"timeout": {"retries": 2}}',
        "X_Fal_Tags": "team=fox, job=12",
    }
    assert call("POST", SUBMIT, {"prompt": "x"}, **sent_headers).status_code == 200
    options = Run.objects.get().options
    assert options == {
        "store_io": False,
        "no_retry": True,
        "retry_config": {"timeout": 2},
        "tags": {"team": "fox", "job": "12"},
    }
    sent = fal.SubmitOptions(**options).headers()
    assert (sent["X-Fal-Store-IO"], sent["X-Fal-Tags"]) == ("0", "team=fox,job=12")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X_Fal_Retry_Config", '{"timeout": 2}'),
        ("X_Fal_Retry_Config", '{"bad": {"retries": 2}}'),
        ("X_Fal_Retry_Config", '{"timeout": {"retries": 10}}'),
        ("X_Fal_Store_IO", "never"),
        ("x_app_fal_upload_policy", "{}"),
    ],
)
def test_a_header_that_cannot_be_passed_on_is_refused(call, endpoint, name, value):
    response = call("POST", SUBMIT, {"prompt": "x"}, **{name: value})
    assert (response.status_code, response.headers["X-Fal-Error-Type"]) == (400, "bad_request")
    assert not Run.objects.exists()


def test_an_unknown_header_of_fals_is_named(call, endpoint):
    response = call("POST", SUBMIT, {"prompt": "x"}, X_Fal_Colour="red", X_Fal_Tags="a=b")
    assert response.headers["X-Vitrine-Ignored"] == "x-fal-colour"
    (moment,) = (m for m in timeline.moments(Run.objects.get()) if "not passed on" in m.what)
    assert moment.detail == "x-fal-colour"


def test_priorities_and_tags_that_fal_would_ignore_are_named(call, endpoint):
    sent_headers = {"X_Fal_Queue_Priority": "urgent", "X_Fal_Tags": "Team=fox,job=12,b\u00e4r (1)"}
    response = call("POST", SUBMIT, {"prompt": "x"}, **sent_headers)
    run = Run.objects.get()
    assert run.options == {"tags": {"job": "12"}}
    ignored = "x-fal-queue-priority (urgent), x-fal-tags (Team), x-fal-tags (br 1)"
    assert response.headers["X-Vitrine-Ignored"] == ignored
    (moment,) = (m for m in timeline.moments(run) if "not passed on" in m.what)
    assert moment.detail == ignored


def test_the_status_follows_the_run(call, endpoint):
    status_url = call("POST", SUBMIT).json()["status_url"]
    run = Run.objects.get()
    assert run.arguments == {}
    seen = [call("GET", status_url)]
    end(run, "queued", request_id="up-1", queue_position=3)
    seen.append(call("GET", status_url))
    lines = [{"message": "hi", "level": "INFO", "timestamp": "2026-01-01T00:00:00Z"}]
    end(run, "running", logs=lines)
    seen += [call("GET", f"{status_url}?logs=1"), call("GET", f"{status_url}?logs=false")]
    end(run, "succeeded", output={}, metrics={"inference_time": 1.5})
    seen.append(call("GET", f"{status_url}?logs=true"))
    bodies = [response.json() for response in seen]
    assert [response.status_code for response in seen] == [202, 202, 202, 202, 200]
    assert [body["status"] for body in bodies] == [
        "IN_QUEUE", "IN_QUEUE", "IN_PROGRESS", "IN_PROGRESS", "COMPLETED",
    ]  # fmt: skip
    assert [body.get("queue_position") for body in bodies[:2]] == [0, 3]
    assert bodies[2]["logs"][0]["message"] == bodies[4]["logs"][0]["message"] == "hi"
    assert bodies[3]["logs"] is None
    assert bodies[4]["metrics"] == {"inference_time": 1.5}
    assert "error" not in bodies[4]


def test_metrics_that_were_read_do_not_change(call, endpoint):
    status_url = call("POST", SUBMIT).json()["status_url"]
    run = Run.objects.get()
    end(run, "succeeded", request_id="up-1", output={})  # a webhook has no metrics
    assert "metrics" not in call("GET", status_url).json()
    for seconds in (1.5, 2.5):
        end(run, "succeeded", metrics={"inference_time": seconds})
        assert call("GET", status_url).json()["metrics"] == {"inference_time": 1.5}


def test_a_result_is_the_unchanged_output(call, endpoint):
    address = call("POST", SUBMIT).json()["response_url"]
    early = call("GET", address)
    assert (early.status_code, early.json()) == (400, {"detail": "Request is still in progress"})
    run = Run.objects.get()
    text = '{"seed": 12345678901234567890123, "x": 1.00}'
    end(run, "succeeded", output=json.loads(text), output_text=text, billable_units="2.5")
    for whole in (address, f"{address}/response", f"{QUEUE}/{FLUX}/requests/{run.pk}"):
        response = call("GET", whole)
        assert (response.status_code, response.content.decode()) == (200, text)
        assert response.headers["x-fal-request-id"] == str(run.pk)
        assert response.headers["x-fal-billable-units"] == "2.5"


@pytest.mark.parametrize(
    ("error", "status", "body", "kind"),
    [
        (
            RunFailed("prompt: no", status=422, type="value_error", detail=[{"msg": "no"}]),
            422,
            {"detail": [{"msg": "no"}]},
            None,
        ),
        (
            RunFailed("too late", status=504, type="startup_timeout", detail="too late"),
            504,
            {"detail": "too late", "error_type": "startup_timeout"},
            "startup_timeout",
        ),
        (RequestRejected("Locked", status=403, detail="Locked"), 403, {"detail": "Locked"}, None),
        (RunFailed("It broke"), 500, {"detail": "It broke"}, None),
    ],
)
def test_an_error_is_passed_on_unchanged(call, endpoint, error, status, body, kind):
    handle = call("POST", SUBMIT).json()
    end(Run.objects.get(), "failed", error=error.as_json())
    response = call("GET", handle["response_url"])
    assert (response.status_code, response.json()) == (status, body)
    assert response.headers.get("x-fal-error-type") == kind
    assert response.headers["Content-Type"] == "application/json"
    completed = call("GET", handle["status_url"]).json()
    assert (completed["status"], completed["error"]) == ("COMPLETED", error.message)


def test_a_refused_server_key_is_not_reported_as_the_callers(call, endpoint):
    handle = call("POST", SUBMIT).json()
    error = AuthFailed("Invalid key 123:our-own", status=401, detail="Invalid key 123:our-own")
    end(Run.objects.get(), "failed", error=error.as_json())
    for address in (handle["response_url"], handle["status_url"]):
        response = call("GET", address)
        assert response.status_code != 401
        assert b"our-own" not in response.content


def test_a_cancel_is_accepted_once(call, endpoint):
    handle = call("POST", SUBMIT).json()
    first, second = (call("PUT", handle["cancel_url"]) for _ in range(2))
    assert (first.status_code, first.json()) == (202, {"status": "CANCELLATION_REQUESTED"})
    assert (second.status_code, second.json()) == (400, {"status": "ALREADY_COMPLETED"})
    result = call("GET", handle["response_url"])
    assert (result.status_code, result.json()["error_type"]) == (499, "client_cancelled")
    assert call("GET", handle["status_url"]).json()["error_type"] == "client_cancelled"


def test_a_request_is_found_by_upstreams_id(call, endpoint):
    call("POST", SUBMIT)
    end(Run.objects.get(), "succeeded", request_id="up-7", output={"a": 1})
    assert call("GET", f"{QUEUE}/fal-ai/flux/requests/up-7").json() == {"a": 1}


def test_a_request_of_somebody_else_or_another_app_is_not_found(call, make_run, stranger, user):
    theirs, mine = make_run(user=stranger), make_run()
    for address in (
        f"{QUEUE}/fal-ai/flux/requests/{theirs.pk}",
        f"{QUEUE}/fal-ai/other/requests/{mine.pk}",
        f"{QUEUE}/fal-ai/flux/requests/{uuid.uuid4()}",
        f"{QUEUE}/fal-ai/flux/requests/x",
        f"{QUEUE}/flux/requests/{mine.pk}",
    ):
        for method, end_ in (("GET", ""), ("GET", "/status"), ("PUT", "/cancel")):
            response = call(method, address + end_)
            assert response.status_code == 404
            assert response.json()["status"] == "NOT_FOUND"
    theirs.refresh_from_db()
    assert theirs.cancel_requested_at is None


def test_the_end_of_a_submit_is_reported_to_its_webhook(call, endpoint):
    answer = call("POST", f"{SUBMIT}?fal_webhook=https%3A%2F%2Fexample.com%2Fhook").json()
    delivery = Delivery.objects.get()
    assert (delivery.address, delivery.state) == ("https://example.com/hook", "waiting")
    assert str(delivery.run_id) == answer["request_id"]


def test_a_webhook_on_a_private_host_is_refused(call, endpoint):
    response = call("POST", f"{SUBMIT}?fal_webhook=http%3A%2F%2F169.254.169.254%2F")
    assert response.status_code == 422
    assert "fal_webhook: " in response.json()["detail"]
    assert not Run.objects.exists()


@pytest.mark.parametrize("target", ["", "https://fal.run.evil.com/a/b", "http://fal.run/a/b"])
def test_a_target_outside_fal_is_refused(call, endpoint, target):
    response = call("POST", target, {})
    assert response.status_code == 400
    assert "x-fal-target-url" in response.json()["message"]
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("method", "target", "word"),
    [
        ("POST", f"https://fal.run/{FLUX}/stream", "subscribe"),
        ("POST", f"https://fal.run/{FLUX}/realtime", "subscribe"),
        ("POST", f"{SUBMIT}?fal_max_queue_length=3", "fal_max_queue_length"),
        ("POST", "https://rest.fal.ai/tokens/", "subscribe"),
        ("POST", "https://rest.fal.ai/storage/tokens", "/api/v1/uploads"),
        ("GET", f"https://ws.fal.run/{FLUX}", "subscribe"),
    ],
)
def test_an_unsupported_target_names_what_is_supported(call, endpoint, method, target, word):
    response = call(method, target)
    assert response.status_code == 501
    assert word in response.json()["detail"]
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b"[1]", 422),
        (b'"text"', 422),
        (b"{}" + b" " * (17 << 20), 413),
    ],
)
def test_a_body_that_is_not_an_object_is_refused(call, endpoint, body, status):
    response = call("POST", SUBMIT, body)
    assert response.status_code == status
    assert response.json()["detail"]
    assert not Run.objects.exists()


def test_characters_a_database_refuses_are_handled(call, endpoint):
    response = call("POST", SUBMIT, b'{"prompt": "a\\u0000b \\ud800"}')
    assert response.status_code < 500
    for target in (f"{QUEUE}/fal-ai/%00", f"{QUEUE}/a/b/requests/%00", f"{QUEUE}/x"):
        response = call("POST" if "requests" not in target else "GET", target)
        assert response.status_code in {400, 404}


def test_unknown_and_blocked_models_are_refused(call, make_endpoint):
    unknown = call("POST", f"{QUEUE}/fal-ai/unknown", {})
    assert (unknown.status_code, unknown.json()["detail"]) == (
        404,
        'Application "fal-ai/unknown" not found',
    )
    make_endpoint(FLUX, mark="blocked")
    assert call("POST", SUBMIT, {}).status_code == 403
    assert not Run.objects.exists()


def test_other_methods_are_refused(call, endpoint):
    for method, target in (("DELETE", SUBMIT), ("GET", SUBMIT), ("POST", f"{SUBMIT}/requests/1")):
        response = call(method, target)
        assert (response.status_code, bool(response.headers["Allow"])) == (405, True)


def test_addresses_of_our_files_are_stored_as_paths(call, endpoint):
    path = f"/uploads/{uuid.uuid4()}/x.png"
    call("POST", SUBMIT, {"image_url": f"http://localhost:9{path}", "prompt": " https://x.test "})
    assert Run.objects.get().arguments == {"image_url": path, "prompt": " https://x.test "}


def test_answers_contain_our_own_addresses(user, endpoint):
    _, secret = tokens.create(user, "script", ["run"])
    browser = Client(headers={"Authorization": f"Key {secret}"})
    address = f"/api/fal/queue/{FLUX}"
    response = browser.post(address, b"{}", content_type="application/json")
    handle = response.json()
    assert handle["status_url"].startswith("http://testserver/api/fal/queue/fal-ai/flux/requests/")
    assert browser.get(handle["status_url"], {"logs": "true"}).json()["logs"] == []
    assert browser.put(handle["cancel_url"]).status_code == 202


def test_an_answer_takes_few_queries(call, endpoint, django_assert_max_num_queries):
    handle = call("POST", SUBMIT).json()
    with django_assert_max_num_queries(2):
        call("GET", handle["status_url"])


def test_the_proxy_needs_a_valid_token_with_its_scope(endpoint, user):
    _, reading = tokens.create(user, "reader", ["read"])
    for header, status in (
        ("", 401),
        ("Key 123:wrong-one", 401),
        ("Bearer vitrine_" + "x" * 43, 401),
        (f"Key {reading}", 403),
    ):
        response = send(
            Client(), "POST", SUBMIT, {}, **({"Authorization": header} if header else {})
        )
        assert response.status_code == status
        assert b"wrong-one" not in response.content
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "http://testserver", "Sec_Fetch_Site": "same-origin"}, 200),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://testserver"}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Sec_Fetch_Site": "none"}, 403),
    ],
)
def test_a_login_is_accepted_only_from_our_own_pages(member, endpoint, headers, status):
    assert send(member, "POST", SUBMIT, {}, **headers).status_code == status
    assert Run.objects.count() == (status == 200)


def test_an_invalid_token_is_not_replaced_by_the_login(member, endpoint):
    headers = {"Sec_Fetch_Site": "same-origin", "Authorization": "Key a:b"}
    assert send(member, "POST", SUBMIT, {}, **headers).status_code == 401


# Streams and live sessions through the proxy.


def test_a_stream_creates_a_run_sent_by_the_gateway(call, endpoint, settings):
    settings.GATEWAY_URL = "http://127.0.0.1:1"
    response = call("POST", f"https://fal.run/{FLUX}/stream", {"prompt": "a cat"})
    run = Run.objects.get()
    assert response.headers["Vitrine-Stream"].startswith(f"{run.pk} ")
    assert (run.transport, run.state, run.worker) == ("stream", "submitting", "gateway")
    assert run.sent_at == run.created_at
    assert leases.claim("worker", 9).to_send == []
    (moment,) = (
        candidate
        for candidate in timeline.moments(run)
        if candidate.what == "Started through the proxy"
    )
    assert moment.detail == "With the token “n8n”."


def test_streams_are_refused_above_the_run_limit(call, endpoint, settings):
    settings.GATEWAY_URL, settings.RUNS_AT_ONCE_PER_USER = "http://127.0.0.1:1", 1
    call("POST", f"https://fal.run/{FLUX}/stream", {})
    response = call("POST", f"https://fal.run/{FLUX}/stream", {})
    assert response.status_code == 429
    assert response.json()["error_type"] == "concurrent_requests_limit"
    assert Run.objects.count() == 1


def test_a_status_stream_starts_with_the_current_status(call, endpoint):
    status_url = call("POST", SUBMIT).json()["status_url"]
    response = call("GET", f"{status_url}/stream?logs=1")
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["Vitrine-Status"] == f"{Run.objects.get().pk} {QUEUE} 1"
    event = json.loads(response.content.removeprefix(b"data: "))
    assert (event["status"], event["logs"]) == ("IN_QUEUE", [])


TOKENS = "https://rest.fal.ai/tokens/"


def test_tokens_for_live_sessions_are_signed_by_us(call, settings, user):
    settings.REALTIME_URL = "wss://vitrine.test/live"
    token = call("POST", TOKENS, {"allowed_apps": ["flux"], "token_expiration": 120}).json()
    older = call("POST", f"{TOKENS}realtime", {"allowed_apps": [f"{FLUX}/realtime"]}).json()
    for text in (token, older["token"]):
        live_token = LiveToken.verify(text)
        assert live_token
        assert (live_token.user_id, live_token.aliases, live_token.is_revoked) == (
            user.pk,
            ("flux",),
            False,
        )
        assert LiveToken.verify(text + "x") is None
    tokens.revoke(None, Token.objects.get())
    assert live_token
    assert live_token.is_revoked
    settings.REALTIME_URL = ""
    assert LiveToken.verify("") is None


@pytest.mark.parametrize("body", [{}, {"allowed_apps": []}, {"allowed_apps": ["a/"]}, [1], "x"])
def test_a_live_token_needs_valid_apps(call, settings, body):
    settings.REALTIME_URL = "wss://vitrine.test/live"
    assert call("POST", TOKENS, body).status_code == 422

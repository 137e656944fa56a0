"""Calls of fal's clients become runs of their person, and are answered in upstream's shapes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api import tokens
from api.fal_proxy.tickets import LiveToken
from api.models import ProxyPart, Token
from fal import AuthFailed, RequestRejected, RunFailed
from notifications.models import Delivery
from playground.files.uploads import MAX_BYTES
from playground.models import Run, Upload
from playground.runs import state_machine, timeline
from playground.runs.transitions import Observation
from playground.worker.scheduling import leases

pytestmark = pytest.mark.django_db
FLUX = "fal-ai/flux/dev"
QUEUE = "https://queue.fal.run"
SUBMIT = f"{QUEUE}/{FLUX}"
Call = Callable[..., Any]


@pytest.fixture
def endpoint(make_endpoint: Any) -> Any:
    return make_endpoint(FLUX)


@pytest.fixture
def call(user: Any) -> Call:
    """`call("POST", target, body)` through the proxy, with a token as fal's clients send a key."""
    _, secret = tokens.create(user, "n8n", ["run"])
    browser = Client(headers={"Authorization": f"Key {secret}"})
    return lambda *what, **more: send(browser, *what, **more)


def send(browser: Client, method: str, target: str, body: Any = None, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.generic(
        method,
        "/api/fal/proxy",
        content,
        content_type="application/json",
        headers={"x-fal-target-url": target, **named},
    )


def end(run: Run, state: str, **more: Any) -> Run:
    state_machine.record(run.pk, Observation(state, **more))
    run.refresh_from_db()
    return run


def test_a_submit_is_a_run_and_is_answered_as_by_the_queue(call: Call, endpoint: Any) -> None:
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
    (found,) = (one for one in timeline.moments(run) if one.what == "Started through the proxy")
    assert found.detail == "With the token “n8n”."


def test_the_status_follows_the_run(call: Call, endpoint: Any) -> None:
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
    bodies = [one.json() for one in seen]
    assert [one.status_code for one in seen] == [202, 202, 202, 202, 200]
    assert [one["status"] for one in bodies] == [
        "IN_QUEUE", "IN_QUEUE", "IN_PROGRESS", "IN_PROGRESS", "COMPLETED",
    ]  # fmt: skip
    assert [one.get("queue_position") for one in bodies[:2]] == [0, 3]
    assert bodies[2]["logs"][0]["message"] == bodies[4]["logs"][0]["message"] == "hi"
    assert bodies[3]["logs"] is None
    assert bodies[4]["metrics"] == {"inference_time": 1.5}
    assert "error" not in bodies[4]


def test_a_result_is_the_output_as_it_came(call: Call, endpoint: Any) -> None:
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
def test_an_error_is_given_as_upstream_gave_it(
    call: Call, endpoint: Any, error: Any, status: int, body: Any, kind: str | None
) -> None:
    told = call("POST", SUBMIT).json()
    end(Run.objects.get(), "failed", error=error.as_json())
    response = call("GET", told["response_url"])
    assert (response.status_code, response.json()) == (status, body)
    assert response.headers.get("x-fal-error-type") == kind
    assert response.headers["Content-Type"] == "application/json"
    completed = call("GET", told["status_url"]).json()
    assert (completed["status"], completed["error"]) == ("COMPLETED", error.message)


def test_a_refused_key_of_ours_is_not_the_callers(call: Call, endpoint: Any) -> None:
    told = call("POST", SUBMIT).json()
    error = AuthFailed("Invalid key 123:abc", status=401, detail="Invalid key 123:abc")
    end(Run.objects.get(), "failed", error=error.as_json())
    for address in (told["response_url"], told["status_url"]):
        response = call("GET", address)
        assert response.status_code != 401
        assert b"abc" not in response.content


def test_a_cancel_is_taken_once(call: Call, endpoint: Any) -> None:
    told = call("POST", SUBMIT).json()
    first, second = (call("PUT", told["cancel_url"]) for _ in range(2))
    assert (first.status_code, first.json()) == (202, {"status": "CANCELLATION_REQUESTED"})
    assert (second.status_code, second.json()) == (400, {"status": "ALREADY_COMPLETED"})
    result = call("GET", told["response_url"])
    assert (result.status_code, result.json()["error_type"]) == (499, "client_cancelled")
    assert call("GET", told["status_url"]).json()["error_type"] == "client_cancelled"


def test_a_request_is_found_by_upstreams_id_too(call: Call, endpoint: Any) -> None:
    call("POST", SUBMIT)
    end(Run.objects.get(), "succeeded", request_id="up-7", output={"a": 1})
    assert call("GET", f"{QUEUE}/fal-ai/flux/requests/up-7").json() == {"a": 1}


def test_a_request_of_somebody_else_or_another_app_is_not_found(
    call: Call, make_run: Any, stranger: Any, user: Any
) -> None:
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


def test_the_end_of_a_submit_is_reported_to_its_webhook(call: Call, endpoint: Any) -> None:
    answer = call("POST", f"{SUBMIT}?fal_webhook=https%3A%2F%2Fexample.com%2Fhook").json()
    delivery = Delivery.objects.get()
    assert (delivery.address, delivery.state) == ("https://example.com/hook", "waiting")
    assert str(delivery.run_id) == answer["request_id"]


def test_a_webhook_that_is_not_public_is_refused(call: Call, endpoint: Any) -> None:
    response = call("POST", f"{SUBMIT}?fal_webhook=http%3A%2F%2F169.254.169.254%2F")
    assert response.status_code == 422
    assert "fal_webhook: " in response.json()["detail"]
    assert not Run.objects.exists()


@pytest.mark.parametrize("target", ["", "https://fal.run.evil.com/a/b", "http://fal.run/a/b"])
def test_a_target_that_is_not_fals_is_refused(call: Call, endpoint: Any, target: str) -> None:
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
        ("POST", "https://rest.fal.ai/storage/auth/token", "/api/v1/uploads"),
        ("GET", f"https://ws.fal.run/{FLUX}", "subscribe"),
    ],
)
def test_what_cannot_pass_says_what_works(
    call: Call, endpoint: Any, method: str, target: str, word: str
) -> None:
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
def test_a_body_that_is_no_object_is_refused(
    call: Call, endpoint: Any, body: bytes, status: int
) -> None:
    response = call("POST", SUBMIT, body)
    assert response.status_code == status
    assert response.json()["detail"]
    assert not Run.objects.exists()


def test_characters_that_no_database_takes_are_answered(call: Call, endpoint: Any) -> None:
    response = call("POST", SUBMIT, b'{"prompt": "a\\u0000b \\ud800"}')
    assert response.status_code < 500
    for target in (f"{QUEUE}/fal-ai/%00", f"{QUEUE}/a/b/requests/%00", f"{QUEUE}/x"):
        assert call("POST" if "requests" not in target else "GET", target).status_code == 404


def test_unknown_and_blocked_models_do_not_run(call: Call, make_endpoint: Any) -> None:
    unknown = call("POST", f"{QUEUE}/fal-ai/unknown", {})
    assert (unknown.status_code, unknown.json()["detail"]) == (
        404,
        'Application "fal-ai/unknown" not found',
    )
    make_endpoint(FLUX, standing="blocked")
    assert call("POST", SUBMIT, {}).status_code == 403
    assert not Run.objects.exists()


def test_other_methods_are_refused(call: Call, endpoint: Any) -> None:
    for method, target in (("DELETE", SUBMIT), ("GET", SUBMIT), ("POST", f"{SUBMIT}/requests/1")):
        response = call(method, target)
        assert (response.status_code, bool(response.headers["Allow"])) == (405, True)


def test_only_a_valid_token_with_its_scope_opens_it(endpoint: Any, user: Any) -> None:
    _, reading = tokens.create(user, "reader", ["read"])
    for header, status in (
        ("", 401),
        ("Key 123:abc", 401),
        ("Bearer vitrine_" + "x" * 43, 401),
        (f"Key {reading}", 403),
    ):
        response = send(
            Client(), "POST", SUBMIT, {}, **({"Authorization": header} if header else {})
        )
        assert response.status_code == status
        assert b"abc" not in response.content
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
def test_a_login_counts_for_our_own_pages_alone(
    member: Client, endpoint: Any, headers: dict[str, str], status: int
) -> None:
    assert send(member, "POST", SUBMIT, {}, **headers).status_code == status
    assert Run.objects.count() == (status == 200)


def test_a_wrong_token_is_not_replaced_by_the_login(member: Client, endpoint: Any) -> None:
    headers = {"Sec_Fetch_Site": "same-origin", "Authorization": "Key a:b"}
    assert send(member, "POST", SUBMIT, {}, **headers).status_code == 401


def test_addresses_of_our_files_stand_as_forms_have_them(call: Call, endpoint: Any) -> None:
    call("POST", SUBMIT, {"image_url": "http://testserver/uploads/1/x.png"})
    assert Run.objects.get().arguments == {"image_url": "/uploads/1/x.png"}


def test_a_host_of_ours_answers_with_our_addresses(user: Any, endpoint: Any) -> None:
    _, secret = tokens.create(user, "script", ["run"])
    browser = Client(headers={"Authorization": f"Key {secret}"})
    address = f"/api/fal/queue/{FLUX}"
    response = browser.post(address, b"{}", content_type="application/json")
    told = response.json()
    assert told["status_url"].startswith("http://testserver/api/fal/queue/fal-ai/flux/requests/")
    assert browser.get(told["status_url"], {"logs": "true"}).json()["logs"] == []
    assert browser.put(told["cancel_url"]).status_code == 202


def test_an_answer_takes_few_queries(
    call: Call, endpoint: Any, django_assert_max_num_queries: Any
) -> None:
    told = call("POST", SUBMIT).json()
    with django_assert_max_num_queries(2):
        call("GET", told["status_url"])


INITIATE = "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * (2 << 20)


def test_an_uploaded_file_is_an_input(
    call: Call, endpoint: Any, member: Client, stranger: Any
) -> None:
    told = [call("POST", INITIATE, {"file_name": "a b.png", "content_type": "image/png"}).json()]
    told.append(call("POST", INITIATE, {}).json())  # the same content once more
    for one in told:
        assert Client().put(one["upload_url"], PNG, content_type="image/png").status_code == 200
    upload = Upload.objects.get()
    first, second = (one["file_url"] for one in told)
    call("POST", SUBMIT, {"image_url": first, "more": [{"url": second}, f"see {first}"]})
    address = upload.get_absolute_url()
    more = [{"url": address}, f"see {first}"]
    assert Run.objects.get().arguments == {"image_url": address, "more": more}
    assert member.get(first).headers["Location"] == address
    member.force_login(stranger)
    assert member.get(first).status_code == 404


def test_somebody_elses_file_stays_theirs(call: Call, endpoint: Any, stranger: Any) -> None:
    _, secret = tokens.create(stranger, "n8n", ["run"])
    theirs = send(Client(headers={"Authorization": f"Key {secret}"}), "POST", INITIATE, {}).json()
    Client().put(theirs["upload_url"], PNG)
    call("POST", SUBMIT, {"image_url": theirs["file_url"]})
    assert Run.objects.get().arguments == {"image_url": theirs["file_url"]}


def test_a_bad_ticket_or_file_is_refused(call: Call) -> None:
    told = call("POST", INITIATE, {"file_name": "x.png"}).json()
    for address, body, status in (
        (told["upload_url"] + "x", PNG, 403),
        ("/api/fal/uploads/none", PNG, 403),
        (told["upload_url"], b"", 422),
    ):
        response = Client().put(address, body)
        assert (response.status_code, bool(response.json()["detail"])) == (status, True)
    assert not Upload.objects.exists()


PARTS = INITIATE.replace("initiate?", "initiate-multipart?")
JSON = {"content_type": "application/json"}


def test_a_file_comes_in_parts(call: Call, endpoint: Any, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    told = call("POST", PARTS, {"file_name": "film.png", "content_type": "image/png"}).json()
    address = told["upload_url"]
    sent = [PNG[: 1 << 20], b"not yet whole", PNG[1 << 20 :]]
    numbers = (1, 2, 2)  # the second is sent again
    etags = {}
    for number, content in zip(numbers, sent, strict=True):
        etags[number] = Client().put(f"{address}/{number}", content).json()
    listed = [etags[2], etags[1]]
    assert listed[0]["partNumber"] == 2
    wrong = [{"partNumber": 1, "etag": "x"}], [{"partNumber": 7, "etag": ""}], [], "no list", [1]
    for parts in wrong:
        response = Client().post(f"{address}/complete", json.dumps({"parts": parts}), **JSON)
        assert (response.status_code, bool(response.json()["detail"])) == (422, True)
    done = Client().post(f"{address}/complete", json.dumps({"parts": listed}), **JSON)
    assert done.status_code == 200
    upload = Upload.objects.get()
    assert (upload.size_bytes, upload.file_name) == (len(PNG), "film.png")
    assert not ProxyPart.objects.exists()
    assert not list((tmp_path / "incoming").iterdir())
    call("POST", SUBMIT, {"image_url": told["file_url"]})
    assert Run.objects.get().arguments == {"image_url": upload.get_absolute_url()}


def test_parts_are_bounded_and_do_not_stay(
    call: Call, endpoint: Any, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    address = call("POST", PARTS, {"file_name": "film.png"}).json()["upload_url"]
    for path, status in (("/0", 422), ("/1001", 422), ("x/1", 403)):
        assert Client().put(address + path, b"part").status_code == status
    assert Client().put(f"{address}/1", b"part").status_code == 200
    ProxyPart.objects.update(size_bytes=MAX_BYTES)
    assert Client().put(f"{address}/2", b"one more").status_code == 422
    ProxyPart.objects.update(created_at=timezone.now() - timedelta(hours=2))
    call("POST", PARTS, {})
    assert not ProxyPart.objects.exists()
    assert not list((tmp_path / "incoming").iterdir())


def test_a_stream_is_a_run_that_the_gateway_sends(call: Call, endpoint: Any, settings: Any) -> None:
    settings.GATEWAY_URL = "http://127.0.0.1:1"
    response = call("POST", f"https://fal.run/{FLUX}/stream", {"prompt": "a cat"})
    run = Run.objects.get()
    assert response.headers["Vitrine-Stream"].startswith(f"{run.pk} ")
    assert (run.transport, run.state, run.worker) == ("stream", "submitting", "gateway")
    assert run.sent_at == run.created_at
    assert leases.claim("worker", 9).to_send == []
    (found,) = (one for one in timeline.moments(run) if one.what == "Started through the proxy")
    assert found.detail == "With the token “n8n”."


def test_streams_wait_for_room(call: Call, endpoint: Any, settings: Any) -> None:
    settings.GATEWAY_URL, settings.RUNS_AT_ONCE_PER_USER = "http://127.0.0.1:1", 1
    call("POST", f"https://fal.run/{FLUX}/stream", {})
    response = call("POST", f"https://fal.run/{FLUX}/stream", {})
    assert response.status_code == 429
    assert response.json()["error_type"] == "concurrent_requests_limit"
    assert Run.objects.count() == 1


def test_a_status_stream_begins_with_the_status(call: Call, endpoint: Any) -> None:
    status_url = call("POST", SUBMIT).json()["status_url"]
    response = call("GET", f"{status_url}/stream?logs=1")
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["Vitrine-Status"] == f"{Run.objects.get().pk} {QUEUE} 1"
    event = json.loads(response.content.removeprefix(b"data: "))
    assert (event["status"], event["logs"]) == ("IN_QUEUE", [])


TOKENS = "https://rest.fal.ai/tokens/"


def test_tokens_for_live_sessions_are_ours(call: Call, settings: Any, user: Any) -> None:
    settings.REALTIME_URL = "wss://vitrine.test/live"
    token = call("POST", TOKENS, {"allowed_apps": ["flux"], "token_expiration": 120}).json()
    older = call("POST", f"{TOKENS}realtime", {"allowed_apps": [f"{FLUX}/realtime"]}).json()
    for text in (token, older["token"]):
        found = LiveToken.verify(text)
        assert found
        assert (found.user_id, found.aliases, found.is_revoked) == (user.pk, ("flux",), False)
        assert LiveToken.verify(text + "x") is None
    tokens.revoke(Token.objects.get())
    assert found.is_revoked
    settings.REALTIME_URL = ""
    assert LiveToken.verify("") is None


@pytest.mark.parametrize("body", [{}, {"allowed_apps": []}, {"allowed_apps": ["a/"]}, [1], "x"])
def test_a_token_is_for_apps(call: Call, settings: Any, body: Any) -> None:
    settings.REALTIME_URL = "wss://vitrine.test/live"
    assert call("POST", TOKENS, body).status_code == 422

"""Authentication, refused requests, and a problem document for every failure.

`null` means absence for an optional member of a body, but never inside a model's own input.
"""

import io
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from accounts.limits import rate_limit
from accounts.limits.rate_limit import ANONYMOUS, buckets
from api import tokens
from api.contract.components import COMPONENTS
from api.contract.nulls import without_nulls
from api.http import limits
from runs.models import Run
from tests.statements import failing

pytestmark = pytest.mark.django_db


def assert_problem(response: Any, status: int) -> dict[str, Any]:
    """Assert that a response is a problem with this status; return the problem."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:vitrine:problem:")
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer vitrine_nonsense", "Basic YTpi", "Key a:b"]
)
def test_every_operation_needs_a_valid_token(authorization):
    client = Client(headers={"Authorization": authorization} if authorization else {})
    response = client.get("/api/v1/models")
    assert_problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "address", ["/api/v1/models/", "/api/v1/models/sandbox/none/", "/api/openai/v1/models/"]
)
def test_an_address_with_a_slash_at_its_end_works_like_one_without(user, address):
    _, secret = tokens.create(user, "program", ["read"])
    client = Client(headers={"authorization": f"Bearer {secret}"})
    answer, other = (client.get(path) for path in (address, address.rstrip("/")))
    assert (answer.status_code, answer.content) == (other.status_code, other.content)


def test_a_login_session_is_not_accepted_as_a_token(member):
    assert_problem(member.get("/api/v1/runs"), 401)
    assert_problem(member.post("/api/v1/runs", "{}", content_type="application/json"), 401)


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (["run", "curate"], "GET", "/models"),
        (["run"], "GET", "/runs"),
        (["read", "curate"], "POST", "/runs"),
        (["read"], "PUT", "/favourites/fal-ai/flux/dev"),
        (["read", "run"], "PUT", "/collections/best/models/fal-ai/flux/dev"),
    ],
)
def test_a_token_is_limited_to_its_scopes(caller, user, scopes, method, path):
    response = caller(user, *scopes)(method, path, {} if method == "POST" else None)
    problem = assert_problem(response, 403)
    assert problem["type"] == "urn:vitrine:problem:scope-missing"
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


def test_files_need_the_read_scope(caller, user, make_run):
    run = make_run(state="succeeded", output={"text": "words"})
    address = f"/runs/{run.pk}/output.json"
    assert caller(user, "read").get_page(address).status_code == 200
    assert_problem(caller(user, "run").get_page(address), 403)
    assert_problem(Client(headers={"Authorization": "Bearer vitrine_x"}).get(address), 401)


def test_pages_do_not_accept_tokens(call):
    for address in ("/models/", "/runs/", "/account/tokens/"):
        assert call.get_page(address).status_code == 302


def test_an_unknown_address_is_a_problem(call):
    assert_problem(call("GET", "/nothing"), 404)


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"endpoint_id": "a", "endpoint_id": "b"}', "application/json", 400),
        (b'{"endpoint_id": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[" + b"1," * 250_001 + b"1]", "application/json", 400),
        (b"endpoint_id=a", "application/x-www-form-urlencoded", 415),
        (b"", "text/plain", 415),
    ],
)
def test_a_body_that_is_not_json_is_refused(user, content, content_type, status):
    _, secret = tokens.create(user, "t")
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    response = client.generic("POST", "/api/v1/runs", content, content_type)
    assert_problem(response, status)


def test_a_body_of_20_mb_is_too_large(user):
    _, secret = tokens.create(user, "t")
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    response = client.generic("POST", "/api/v1/runs", b" " * (20 << 20), "application/json")
    assert "16 MB" in assert_problem(response, 413)["detail"]


def test_uploads_have_their_own_size_limit(user, settings):
    settings.POST_MAX_MB = 16
    _, secret = tokens.create(user, "t")
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    response = client.post("/api/v1/uploads", {"file": io.BytesIO(bytes(17 << 20))})
    assert "It has 17 MB; 16 MB is the most" in assert_problem(response, 413)["detail"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("limit=1&limit=2", "limit"),
        ("page=2", "page"),
        ("duration=long", "duration"),
        ("sort=best", "sort"),
        ("q=%00", "q"),
        ("cursor=nonsense", "cursor"),
        ("cursor=WzFd", "cursor"),  # [1], a cursor of another list
        ("favourite=perhaps", "favourite"),
    ],
)
def test_a_wrong_parameter_is_named(call, query, parameter):
    path = "/runs" if parameter == "cursor" else "/models"
    problem = assert_problem(call("GET", f"{path}?{query}"), 422)
    assert problem["errors"][0]["parameter"] == parameter


def test_the_rate_limit_is_announced_and_enforced(call, user, settings):
    settings.RATE_LIMITS = True
    buckets.clear()
    response = call("GET", "/me")
    assert response.headers["RateLimit-Policy"] == '"read";q=1200;w=60'
    assert response.headers["RateLimit"].startswith('"read";r=1199;t=')
    # the bucket gains a request every 50 ms, and a busy machine may need as long
    for _ in range(100):
        while not buckets.take(limits.LIMITS["read"], f"person {user.pk}"):
            continue
        if (refused := call("GET", "/me")).status_code != 200:
            break
    assert_problem(refused, 429)
    # Between the refusal and its header, the bucket may gain another request.
    assert refused.headers["RateLimit"].startswith(('"read";r=0;t=', '"read";r=1;t='))
    assert int(refused.headers["Retry-After"]) > 0
    buckets.clear()
    assert call("GET", "/me").status_code == 200


def test_guessing_tokens_is_limited(settings, monkeypatch):
    settings.RATE_LIMITS = True
    few = replace(rate_limit.LIMITS[ANONYMOUS], burst=2, per_minute=1)
    monkeypatch.setitem(rate_limit.LIMITS, ANONYMOUS, few)
    buckets.clear()
    client = Client(headers={"Authorization": "Bearer vitrine_x"})
    assert [client.get("/api/v1/me").status_code for _ in range(2)] == [401] * 2
    assert "too often" in assert_problem(client.get("/api/v1/me"), 429)["detail"]
    buckets.clear()


def test_an_internal_error_is_a_problem_document(user):
    failure = RuntimeError("secret words")
    _, secret = tokens.create(user, "t")
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})
    with failing(failure, where=lambda sql, _: "playground_worker" in sql) as left:
        response = client.get("/api/v1/me")
    assert left == []
    assert_problem(response, 500)
    assert b"secret words" not in response.content


FLUX = "fal-ai/flux/dev"


def test_a_run_is_begun_with_nulls_for_what_is_left_out(call, make_endpoint, documents):
    make_endpoint(FLUX, documents[FLUX])
    optional = COMPONENTS["NewRun"]["properties"].keys() - {"endpoint_id", "arguments"}
    body = {"endpoint_id": FLUX, "arguments": {"prompt": "a mill"}} | dict.fromkeys(optional)
    assert call("POST", "/runs", body).status_code == 201
    assert Run.objects.get().arguments == {"prompt": "a mill"}


def test_nulls_inside_arguments_are_the_models_own(call, make_endpoint, documents):
    make_endpoint(FLUX, documents[FLUX])
    refused = call("POST", "/runs", {"endpoint_id": FLUX, "arguments": {"prompt": None}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/arguments/prompt"


def test_nulls_of_nested_objects_are_absence():
    body = {
        "columns": [{"endpoint_id": FLUX, "settings": None}],
        "rows": [{"prompt": None}],
        "seeds": None,
        "title": None,
    }
    expected = {"columns": [{"endpoint_id": FLUX}], "rows": [{"prompt": None}]}
    assert without_nulls(COMPONENTS["NewBoard"], body) == expected


def test_null_for_what_is_required_is_refused(call):
    refused = call("POST", "/estimates", {"endpoint_id": None})
    assert refused.status_code == 422

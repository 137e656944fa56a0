"""fal's and OpenAI's clients start in the token's project, or in the one their address names."""

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from api import tokens
from projects.models import Membership, Project, Rule
from runs.models import Run, Upload
from tests.api.openai_proxy.documents import SHORT
from tests.api.views.proxy_call import SUBMIT
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db
COMPLETIONS = "/api/openai/v1/chat/completions"
INITIATE = "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"
CHAT = {"model": "lab/short", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def acme(user: Any, endpoint: Any, make_endpoint: Any) -> Project:
    make_endpoint("lab/short", SHORT)
    return make_project("Acme", ana="maker", ben="manager", cas="viewer")


def client_of(who: str, project: Project | None = None) -> Client:
    _, secret = tokens.create(person(who), uuid.uuid4().hex, ["run"], project=project)
    return Client(headers={"Authorization": f"Key {secret}"})


def submit(browser: Client, query: str = "", target: str = SUBMIT) -> Any:
    return browser.post(
        f"/api/fal/proxy{query}",
        json.dumps({"prompt": "a"}),
        content_type="application/json",
        headers={"x-fal-target-url": target},
    )


def complete(browser: Client, query: str = "") -> Any:
    return browser.post(f"{COMPLETIONS}{query}", json.dumps(CHAT), content_type="application/json")


def test_openai_lists_what_no_rule_locks_in_the_project(acme, make_endpoint):
    make_endpoint("bolt/long", SHORT)
    models = "/api/openai/v1/models"

    def list_ids(who: str, project: Project | None = None) -> list[str]:
        listed = client_of(who, project).get(models).json()["data"]
        return sorted(model["id"] for model in listed)

    Rule.objects.create(project=acme, effect="forbid", kind="owner", value="lab")
    assert list_ids("ana", acme) == ["bolt/long"]
    assert list_ids("ana") == ["bolt/long", "lab/short"]
    browser = client_of("ana", acme)
    assert browser.get(f"{models}/lab/short").status_code == 404
    assert browser.get(f"{models}/bolt/long").status_code == 200
    with CaptureQueriesContext(connection) as captured:
        browser.get(models)
    with_rules = len(captured)
    Rule.objects.all().delete()
    browser.get(models)  # this call reads the new revision
    with CaptureQueriesContext(connection) as captured:
        browser.get(models)
    assert len(captured) == with_rules
    assert sum("catalog_revision" in query["sql"] for query in captured) == 1


@pytest.mark.parametrize("send", [submit, complete])
@pytest.mark.parametrize(
    ("is_bound", "query", "lands_in"),
    [(False, "", None), (False, "?project=acme", "acme"), (True, "", "acme")],
)
def test_a_call_is_a_run_of_the_project(acme, send, is_bound, query, lands_in):
    response = send(client_of("ana", acme if is_bound else None), query)
    # the middleware then holds the call
    assert response.status_code == (200 if send is submit else 504)
    run = Run.objects.get()
    assert (run.project.slug if lands_in else run.project.person) == (lands_in or person("ana"))


@pytest.mark.parametrize("send", [submit, complete])
@pytest.mark.parametrize(
    ("who", "query", "words"),
    [
        ("cas", "?project=acme", "Ask ben to make you a maker"),
        ("sam", "?project=acme", "You are not a member of a project “acme”"),
    ],
)
def test_a_refusal_says_why_in_the_clients_format(acme, send, who, query, words):
    response = send(client_of(who), query)
    assert response.status_code == 403
    body = response.json()
    assert words in (body["detail"] if send is submit else body["error"]["message"])
    assert not Run.objects.exists()


@pytest.mark.parametrize("send", [submit, complete])
def test_a_bound_token_ends_with_the_membership(acme, send):
    browser = client_of("ana", acme)
    Membership.objects.get(project=acme, user=person("ana")).delete()
    response = send(browser)
    assert response.status_code == 403
    assert "no longer a member" in response.content.decode()


def test_a_bound_token_finds_no_request_of_another_project(acme):
    free, bound = client_of("ana"), client_of("ana", acme)
    request_id = submit(free).json()["request_id"]
    status = f"https://queue.fal.run/fal-ai/flux/requests/{request_id}/status"
    assert free.get("/api/fal/proxy", headers={"x-fal-target-url": status}).status_code == 202
    assert bound.get("/api/fal/proxy", headers={"x-fal-target-url": status}).status_code == 404
    completion = complete(free).headers["Vitrine-Wait"].split()[0]
    assert free.get(f"{COMPLETIONS}/{completion}").status_code == 504  # the run has not ended
    assert bound.get(f"{COMPLETIONS}/{completion}").status_code == 404


def test_a_login_on_a_page_of_ours_may_name_its_project(acme):
    for who, status in (("ana", 200), ("sam", 403)):
        browser = Client(headers={"Sec-Fetch-Site": "same-origin"})
        browser.force_login(person(who))
        response = submit(browser, "?project=acme")
        assert response.status_code == status
        assert status == 200 or "You are not a member" in response.json()["detail"]
    assert Run.objects.get().project == acme


def test_a_file_lies_in_the_project_that_its_announcement_named(acme):
    announced = submit(client_of("ana", acme), target=INITIATE).json()
    assert Client().put(announced["upload_url"], b"x").status_code == 200
    assert Upload.objects.get().project == acme
    refused = submit(client_of("cas", acme), target=INITIATE)
    assert refused.status_code == 403
    Membership.objects.get(project=acme, user=person("ana")).delete()
    late = Client().put(announced["upload_url"], b"y")
    assert late.status_code == 403

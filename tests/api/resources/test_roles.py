"""In a shared project, a program may do what its user's role allows."""

from typing import Any

import pytest

from features.boards.models import Board
from features.flows.models import FlowRun
from projects.models import Membership
from runs.models import Preset, Run
from tests.api.test_reach import BODY, Program, acme, boreal, flux
from tests.api.two_projects import Filled
from tests.databases import plan_queries
from tests.projects.people import person

__all__ = ["acme", "boreal", "flux"]

pytestmark = pytest.mark.django_db
BOARD = {"columns": [{"endpoint_id": BODY["endpoint_id"]}], "rows": [{"prompt": "a"}]}


@pytest.fixture
def call_as(acme: Filled) -> Any:
    """`call_as("cas", "POST", "/runs/{run_id}/cancellation")` → the response in Acme."""

    def call(who: str, method: str, path: str, body: Any = None) -> Any:
        return Program(person(who))(method, path.format(**acme.keys), body)

    return call


def begins(acme: Filled) -> list[tuple[str, Any]]:
    return [
        ("/runs?project=acme", BODY),
        ("/boards?project=acme", BOARD),
        ("/boards/{board_id}/cells", {"seeds": [1]}),
        ("/boards/{board_id}/runs", {"what": "failed"}),
        ("/boards/{board_id}/cancellation", None),
    ]


def test_a_viewer_reads_and_begins_nothing(call_as, acme):
    counts = [model.objects.count() for model in (Run, Board, Preset)]
    for path, body in begins(acme):
        response = call_as("cas", "POST", path, body)
        assert response.status_code == 403, path
        assert (
            "you can only look, vote and comment. Ask ben to make you a maker"
            in response.json()["detail"]
        )
    assert [model.objects.count() for model in (Run, Board, Preset)] == counts
    upload = Program(person("cas")).client.post("/api/v1/uploads?project=acme", {"file": _file()})
    assert upload.status_code == 403


def _file() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("x.txt", b"x")


def test_an_upload_lies_in_the_named_project(call_as, acme):
    maker = Program(person("ana")).client
    created = maker.post("/api/v1/uploads?project=acme", {"file": _file()}).json()
    assert created["project"] == "acme"
    assert call_as("cas", "GET", f"/uploads/{created['id']}").status_code == 200


def test_a_viewer_runs_a_flow_of_the_project_in_their_own(call_as, acme):
    flow = "/flows/{flow_id}/runs"
    maker, viewer = call_as("ana", "POST", flow, {}), call_as("cas", "POST", flow, {})
    assert (maker.status_code, maker.json()["project"]) == (201, "acme")
    assert (viewer.status_code, viewer.json()["project"]) == (201, "private")
    run = Run.objects.get(pk=viewer.json()["steps"][0]["run_id"])
    assert (run.user, run.project.person) == (person("cas"), person("cas"))
    assert call_as("cas", "POST", f"{flow}?project=acme", {}).status_code == 403
    bound = Program(person("cas"), acme.project)
    assert bound("POST", flow.format(**acme.keys), {}).status_code == 403
    assert FlowRun.objects.count() == 3


def test_makers_add_to_others_boards(call_as, acme):
    Membership.objects.create(project=acme.project, user=person("eve"), role="maker")
    response = call_as("eve", "POST", "/boards/{board_id}/cells", {"seeds": [1]})
    assert response.status_code == 200
    runs = Run.objects.exclude(pk=acme.keys["run_id"])
    assert {run.project for run in runs} == {acme.project}


def test_an_archived_project_is_read_alone(call_as, acme):
    from django.utils import timezone

    acme.project.archived_at = timezone.now()
    acme.project.save()
    assert call_as("ben", "GET", "/runs/{run_id}").status_code == 200
    response = call_as("ben", "POST", "/runs?project=acme", BODY)
    assert response.status_code == 403
    assert "is archived" in response.json()["detail"]


def test_the_run_list_of_several_projects_is_paged_by_time(acme, boreal):
    program = Program(person("ana"))
    for number in range(5):
        for slug in ("acme", "boreal", "private"):
            program("POST", f"/runs?project={slug}", BODY | {"arguments": {"prompt": f"{number}"}})
    seen, query = [], ""
    while True:
        page = program("GET", f"/runs?limit=4{query}").json()
        seen += [run["id"] for run in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"&cursor={page['next_cursor']}"
    newest = Run.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)
    assert seen == [str(pk) for pk in newest]


def test_the_run_list_takes_a_query_for_each_project(acme, boreal, django_assert_num_queries):
    alone, member = Program(person("zoe")), Program(person("ana"))
    for program, count in ((alone, 2), (member, 7)):
        program("GET", "/me")
        # Token, projects (one query each), runs, artifacts.
        with django_assert_num_queries(count + plan_queries()):
            program("GET", "/runs")

"""A token reads and starts in all of its user's projects, or only in the one it is bound to."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from api import resources, tokens
from api.contract.operation import OPERATIONS, Operation
from projects.models import Membership
from projects.models.project import private_project
from runs.models import Preset, Run, Upload
from tests.api.conftest import BASE
from tests.api.two_projects import Filled, fill
from tests.projects.people import make_project, person

assert resources  # importing it declares the operations
pytestmark = pytest.mark.django_db
FLUX = "fal-ai/flux/dev"
BODY = {"endpoint_id": FLUX, "arguments": {"prompt": "a mill"}}
LISTS = [op for op in OPERATIONS if op.method == "GET" and "{" not in op.path]
BODIES: dict[str, Any] = {
    "MoreOfBoard": {"seeds": [1]},
    "AgainOfBoard": {"what": "failed"},
    "NewFlowRun": {},
    "NewFlowEstimate": {},
}


class Program:
    """Calls the API with a person's token, bound to a project or not."""

    def __init__(self, who: Any, project: Any = None, scopes: Any = ("read", "run")) -> None:
        self.token, secret = tokens.create(who, uuid.uuid4().hex, scopes, project=project)
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        content: dict[str, Any] = {} if body is None else {"data": json.dumps(body)}
        return self.client.generic(method, BASE + path, **content, content_type="application/json")


@pytest.fixture
def flux(make_endpoint: Any, documents: Any) -> Any:
    return make_endpoint(FLUX, documents[FLUX])


@pytest.fixture
def acme(user: Any, flux: Any) -> Filled:
    project = make_project("Acme", ana="maker", ben="manager", cas="viewer")
    return fill(project, "albatross", user, flux)


@pytest.fixture
def boreal(user: Any, flux: Any, acme: Filled) -> Filled:
    return fill(make_project("Boreal", ana="maker", dan="manager"), "bluebottle", user, flux)


def path_of(operation: Operation, keys: dict[str, Any]) -> str:
    path = operation.path
    for name, value in keys.items():
        path = path.replace(f"{{{name}}}", str(value))
    return path


def outsiders(acme: Filled) -> list[Program]:
    """Return programs that must not see Boreal: of a member, bound to Acme, and of a stranger."""
    return [Program(person("ana"), acme.project), Program(person("ben"))]


def test_no_list_has_a_word_of_a_project_that_the_token_does_not_see(acme, boreal):
    for program in outsiders(acme):
        for operation in LISTS:
            response = program("GET", operation.path)
            assert response.status_code == 200, operation.path
            assert boreal.word not in response.content.decode(), operation.path
            assert "Boreal" not in response.content.decode(), operation.path
    everything = Program(person("ana"))
    seen = "".join(everything("GET", operation.path).content.decode() for operation in LISTS)
    assert acme.word in seen
    assert boreal.word in seen


def test_each_list_of_what_lives_in_projects_can_be_narrowed_to_one(acme, boreal):
    # The leaderboard does not list rows: tests/runs/records/test_pages.py.
    rows = (op for op in LISTS if op.path != "/leaderboard")
    narrowed = [
        op for op in rows if any(parameter.name == "project" for parameter in op.parameters)
    ]
    paths = {operation.path for operation in narrowed}
    assert paths == {"/runs", "/boards", "/flows", "/presets", "/uploads"}
    everything = Program(person("ana"))
    for path in paths:
        both = everything("GET", path).json()["items"]
        assert {row["project"] for row in both} == {"acme", "boreal"}, path
        (row,) = everything("GET", f"{path}?project=acme").json()["items"]
        assert row["project"] == "acme", path
        assert everything("GET", f"{path}?project=private").json()["items"] == [], path
        (row,) = Program(person("cas"))("GET", path).json()["items"]
        assert row["project"] == "acme", path


def test_nothing_is_at_the_address_of_one_thing_of_another_project(acme, boreal):
    one_things = [op for op in OPERATIONS if path_of(op, boreal.keys) != op.path]
    assert len(one_things) == 19
    for program in outsiders(acme):
        for operation in one_things:
            body = BODIES[operation.body.component] if operation.body else None
            response = program(operation.method, path_of(operation, boreal.keys), body)
            assert response.status_code == 404, operation.id
            assert boreal.word not in response.content.decode()
    reads = [op for op in one_things if op.method == "GET"]
    for program in (Program(person("ana"), boreal.project), Program(person("dan"))):
        for operation in reads:
            response = program("GET", path_of(operation, boreal.keys))
            assert response.status_code == 200, operation.id


def test_what_is_hidden_is_its_users_alone(acme):
    hidden = {"/runs": "run_id", "/presets": "preset_id", "/uploads": "upload_id"}
    Run.objects.update(is_hidden=True)
    Preset.objects.update(is_hidden=True)
    Upload.objects.update(is_hidden=True)
    for who, count, status in (("ana", 1, 200), ("ben", 0, 404)):
        for program in (Program(person(who)), Program(person(who), acme.project)):
            for path, key in hidden.items():
                assert len(program("GET", path).json()["items"]) == count
                assert program("GET", f"{path}/{acme.keys[key]}").status_code == status


@pytest.mark.parametrize(
    ("bound", "named", "lands_in"),
    [
        (False, "", "private"),
        (False, "?project=acme", "acme"),
        (False, "?project=private", "private"),
        (True, "", "acme"),
        (True, "?project=acme", "acme"),
    ],
)
def test_what_begins_lies_in_the_named_project_else_in_the_tokens(acme, bound, named, lands_in):
    program = Program(person("ana"), acme.project if bound else None)
    run = program("POST", f"/runs{named}", BODY)
    assert (run.status_code, run.json()["project"]) == (201, lands_in)
    board = {"columns": [{"endpoint_id": FLUX}], "rows": [{"prompt": "a"}], "reuse": False}
    created = program("POST", f"/boards{named}", board)
    assert (created.status_code, created.json()["project"]) == (201, lands_in)
    cell_run = program("GET", f"/runs/{created.json()['cells'][0]['run_id']}").json()
    assert cell_run["project"] == lands_in


@pytest.mark.parametrize("slug", ["boreal", "private", "nothing", "%E2%98%83"])
def test_naming_another_project_is_refused_with_a_sentence(acme, boreal, slug):
    programs = [Program(person("ana"), acme.project)]
    programs += [Program(person("ben"))] if slug != "private" else []
    for program in programs:
        for method, path, body in (("GET", "/runs", None), ("POST", "/runs", BODY)):
            response = program(method, f"{path}?project={slug}", body)
            assert response.status_code == 403
            assert response.json()["detail"].startswith(
                ("This token works only in", "You are not a member")
            )
    assert Run.objects.count() == 2


def test_the_projects_are_listed_with_the_role(acme, boreal):
    rows = Program(person("cas"))("GET", "/projects").json()["items"]
    assert [(row["slug"], row["role"]) for row in rows] == [
        ("private", "manager"),
        ("acme", "viewer"),
    ]
    (row,) = Program(person("ana"), boreal.project)("GET", "/projects").json()["items"]
    assert row == {"slug": "boreal", "name": "Boreal", "role": "maker", "is_archived": False}


def test_a_bound_token_ends_with_the_membership_and_says_why(acme):
    bound, free = Program(person("ana"), acme.project), Program(person("ana"))
    assert bound("GET", "/runs").status_code == 200
    Membership.objects.get(project=acme.project, user=person("ana")).delete()
    response = bound("GET", "/runs")
    assert response.status_code == 403
    assert "no longer a member" in response.json()["detail"]
    assert free("GET", "/runs").json()["items"] == []
    assert free("GET", f"/runs/{acme.keys['run_id']}").status_code == 404


def test_what_the_browser_has_chosen_does_not_apply(acme, client):
    client.force_login(person("ana"))
    client.get("/?project=acme")
    assert Program(person("ana"))("POST", "/runs", BODY).json()["project"] == "private"


def test_a_bound_token_reads_files_of_its_project_alone(acme, boreal):
    bound = Program(person("ana"), acme.project).client
    for filled, status in ((acme, 200), (boreal, 404)):
        assert bound.get(f"/runs/{filled.keys['run_id']}/output.json").status_code == status
    upload = Upload.objects.get(pk=boreal.keys["upload_id"])
    assert bound.get(upload.get_absolute_url()).status_code == 404


def test_a_key_returns_no_run_of_another_project(acme, boreal):
    def post(program: Program, query: str = "") -> Any:
        return program.client.post(
            f"{BASE}/runs{query}",
            json.dumps(BODY),
            content_type="application/json",
            headers={"Idempotency-Key": "one"},
        )

    free = Program(person("ana"))
    assert post(free, "?project=boreal").status_code == 201
    assert post(free, "?project=boreal").status_code == 200
    assert post(free).status_code == 422
    assert post(Program(person("ana"), acme.project)).status_code == 422


def test_a_key_returns_no_board_of_another_project(acme, boreal):
    body = {"columns": [{"endpoint_id": FLUX}], "rows": [{"prompt": "b"}], "title": "nightjar"}

    def post(program: Program) -> Any:
        return program.client.post(
            f"{BASE}/boards",
            json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": "one"},
        )

    assert post(Program(person("ana"), boreal.project)).status_code == 201
    response = post(Program(person("ana"), acme.project))
    assert response.status_code == 422
    assert "nightjar" not in response.content.decode()


def test_a_token_is_bound_to_a_project_of_its_user_alone(boreal):
    with pytest.raises(ValueError, match="of which its user is a member"):
        tokens.create(person("ben"), "x", project=boreal.project)
    assert tokens.create(person("ben"), "x", project=private_project(person("ben")))

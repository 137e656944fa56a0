"""Runs by the API: checked, started once per key, visible to their user alone."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from projects.models import Project
from projects.models.project import private_project
from runs.models import Artifact, Preset, Run
from runs.results import outcomes
from runs.state import state_machine
from tests.runs.looks import let_look
from tests.schemas.test_artifacts import OUTPUTS, published_output

pytestmark = pytest.mark.django_db
FLUX = "fal-ai/flux/dev"


@pytest.fixture
def flux(make_endpoint: Any, documents: Any) -> Any:
    return make_endpoint(FLUX, documents[FLUX])


def test_a_run_is_created_with_the_given_arguments(call, flux, user):
    arguments = {"prompt": "a cat\nin a hat", "seed": 2**80}
    response = call("POST", "/runs", {"endpoint_id": FLUX, "arguments": arguments})
    assert response.status_code == 201, response.content
    run = Run.objects.get()
    assert (run.user, run.endpoint, run.arguments, run.state) == (user, flux, arguments, "created")
    assert (run.title, run.transport, run.schema_id) == ("a cat", "queue", flux.schema_id)
    assert response.json()["id"] == str(run.pk)
    assert response.json()["arguments"] == arguments
    assert response.headers["Location"] == f"/api/v1/runs/{run.pk}"


EDIT = "fal-ai/bytedance/seedream/v4/edit"


@pytest.mark.parametrize("origin", ["", " http://testserver", "https://localhost:8443"])
def test_our_files_are_recognised_by_any_of_our_host_names(call, make_endpoint, documents, origin):
    make_endpoint(EDIT, documents[EDIT])
    paths = [f"/uploads/{uuid.uuid4()}/x.png", f"/runs/{uuid.uuid4()}/artifacts/0/"]
    addresses = [f"{origin}{path}" for path in paths] + [" https://example.com/a.png "]
    arguments = {"prompt": "a cat", "image_urls": addresses}
    body = {"endpoint_id": EDIT, "arguments": arguments}
    assert call("POST", "/runs", body, Idempotency_Key="one").status_code == 201
    assert call("POST", "/runs", body, Idempotency_Key="one").status_code == 200
    urls = Run.objects.get().arguments["image_urls"]
    assert urls == [*paths, "https://example.com/a.png"]


def test_a_key_gives_the_same_run_where_the_start_changes_the_request(
    call, make_endpoint, make_run, documents, user
):
    """A project's retention is added to the options; fal's address of a result becomes ours."""
    make_endpoint(EDIT, documents[EDIT])
    address = "https://v3.fal.media/a.png"
    Artifact.objects.create(run=make_run(), position=0, kind="image", url=address, path="x")
    Project.objects.filter(pk=private_project(user).pk).update(fal_keeps=Project.FalKeeps.NOTHING)
    arguments = {"prompt": "a cat", "image_urls": [address]}
    body = {"endpoint_id": EDIT, "arguments": arguments}
    first = call("POST", "/runs", body, Idempotency_Key="k1")
    again = call("POST", "/runs", body, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    run = Run.objects.get(pk=first.json()["id"])
    assert run.options
    assert run.arguments != arguments


def test_an_idempotency_key_of_another_request_is_refused(call, flux):
    body = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}}
    call("POST", "/runs", body, Idempotency_Key="k1")
    for other in (body | {"arguments": {"prompt": "a dog"}}, body | {"transport": "sync"}):
        response = call("POST", "/runs", other, Idempotency_Key="k1")
        assert response.status_code == 422
        assert response.json()["type"] == "urn:vitrine:problem:idempotency-key-reused"
    assert Run.objects.count() == 1


def test_equal_keys_of_two_people_give_two_runs(call, caller, flux, stranger):
    body = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}}
    ids = {
        send("POST", "/runs", body, Idempotency_Key="k").json()["id"]
        for send in (call, caller(stranger, "run"))
    }
    assert len(ids) == 2


def test_invalid_arguments_are_located_by_pointers(call, flux):
    arguments = {"prompt": "a cat", "num_images": "many", "image_size": {"width": -1}}
    response = call("POST", "/runs", {"endpoint_id": FLUX, "arguments": arguments})
    assert response.status_code == 422
    problem = response.json()
    assert problem["type"] == "urn:vitrine:problem:invalid-arguments"
    pointers = {error["pointer"] for error in problem["errors"]}
    assert "#/arguments/num_images" in pointers
    assert any(pointer.startswith("#/arguments/image_size") for pointer in pointers)
    assert Run.objects.count() == 0


def test_a_preset_fills_in_missing_arguments(call, flux, user):
    arguments = {"prompt": "x", "seed": 7}
    preset = Preset.objects.create(user=user, endpoint=flux, name="wide", arguments=arguments)
    response = call("POST", "/runs", {"preset_id": preset.pk, "arguments": {"prompt": "y"}})
    assert response.status_code == 201
    assert Run.objects.get().arguments == {"prompt": "y", "seed": 7}


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"endpoint_id": "fal-ai/nowhere"}, 404, "no model"),
        ({"endpoint_id": FLUX, "arguments": []}, 422, "not of type"),
        ({"arguments": {}}, 422, "Name the model by endpoint_id, and its input by arguments"),
        ({"model": FLUX, "input": {}}, 422, "It takes endpoint_id, arguments"),
        (
            {"endpoint_id": FLUX, "prompt": "x"},
            422,
            "'prompt' is not a property of this object. It takes",
        ),
        ({"endpoint_id": FLUX, "argumets": {}}, 422, "argumets"),
        ({"endpoint_id": FLUX, "transport": "pigeon"}, 422, "pigeon"),
        ({"preset_id": 999}, 404, "no such preset"),
        ([], 422, "must be an object. It takes endpoint_id, arguments"),
    ],
)
def test_a_bad_request_is_refused_with_a_reason(call, flux, body, status, reason):
    response = call("POST", "/runs", body)
    assert response.status_code == status
    assert reason in response.content.decode()
    assert Run.objects.count() == 0


def test_each_missing_property_of_a_body_is_named(call):
    problem = call("POST", "/boards", {}).json()
    assert [error["pointer"] for error in problem["errors"]] == ["#/columns", "#/rows"]


def test_a_failed_run_gives_its_reason(call, make_run):
    detail = [{"loc": ["body", "prompt"], "msg": "too rude", "type": "content_policy_violation"}]
    error = {"error": "RunFailed", "message": "x", "status": 422, "detail": detail}
    run = make_run(state="failed", error=error)
    failed = call("GET", f"/runs/{run.pk}").json()
    assert failed["reason"]
    assert failed["error"]["problems"] == [{"path": ["prompt"], "message": "too rude"}]


def test_artifacts_are_readable_with_the_token(call, make_run, caller):
    run = make_run(
        state="succeeded", output={"image": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    )
    Artifact.objects.create(
        run=run, position=0, path="image", kind="image", url="data:image/png;base64,iVBORw0KGgo="
    )
    (artifact,) = call("GET", f"/runs/{run.pk}").json()["artifacts"]
    response = call.get_page(artifact["url"].removeprefix("http://testserver"))
    assert (response.status_code, response.content) == (200, b"\x89PNG\r\n\x1a\n")
    assert response.headers["Content-Type"] == "image/png"


def test_the_output_has_our_addresses_of_copied_files(call, make_run):
    copied, other, inline = "https://fal.media/a.png", "https://fal.media/b.png", "data:,text"
    output = {"images": [{"url": copied}, {"url": other}], "all": [copied], "text": inline}
    run = make_run(state="succeeded", output=output)
    for position, url in enumerate((copied, other, inline)):
        state = "remote" if url == other else "stored"
        run.artifacts.create(position=position, url=url, kind="image", state=state)
    ours = f"http://testserver/runs/{run.pk}/artifacts/0/"
    expected = {"images": [{"url": ours}, {"url": other}], "all": [ours], "text": inline}
    assert call("GET", f"/runs/{run.pk}").json()["output"] == expected


def test_staff_need_the_permission_to_cancel(caller, make_run, stranger):
    run = make_run()
    stranger.is_staff = True
    stranger.save()
    staff = caller(stranger, "read", "run")
    assert staff("POST", f"/runs/{run.pk}/cancellation").status_code == 404
    stranger.user_permissions.add(Permission.objects.get(codename="view_run"))
    assert staff("POST", f"/runs/{run.pk}/cancellation").status_code == 403
    stranger.user_permissions.add(Permission.objects.get(codename="cancel_any_run"))
    response = staff("POST", f"/runs/{run.pk}/cancellation")
    # the run is private, so the answer shows nothing of it
    assert (response.status_code, response.content) == (204, b"")
    let_look(stranger, run)
    response = staff("POST", f"/runs/{run.pk}/cancellation")
    assert (response.status_code, response.json()["state"]) == (202, "cancelled")


def test_pages_follow_each_other_without_gap_or_repetition(call, make_run):
    run_ids = [str(make_run().pk) for _ in range(7)]
    at = Run.objects.latest("created_at").created_at
    Run.objects.update(created_at=at)  # with equal times, the primary key decides
    seen, address = [], "/runs?limit=3"
    for _ in range(3):
        page = call("GET", address).json()
        seen += [listed["id"] for listed in page["items"]]
        address = f"/runs?limit=3&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert sorted(seen) == sorted(run_ids)


def test_a_file_has_a_star_of_its_own(call, make_run, stranger):
    run = make_run(state="succeeded")
    for position in (0, 1):
        Artifact.objects.create(run=run, position=position, path="x", kind="image", url="https://x")

    def read_stars() -> tuple[bool, list[bool]]:
        details = call("GET", f"/runs/{run.pk}").json()
        return details["is_starred"], [artifact["is_starred"] for artifact in details["artifacts"]]

    assert call("PUT", f"/runs/{run.pk}/artifacts/1/star").status_code == 204
    assert read_stars() == (True, [False, True])
    assert call("DELETE", f"/runs/{run.pk}/artifacts/1/star").status_code == 204
    assert read_stars() == (False, [False, False])
    assert call("PUT", f"/runs/{run.pk}/artifacts/2/star").status_code == 404
    other = make_run(user=stranger, state="succeeded")
    assert call("PUT", f"/runs/{other.pk}/artifacts/0/star").status_code == 404


def test_an_ended_run_can_be_deleted(call, make_run):
    run, other = make_run(state="succeeded"), make_run(state="running")
    assert call("DELETE", f"/runs/{run.pk}").status_code == 204
    assert call("GET", f"/runs/{run.pk}").status_code == 404
    assert call("DELETE", f"/runs/{run.pk}").status_code == 404
    assert call("DELETE", f"/runs/{other.pk}").status_code == 409
    assert [listed["id"] for listed in call("GET", "/runs").json()["items"]] == [str(other.pk)]


def test_an_estimate_costs_nothing(call, make_endpoint):
    make_endpoint("fal-ai/x", unit_price_usd="0.05", price_unit="images", currency="USD")
    estimate = call("POST", "/estimates", {"endpoint_id": "fal-ai/x", "arguments": {}}).json()
    assert (estimate["low"], estimate["high"], estimate["text"]) == (0.05, 0.05, "about $0.05")
    assert estimate["cost"] == {"amount": "0.05", "source": "estimated"}
    assert estimate["basis"]
    assert Run.objects.count() == 0


def test_a_run_above_its_max_cost_is_not_started(call, make_endpoint):
    make_endpoint("fal-ai/x", unit_price_usd="0.05", price_unit="images", currency="USD")
    make_endpoint("fal-ai/unknown")
    for endpoint_id in ("fal-ai/x", "fal-ai/unknown"):
        body: dict[str, Any] = {"endpoint_id": endpoint_id, "arguments": {}, "max_cost": 0.04}
        response = call("POST", "/runs", body)
        assert response.status_code == 409
        assert response.json()["type"] == "urn:vitrine:problem:too-expensive"
    assert Run.objects.count() == 0
    body = {"endpoint_id": "fal-ai/x", "arguments": {}, "max_cost": 0.05}
    assert call("POST", "/runs", body).status_code == 201


def test_how_long_a_run_may_wait_is_chosen_in_the_body(call, flux):
    chosen = {"start_timeout_s": 45, "priority": "low", "no_retry": True}
    body = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}, **chosen}
    assert call("POST", "/runs", body, Idempotency_Key="one").status_code == 201
    assert Run.objects.get().options == chosen
    other = body | {"priority": "normal"}
    assert call("POST", "/runs", other, Idempotency_Key="one").status_code == 422
    assert call("POST", "/runs", body, Idempotency_Key="one").status_code == 200
    for wrong in ({"start_timeout_s": 1}, {"priority": "urgent"}, {"no_retry": "yes"}):
        assert call("POST", "/runs", body | wrong).status_code == 422


@pytest.mark.parametrize("price", ["0.05", "0.000123456789", "0.333333333333333", "1234.5"])
def test_the_upper_estimate_is_accepted_as_max_cost(call, make_endpoint, price):
    make_endpoint("fal-ai/x", unit_price_usd=price, price_unit="images", currency="USD")
    body: dict[str, Any] = {"endpoint_id": "fal-ai/x", "arguments": {}}
    estimate = call("POST", "/estimates", body).json()
    assert isinstance(estimate["high"], float)
    assert call("POST", "/runs", body | {"max_cost": estimate["high"]}).status_code == 201


def test_runs_are_listed_by_date_and_by_batch(call, make_run):
    batch, runs = uuid.uuid4(), [make_run(), make_run(), make_run()]
    Run.objects.filter(pk__in=[runs[0].pk, runs[1].pk]).update(batch=batch)
    for day, run in enumerate(runs, start=1):
        Run.objects.filter(pk=run.pk).update(created_at=datetime(2026, 11, day, 12, tzinfo=UTC))

    def list_runs(query: str) -> list[int]:
        items = call("GET", f"/runs?{query}").json()["items"]
        pks = [str(run.pk) for run in runs]
        return [pks.index(item["id"]) for item in items]

    assert list_runs("created_after=2026-11-02") == [2, 1]
    assert list_runs("created_after=2026-11-01T12:00:01Z&created_before=2026-11-03") == [1]
    assert list_runs("created_before=2026-11-02T14:00:00%2B02:00") == [0]
    assert list_runs(f"batch={batch}") == [1, 0]
    assert call("GET", f"/runs/{runs[0].pk}").json()["batch_id"] == str(batch)
    refused = call("GET", "/runs?created_after=yesterday")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == "created_after"


def test_a_run_lists_files_of_upstreams_hosts_anywhere_in_its_output(call, make_run):
    for name in OUTPUTS:
        for output in published_output(name, "https://v3b.fal.media/files/b"):
            run = make_run(state="running")
            assert state_machine.record(run.pk, outcomes.from_output(output, by="test"))
            artifacts = call("GET", f"/runs/{run.pk}").json()["artifacts"]
            assert len(artifacts) == (2 if name == "list" else 1), name
            assert {artifact["state"] for artifact in artifacts} == {"remote"}, name
            assert all(artifact["url"] for artifact in artifacts), name


MISSPELT = {"prompt": "a cat", "sede": 7}


@pytest.mark.parametrize("path", ["/runs", "/estimates"])
def test_a_misspelt_argument_is_refused_with_the_nearest_name(call, flux, path):
    response = call("POST", path, {"endpoint_id": FLUX, "arguments": MISSPELT})
    assert response.status_code == 422
    assert response.json()["type"] == "urn:vitrine:problem:invalid-arguments"
    (error,) = response.json()["errors"]
    assert error == {
        "pointer": "#/arguments/sede",
        "detail": "Unknown field `sede`: did you mean `seed`?",
    }
    assert not Run.objects.exists()


def test_unknown_arguments_can_be_allowed(call, flux):
    """fal accepts fields before its schema names them."""
    body = {"endpoint_id": FLUX, "arguments": MISSPELT, "allow_unknown": True}
    assert call("POST", "/estimates", body).status_code == 200
    assert call("POST", "/runs", body).status_code == 201
    assert Run.objects.get().arguments == MISSPELT


def test_a_model_without_a_schema_takes_any_argument(call, make_endpoint):
    make_endpoint("lab/open", None)
    body = {"endpoint_id": "lab/open", "arguments": MISSPELT}
    assert call("POST", "/runs", body).status_code == 201

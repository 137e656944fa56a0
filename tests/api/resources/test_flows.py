"""Flows by the API: read, started once per key, and followed."""

from typing import Any

import pytest

from accounts.profile import preferences
from catalog.models import Endpoint
from features.flows.compose.definition import parse_definition
from features.flows.execution import starting
from features.flows.execution.advance import advance
from features.flows.models import Flow, FlowRun
from runs.models import Run
from tests.features.boards.racing import run_during
from tests.features.flows.conftest import FLUX, SEEDREAM, flow, models, succeed

__all__ = ["flow", "models"]

pytestmark = pytest.mark.django_db


def test_a_flow_is_listed_and_read_with_inputs_and_price(call, flow):
    (listed,) = call("GET", "/flows").json()["items"]
    assert (listed["name"], listed["steps"], listed["is_mine"]) == (flow.name, 2, True)
    details = call("GET", f"/flows/{flow.pk}").json()
    assert [model["endpoint_id"] for model in details["models"]] == [FLUX, SEEDREAM]
    names = [flow_input["name"] for flow_input in details["inputs"]]
    assert "prompt" in names
    assert details["values"]["prompt"] == "a fox"
    assert details["estimate"]["text"]


def test_an_idempotency_key_starts_a_flow_once(call, flow):
    address, body = f"/flows/{flow.pk}/runs", {"inputs": {"prompt": "a hare"}}
    created = call("POST", address, body, Idempotency_Key="one")
    again = call("POST", address, body, Idempotency_Key="one")
    assert (created.status_code, again.status_code) == (201, 200)
    assert created.json()["id"] == again.json()["id"]
    assert created["Location"] == f"/api/v1/flow-runs/{created.json()['id']}"
    assert Run.objects.get().arguments["prompt"] == "a hare"
    other = call("POST", address, {"inputs": {"prompt": "a cat"}}, Idempotency_Key="one")
    assert (other.status_code, FlowRun.objects.count()) == (422, 1)
    call("POST", address, body)
    assert FlowRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_concurrent_call_with_one_key_and_other_inputs_is_refused(call, flow):
    def start(prompt: str) -> Any:
        body = {"inputs": {"prompt": prompt}}
        return call("POST", f"/flows/{flow.pk}/runs", body, Idempotency_Key="one")

    call("GET", "/me")  # it records the token's use, for which the second call would wait
    other = run_during(lambda: start("a hare"), lambda: start("a cat"))
    assert other.status_code == 422
    assert Run.objects.get().arguments["prompt"] == "a hare"


def test_the_steps_of_a_flow_run_can_be_followed_and_stopped(call, flow):
    started = call("POST", f"/flows/{flow.pk}/runs", {}).json()
    assert [step["state"] for step in started["steps"]] == ["created", None]
    succeed(Run.objects.get())
    advance(FlowRun.objects.get().pk)
    current = call("GET", f"/flow-runs/{started['id']}").json()
    assert [step["state"] for step in current["steps"]] == ["succeeded", "created"]
    assert (current["state"], current["is_final"]) == ("running", False)
    stopped = call("POST", f"/flow-runs/{started['id']}/cancellation")
    assert stopped.status_code == 202
    assert Run.objects.filter(state="cancelled").count() == 1


def test_a_flow_estimate_is_for_the_given_inputs(call, flow):
    Endpoint.objects.update(unit_price_usd=1, price_unit="1000 characters")
    address = f"/flows/{flow.pk}/estimates"
    saved = call("POST", address, {}).json()
    assert saved == call("GET", f"/flows/{flow.pk}").json()["estimate"]
    longer = call("POST", address, {"inputs": {"prompt": "x" * 3000}}).json()
    assert float(longer["high"]) >= 3 > float(saved["high"])
    refused = call("POST", address, {"inputs": {"nothing": 1}})
    assert (refused.status_code, Run.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"inputs": {"nothing": 1}}, 422, "Unknown field `nothing`"),
        ({"inputs": {"promt": "x"}}, 422, "did you mean `prompt`"),
        ({"inputs": {"prompt": 7}}, 422, "rompt"),
        ({"max_cost": 0.000001}, 409, "Nothing was run"),
        ({"else": 1}, 422, "else"),
    ],
)
def test_invalid_flow_inputs_are_refused_before_paying(call, flow, body, status, reason):
    refused = call("POST", f"/flows/{flow.pk}/runs", body)
    assert refused.status_code == status
    assert reason in refused.content.decode()
    assert not FlowRun.objects.exists()


def test_a_flow_is_private_until_it_is_shared(call, caller, stranger, flow):
    started = call("POST", f"/flows/{flow.pk}/runs", {}).json()
    other = caller(stranger, "read", "run")
    assert other("GET", f"/flows/{flow.pk}").status_code == 404
    assert other("POST", f"/flows/{flow.pk}/runs", {}).status_code == 404
    assert other("GET", f"/flow-runs/{started['id']}").status_code == 404
    Flow.objects.update(visibility="team")
    assert other("GET", f"/flows/{flow.pk}").json()["is_mine"] is False


def test_flow_runs_started_by_the_api_are_private(call, flow):
    preferences.set_shares_runs(flow.user, True)
    call("POST", f"/flows/{flow.pk}/runs", {})
    succeed(Run.objects.get())
    advance(FlowRun.objects.get().pk)
    assert set(Run.objects.values_list("is_example", flat=True)) == {False}
    starting.start(flow.user, flow, parse_definition(flow.definition), "by hand")
    assert Run.objects.filter(is_example=True).count() == 1

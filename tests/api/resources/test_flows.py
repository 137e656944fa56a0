"""Flows by the API: read, started once for each key, and followed."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.profile import preferences
from catalog.models import Endpoint
from flows.compose.definition import parse_definition
from flows.execution import starting
from flows.execution.advance import advance
from flows.models import Flow, FlowRun
from runs.models import Run
from tests.boards.racing import begun_during
from tests.flows.conftest import FLUX, SEEDREAM, flow, models, succeed

__all__ = ["flow", "models"]

pytestmark = pytest.mark.django_db


def test_a_flow_is_listed_and_read_with_inputs_and_price(call: Any, flow: Flow) -> None:
    (listed,) = call("GET", "/flows").json()["items"]
    assert (listed["name"], listed["steps"], listed["is_mine"]) == (flow.name, 2, True)
    found = call("GET", f"/flows/{flow.pk}").json()
    assert [one["endpoint_id"] for one in found["models"]] == [FLUX, SEEDREAM]
    names = [one["name"] for one in found["inputs"]]
    assert "prompt" in names
    assert found["values"]["prompt"] == "a fox"
    assert found["estimate"]["text"]


def test_the_list_needs_the_same_queries_whatever_its_length(
    call: Any, flow: Flow, django_assert_num_queries: Any
) -> None:
    Flow.objects.bulk_create(
        Flow(user=flow.user, name=str(number), definition=flow.definition) for number in range(9)
    )
    call("GET", "/me")
    with django_assert_num_queries(2):  # token, flows
        page = call("GET", "/flows?limit=5").json()
    rest = call("GET", f"/flows?limit=9&cursor={page['next_cursor']}").json()
    assert len(page["items"]) + len(rest["items"]) == 10
    assert rest["next_cursor"] is None


def test_a_key_starts_a_flow_once(call: Any, flow: Flow) -> None:
    address, body = f"/flows/{flow.pk}/runs", {"inputs": {"prompt": "a hare"}}
    made = call("POST", address, body, Idempotency_Key="one")
    again = call("POST", address, body, Idempotency_Key="one")
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["id"] == again.json()["id"]
    assert made["Location"] == f"/api/v1/flow-runs/{made.json()['id']}"
    assert Run.objects.get().arguments["prompt"] == "a hare"
    other = call("POST", address, {"inputs": {"prompt": "a cat"}}, Idempotency_Key="one")
    assert (other.status_code, FlowRun.objects.count()) == (422, 1)
    call("POST", address, body)
    assert FlowRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_key_with_other_inputs_at_the_same_moment_is_refused(call: Any, flow: Flow) -> None:
    def start(prompt: str) -> Any:
        body = {"inputs": {"prompt": prompt}}
        return call("POST", f"/flows/{flow.pk}/runs", body, Idempotency_Key="one")

    call("GET", "/me")  # records the token's use, for which the second call would wait
    other = begun_during(lambda: start("a hare"), lambda: start("a cat"))
    assert other.status_code == 422
    assert Run.objects.get().arguments["prompt"] == "a hare"


def test_its_steps_are_followed_and_stopped(call: Any, flow: Flow) -> None:
    made = call("POST", f"/flows/{flow.pk}/runs", {}).json()
    assert [one["state"] for one in made["steps"]] == ["created", None]
    succeed(Run.objects.get())
    advance(FlowRun.objects.get().pk)
    found = call("GET", f"/flow-runs/{made['id']}").json()
    assert [one["state"] for one in found["steps"]] == ["succeeded", "created"]
    assert (found["state"], found["is_final"]) == ("running", False)
    stopped = call("POST", f"/flow-runs/{made['id']}/cancellation")
    assert stopped.status_code == 202
    assert Run.objects.filter(state="cancelled").count() == 1


def test_an_estimate_is_of_the_inputs_given(call: Any, flow: Flow) -> None:
    Endpoint.objects.update(unit_price_usd=1, price_unit="1000 characters")
    address = f"/flows/{flow.pk}/estimates"
    saved = call("POST", address, {}).json()
    assert saved == call("GET", f"/flows/{flow.pk}").json()["estimate"]
    longer = call("POST", address, {"inputs": {"prompt": "x" * 3000}}).json()
    assert float(longer["high"]) >= 3 > float(saved["high"])
    refused = call("POST", address, {"inputs": {"nothing": 1}})
    assert (refused.status_code, Run.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"inputs": {"nothing": 1}}, 422, "Unknown field `nothing`"),
        ({"inputs": {"promt": "x"}}, 422, "did you mean `prompt`"),
        ({"inputs": {"prompt": 7}}, 422, "rompt"),
        ({"max_cost": 0.000001}, 409, "Nothing was run"),
        ({"else": 1}, 422, "else"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_paid(
    call: Any, flow: Flow, body: Any, status: int, words: str
) -> None:
    refused = call("POST", f"/flows/{flow.pk}/runs", body)
    assert refused.status_code == status
    assert words in refused.content.decode()
    assert not FlowRun.objects.exists()


def test_a_flow_is_its_owner_s_until_it_is_shown_to_the_team(
    call: Any, caller: Any, stranger: Any, flow: Flow
) -> None:
    made = call("POST", f"/flows/{flow.pk}/runs", {}).json()
    other = caller(stranger, "read", "run")
    assert other("GET", f"/flows/{flow.pk}").status_code == 404
    assert other("POST", f"/flows/{flow.pk}/runs", {}).status_code == 404
    assert other("GET", f"/flow-runs/{made['id']}").status_code == 404
    Flow.objects.update(visibility="team")
    assert other("GET", f"/flows/{flow.pk}").json()["is_mine"] is False


def test_a_flow_that_a_program_runs_is_not_shown_to_the_team(call: Any, flow: Flow) -> None:
    preferences.set_shares_runs(flow.user, True)
    call("POST", f"/flows/{flow.pk}/runs", {})
    succeed(Run.objects.get())
    advance(FlowRun.objects.get().pk)
    assert set(Run.objects.values_list("is_example", flat=True)) == {False}
    starting.start(flow.user, flow, parse_definition(flow.definition), "by hand")
    assert Run.objects.filter(is_example=True).count() == 1

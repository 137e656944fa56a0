"""A deputy makes a run that its model did not: by a press, by itself, or not at all."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api import tokens
from catalog.models import Endpoint
from playground import takeovers
from projects.models import Membership, Project
from projects.models.project import private_project
from runs.models import Charge, Run
from runs.results import error_messages, timeline, wait_reasons
from runs.start.starting import Source, StartRequest, start
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.features.spending.sums import require_sums_hold
from tests.runs.results_to_use import document

pytestmark = pytest.mark.django_db
DOWN = {"error": "RunFailed", "status": 504, "type": "request_timeout"}
DECLINED = {
    "error": "RunFailed",
    "status": 422,
    "detail": [{"loc": ["prompt"], "msg": "flagged", "type": "content_policy_violation"}],
}
INVALID = {
    "error": "RunFailed",
    "status": 422,
    "detail": [{"loc": ["prompt"], "msg": "too long", "type": "string_too_long"}],
}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DOWN, "did not respond"),
        ({"error": "UpstreamFailed", "status": 503}, "did not respond"),
        ({"error": "Unreachable"}, "did not respond"),
        ({"error": "RunFailed", "type": "runner_disconnected"}, "did not respond"),
        ({"error": "RunFailed", "start_timeout_s": 60}, "did not respond"),
        (DECLINED, "declined this content"),
        ({"error": "FalError", "type": "model_blocked"}, "is blocked"),
        ({"error": "RequestRejected", "status": 404, "message": "not found"}, "cannot be used"),
        (INVALID, ""),
        ({"error": "AuthFailed", "status": 401}, ""),
        ({"error": "FalError", "status": 403, "message": "Exhausted balance"}, ""),
    ],
)
def test_another_model_helps_in_an_outage_and_after_a_refusal_by_moderation(error, reason):
    assert error_messages.deputy_reason(error) == reason


PRICE = {"price_unit": "images", "currency": "USD"}


@pytest.fixture
def flux(make_endpoint: Any, documents: dict[str, Any]) -> Any:
    """A model whose deputy costs as much."""
    document = documents["fal-ai/flux/dev"]
    price = {"unit_price_usd": Decimal("0.02")}
    deputy = make_endpoint("fal-ai/flux/two", document, display_name="Two", **PRICE | price)
    more = {"display_name": "Flux", "deputy": deputy}
    return make_endpoint("fal-ai/flux/dev", document, **PRICE | price | more)


@pytest.fixture
def failed(user: Any, flux: Any) -> Any:
    """`failed(error)` → a run of a page that has failed; its bill is one image."""

    def make(error: dict[str, Any] = DOWN, *, allowed: bool = True, **more: Any) -> Run:
        project = private_project(user)
        project.deputies_take_over = allowed
        project.save()
        values: dict[str, Any] = {
            "arguments": {"prompt": "a cat"},
            "source": Source.FORM,
            "key": "1",
        }
        run = start(StartRequest(user=user, endpoint=flux, **values | more)).run
        failure = Observation(Run.State.FAILED, by="test", error=error, billable_units="1")
        state_machine.record(run.pk, failure)
        return Run.objects.get(pk=run.pk)

    return make


def deputys(run: Run) -> Run | None:
    takeovers.take_over_due()
    takeovers.take_over_due()  # the same run once more
    made = Run.objects.exclude(pk=run.pk)
    return made.get() if made else None


def events(run: Run, kind: str) -> list[str]:
    run.refresh_from_db()
    return [event["text"] for event in run.events if event["what"] == kind]


@pytest.mark.parametrize("error", [DOWN, DECLINED])
def test_the_deputy_takes_over_where_the_project_allows_it_and_both_charges_are_exact(
    failed, error
):
    run = failed(error)
    made = deputys(run)
    assert made is not None
    assert (made.endpoint.name, made.arguments) == ("Two", {"prompt": "a cat"})
    assert (made.user, made.project, made.title) == (run.user, run.project, run.title)
    (said,) = events(made, timeline.MADE_BY_DEPUTY)
    why = "did not respond" if error is DOWN else "declined this content"
    assert said == f"Requested Flux, made by Two: Flux {why}."
    assert events(run, timeline.TAKEN_OVER) == [str(made.pk)]
    observation = Observation(Run.State.SUCCEEDED, by="test", output={}, billable_units="1")
    state_machine.record(made.pk, observation)
    require_sums_hold()
    charges = Charge.objects.values_list("run_id", "state", "amount", "door", "endpoint")
    assert sorted(charges, key=lambda charge: charge[0] != run.pk) == [
        (run.pk, "settled", Decimal("0.02"), "page", run.endpoint_id),
        (made.pk, "settled", Decimal("0.02"), "page", made.endpoint_id),
    ]


@pytest.mark.parametrize(
    "case", ["not allowed", "its own fault", "board", "program", "session", "late", "deleted"]
)
def test_the_deputy_does_not_take_over_by_itself(failed, case):
    run = failed(
        INVALID if case == "its own fault" else DOWN,
        allowed=case != "not allowed",
        source={"board": Source.BOARD, "program": Source.API}.get(case, Source.FORM),
        transport="realtime" if case == "session" else "queue",
    )
    now = timezone.now()
    if case == "late":
        Run.objects.update(ended_at=now - timedelta(minutes=11))
    if case == "deleted":
        Run.objects.update(deleted_at=now)
    assert deputys(run) is None
    assert events(run, timeline.NOT_TAKEN_OVER) == []


def test_a_deputy_above_the_estimate_or_without_one_does_not_take_over(failed):
    run = failed()
    run.endpoint.deputy.unit_price_usd = Decimal("0.03")
    run.endpoint.deputy.save()
    assert deputys(run) is None
    assert events(run, timeline.NOT_TAKEN_OVER) == [takeovers.TOO_EXPENSIVE]


def test_a_deputy_above_the_estimate_is_not_promised(member, failed):
    run = failed()
    assert "takes over, as the project allows" in page(member, run)
    Endpoint.objects.filter(endpoint_id="fal-ai/flux/two").update(unit_price_usd=Decimal("0.03"))
    assert "takes over, as the project allows" not in page(member, run)
    assert "data-takeover" in page(member, run)


@pytest.mark.both_databases
@pytest.mark.parametrize("others", ["program", "its own fault", "decided"])
def test_no_number_of_other_failed_runs_hides_one_that_is_due(failed, others):
    run = failed()
    source = Source.API if others == "program" else Source.FORM
    for number in range(takeovers.AT_ONCE + 5):
        failed(INVALID if others == "its own fault" else DOWN, source=source, key=f"n{number}")
    if others == "decided":
        decision = [{"what": timeline.NOT_TAKEN_OVER, "text": takeovers.UNFIT}]
        Run.objects.exclude(pk=run.pk).update(events=decision)
    takeovers.take_over_due()
    assert Run.objects.filter(endpoint__endpoint_id="fal-ai/flux/two").count() == 1
    assert events(run, timeline.TAKEN_OVER)


def test_a_deputys_own_failure_is_not_taken_over(failed):
    made = deputys(run := failed())
    assert made is not None
    Endpoint.objects.filter(pk=made.endpoint_id).update(deputy=run.endpoint)
    state_machine.record(made.pk, Observation(Run.State.FAILED, by="test", error=DOWN))
    assert deputys(run) == made


@pytest.mark.parametrize("headers", [{}, {"X-Vitrine-Deputy": "allow"}])
def test_a_program_gets_the_deputy_only_with_the_header(failed, user, headers):
    failed(INVALID)
    _, secret = tokens.create(user, "program", ["read", "run"])
    client = Client(headers={"Authorization": f"Bearer {secret}", **headers})
    body = {"endpoint_id": "fal-ai/flux/dev", "arguments": {"prompt": "a cat"}}
    response = client.post("/api/v1/runs", body, content_type="application/json")
    pk = response.json()["id"]
    state_machine.record(pk, Observation(Run.State.FAILED, by="test", error=DOWN))
    takeovers.take_over_due()
    key = client.get(f"/api/v1/runs/{pk}").json()["deputy_run_id"]
    if not headers:
        assert key is None
        assert Run.objects.count() == 2
        return
    charge = Run.objects.get(pk=key).charge
    assert (charge.door, charge.token_id) == ("api", Run.objects.get(pk=pk).charge.token_id)


def page(client: Client, run: Run) -> str:
    return " ".join(client.get(run.get_absolute_url()).content.decode().split())


def test_the_page_of_a_failed_run_offers_the_deputy_in_one_press(member, failed):
    run = failed(allowed=False, arguments={"prompt": "a cat", "guidance_scale": 5})
    markup = page(member, run)
    assert 'data-takeover="fal-ai/flux/two"' in markup
    assert "is its deputy and can make this run with the same settings" in markup
    assert "Run on Two" in markup
    address = f"{run.get_absolute_url()}takeover/"
    for _ in range(2):  # a double click
        response = member.post(address, {"to": "fal-ai/flux/two"})
    made = Run.objects.exclude(pk=run.pk).get()
    assert response.headers["Location"] == made.get_absolute_url()
    assert "Requested Flux, made by Two: Flux did not respond." in page(member, made)
    after = page(member, run)
    assert "data-takeover" not in after
    assert made.get_absolute_url() in after


@pytest.mark.parametrize("role", ["viewer", "maker"])
def test_only_a_run_in_the_same_project_takes_the_deputy_from_the_maker(
    member, failed, user, stranger, role
):
    team = Project.objects.create(name="Team", slug="team")
    for person, place in ((stranger, role), (user, "manager")):
        Membership.objects.create(project=team, user=person, role=place)
    run = failed(allowed=False, project=team)
    Run.objects.filter(pk=run.pk).update(is_hidden=False)
    other = Client()
    other.force_login(stranger)
    address = f"{run.get_absolute_url()}takeover/"
    for _ in range(2):
        other.post(address, {"to": "fal-ai/flux/two", "~token": "t"})
    others_run = Run.objects.exclude(pk=run.pk).get()
    assert ("data-takeover" in page(member, run)) == (role == "viewer")
    member.post(address, {"to": "fal-ai/flux/two"})
    run.refresh_from_db()
    last = takeovers.successor(run)
    assert last is not None
    assert (last == others_run) == (role == "maker")


def test_only_a_model_that_can_be_offered_takes_over(member, failed, make_endpoint, documents):
    run = failed(allowed=False)
    make_endpoint("b/unasked", documents["fal-ai/flux/dev"])  # a deputy is named, so it is no offer
    response = member.post(f"{run.get_absolute_url()}takeover/", {"to": "b/unasked"})
    assert response.status_code == 422
    assert Run.objects.get() == run


def test_the_offer_says_what_the_best_proposal_changes(member, failed, make_endpoint, flux):
    Endpoint.objects.filter(pk=flux.pk).update(deputy=None)
    Endpoint.objects.exclude(pk=flux.pk).delete()
    ratio = {"type": "string", "enum": ["1:1", "16:9"], "default": "1:1"}
    fields = {"prompt": {"type": "string"}, "aspect_ratio": ratio}
    price = {"unit_price_usd": flux.unit_price_usd, "price_unit": flux.price_unit}
    make_endpoint("b/wide", document(fields, "image"), display_name="Wide", **price)
    arguments = {"prompt": "a cat", "image_size": "landscape_16_9"}
    markup = page(member, failed(allowed=False, arguments=arguments))
    assert "image_size landscape_16_9 → aspect_ratio 16:9" in markup
    assert "is its deputy" not in markup


def test_a_run_that_waits_for_long_is_cancelled_when_another_model_makes_it(member, user, flux):
    request = StartRequest(
        user=user, endpoint=flux, arguments={"prompt": "a"}, source=Source.FORM, key="1"
    )
    run = start(request).run
    assert "data-takeover" not in page(member, run)
    Run.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    Run.objects.update(note=wait_reasons.own_limit(2, "yours"))  # another model would wait, too
    assert "data-takeover" not in page(member, run)
    Run.objects.update(note="")
    assert "Flux had not started within 3 minutes." in page(member, run)
    member.post(f"{run.get_absolute_url()}takeover/", {"to": "fal-ai/flux/two"})
    run.refresh_from_db()
    assert run.state == "cancelled"
    sums = Charge.objects.order_by("pk").values_list("state", "amount")
    assert [*sums] == [("released", Decimal("0.02")), ("reserved", Decimal("0.02"))]

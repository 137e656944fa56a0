"""A model changes under its name: kept inputs run again, and a person answers same or different."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from catalog.models import Change, Endpoint, Favourite
from features.notifications.models import Notification
from features.retirement import checking
from features.retirement.models import CheckRun, ModelCheck
from projects.models import Project
from runs.models import Charge, Run
from runs.promises import owners
from tests.features.boards import documents
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.django_db
ENDPOINT = "lab/flux"
FORM = f"/checks/new/?endpoint={ENDPOINT}&project="
WEEK, SIX_WEEKS = timedelta(days=7), timedelta(days=42)


@pytest.fixture
def endpoint(make_endpoint: Any) -> Endpoint:
    price = {"unit_price_usd": Decimal("0.01"), "price_unit": "images", "currency": "USD"}
    made: Endpoint = make_endpoint(ENDPOINT, documents.FLUX, **price)
    return made


@pytest.fixture
def project() -> Project:
    return make_project("Acme", ana="maker", ben="maker", vera="viewer")


@pytest.fixture
def originals(endpoint: Endpoint, project: Project) -> list[Run]:
    """Four kept results of Ana; the seed of the first is in its output."""
    return [
        Run.objects.create(
            user=person("ana"),
            project=project,
            endpoint=endpoint,
            title=f"fox {number}",
            arguments={"prompt": f"fox {number}"},
            output={"seed": 77} if number == 0 else {},
            form_token=uuid.uuid4().hex,
            state="succeeded",
        )
        for number in range(4)
    ]


def post(project: Project, runs: list[Run], limit: str = "1") -> Any:
    values = {"endpoint": ENDPOINT, "run": [run.pk for run in runs], "limit_usd": limit}
    return logged_in(person("ana")).post(f"{FORM}{project.key}", values, follow=True)


@pytest.fixture
def check(project: Project, originals: list[Run]) -> ModelCheck:
    """A check of two inputs, before its first round."""
    post(project, originals[:2])
    return ModelCheck.objects.get()


def finish(check: ModelCheck, **ended: Any) -> None:
    """End the runs of a round, and let the check ask."""
    begun = check.runs.exclude(take=CheckRun.ORIGINAL)
    Run.objects.filter(pk__in=begun.values("run")).update(**{"state": "succeeded"} | ended)
    checking.run_due()
    check.refresh_from_db()


def let_pass(check: ModelCheck, age: timedelta) -> None:
    ModelCheck.objects.filter(pk=check.pk).update(seen_at=timezone.now() - age)
    checking.run_due()
    check.refresh_from_db()


def give(check: ModelCheck, word: str, name: str = "ana") -> Any:
    address = f"{check.get_absolute_url()}answer/"
    answer = logged_in(person(name)).post(address, {"answer": word}, follow=True)
    check.refresh_from_db()
    return answer


def test_each_input_runs_twice_with_the_seed_of_its_original(
    check: ModelCheck, originals: list[Run]
) -> None:
    checking.run_due()
    begun = Run.objects.exclude(pk__in=[run.pk for run in originals]).order_by("created_at")
    inputs = sorted((run.arguments["prompt"], run.arguments["seed"]) for run in begun)
    assert inputs == [("fox 0", 77)] * 2 + [("fox 1", checking.SEED)] * 2
    assert {run.project for run in begun} == {check.project}
    assert {*Charge.objects.values_list("door", flat=True)} == {"check"}
    keys = {run.pk for run in Run.objects.all()}
    assert owners.kept_runs(keys) == keys - {run.pk for run in originals[2:]}


def test_its_page_shows_the_original_beside_both_results_and_asks(check: ModelCheck) -> None:
    checking.run_due()
    finish(check)
    assert check.state == ModelCheck.State.ASKS
    told = Notification.objects.get(kind=checking.CHECK.name)
    assert (told.user, told.path) == (person("ana"), check.get_absolute_url())
    page = logged_in(person("ben")).get(check.get_absolute_url()).content.decode()
    assert page.count("data-run-id=") == 6
    assert page.count(">Original<") == 2
    assert "Is it still the same?" in page
    assert 'value="different"' in page
    watched = logged_in(person("vera")).get(check.get_absolute_url()).content.decode()
    assert 'value="different"' not in watched


def test_same_ends_quietly_until_a_month_has_passed(check: ModelCheck) -> None:
    checking.run_due()
    finish(check)
    give(check, "same")
    assert check.state == ModelCheck.State.SAME
    assert not checking.asking(person("ana")).exists()
    assert not Notification.objects.filter(kind="model_changed").exists()
    let_pass(check, WEEK)
    assert check.round == 1
    let_pass(check, SIX_WEEKS)
    assert (check.round, check.reason) == (2, "A month has passed")
    assert check.runs.count() == 6


def test_no_round_begins_while_one_waits_for_its_answer(check: ModelCheck) -> None:
    checking.run_due()
    finish(check)
    let_pass(check, SIX_WEEKS)
    assert check.round == 1


@pytest.mark.parametrize("kind", ["listing", "schema", "price", "gone"])
def test_a_round_begins_when_the_listing_the_inputs_or_the_price_change(
    check: ModelCheck, kind: str
) -> None:
    checking.run_due()
    finish(check)
    give(check, "same")
    change = Change.objects.create(endpoint=check.endpoint, kind=kind, at=timezone.now(), lines=[])
    checking.run_due()
    check.refresh_from_db()
    assert check.round == (1 if kind == "gone" else 2)
    assert check.reason == ("First round" if kind == "gone" else change.headline)


def test_different_notifies_who_uses_the_model_and_renews_the_originals(
    check: ModelCheck, endpoint: Endpoint
) -> None:
    cora = User.objects.create_user("cora")
    Favourite.objects.create(user=cora, endpoint=endpoint)
    ModelCheck.objects.create(
        user=person("ben"), project=check.project, endpoint=endpoint, name="x", limit_usd=1,
        seen_at=timezone.now(),
    )  # fmt: skip
    checking.run_due()
    finish(check)
    assert give(check, "different", "vera").status_code == 403
    assert "Somebody else" in (give(check, "different") and give(check, "same")).content.decode()
    assert check.state == ModelCheck.State.DIFFERENT
    told = Notification.objects.filter(kind="model_changed").order_by("user__username")
    paths = [(line.user.username, line.path) for line in told]
    assert paths == [
        ("ben", check.get_absolute_url()),
        ("cora", f"/models/{ENDPOINT}/dependants/"),
    ]
    firsts = {*check.runs.filter(take=CheckRun.FIRST).values_list("run", flat=True)}
    let_pass(check, SIX_WEEKS)
    assert {*check.runs.filter(take=CheckRun.ORIGINAL).values_list("run", flat=True)} == firsts
    assert check.runs.count() == 6


def test_nothing_runs_above_the_limit(
    check: ModelCheck, endpoint: Endpoint, project: Project, originals: list[Run]
) -> None:
    assert "A round may cost more: $0.06" in post(project, originals[:3], "0.05").content.decode()
    assert "Choose 3 results at most" in post(project, originals).content.decode()
    assert ModelCheck.objects.count() == 1
    Endpoint.objects.filter(pk=endpoint.pk).update(unit_price_usd=1)
    checking.run_due()
    assert not Run.objects.exclude(pk__in=[run.pk for run in originals]).exists()
    page = logged_in(person("ana")).get(check.get_absolute_url()).content.decode()
    assert "It did not run: A round may cost more than its limit of $1." in page
    told = Notification.objects.get(kind=checking.CHECK.name)
    assert told.subject.endswith("did not run")
    checking.run_due()
    check.refresh_from_db()
    assert check.round == 1  # it tries again in a month, or when the model has changed


def test_the_page_about_what_uses_a_model_lists_its_checks(check: ModelCheck) -> None:
    page = f"/models/{ENDPOINT}/dependants/"
    seen = logged_in(person("ben")).get(page).content.decode()
    assert check.get_absolute_url() in seen
    assert "/checks/new/?endpoint=" in seen
    form = logged_in(person("ben")).get(f"{FORM}{check.project.key}").content.decode()
    assert form.count('name="run"') == 4
    assert 'name="limit_usd" value="1"' in form
    User.objects.create_user("zoe")
    assert check.get_absolute_url() not in logged_in(person("zoe")).get(page).content.decode()


def test_results_of_others_are_no_inputs(project: Project, originals: list[Run]) -> None:
    Run.objects.filter(pk=originals[0].pk).update(is_hidden=True, user=person("ben"))
    assert not ModelCheck.objects.exists()
    page = post(project, originals[:1])
    assert page.status_code == 422
    assert str(originals[0].pk) not in page.content.decode().split("fieldset")[1]

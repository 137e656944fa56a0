"""After an alarm, if the setting says so, further runs of the model need a confirmation."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from accounts.audit import acting
from features.spending.alarms import alarm_access
from features.spending.budgets import affordability
from features.spending.models import Alarm, SpendingRules
from runs.models import Charge
from runs.start import confirmation
from runs.start.refused_starts import Unaffordable, Unconfirmed
from tests.house.made import make_admin
from tests.projects.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def charge(make_run: Callable[..., Any], user: User) -> Charge:
    """The charge of a further run of the model with the alarm."""
    run = make_run()
    Alarm.objects.create(
        run=run, endpoint=run.endpoint, user=user, expected=Decimal("0.05"), cost=Decimal(5),
        basis="estimate",
    )  # fmt: skip
    SpendingRules.objects.create(pk=1, holds_models=True)
    return Charge(
        user=user, project=run.project, endpoint=run.endpoint, created_at=timezone.now(),
        expected=Decimal("0.05"), amount=Decimal("0.05"),
    )  # fmt: skip


def press(user: User, charge: Charge, said: str = "") -> None:
    """Check this charge as the user's press does, with their answer."""
    request = RequestFactory().post("/", {confirmation.FIELD: said})
    request.user = user
    with acting.within(request, ""):
        affordability.check(user, [charge])


def test_whoever_presses_is_asked_and_the_answer_lets_it_pass(user: User, charge: Charge) -> None:
    with pytest.raises(
        Unconfirmed, match=r"\$5\.00 instead of about \$0\.05.*Nobody has"
    ) as question:
        press(user, charge)
    assert question.value.yes == alarm_access.YES
    press(user, charge, question.value.answer)
    with pytest.raises(Unconfirmed):  # a confirmed sum does not confirm the alarm
        press(user, charge, "100 unknown")


def test_where_nobody_can_be_asked_it_is_refused(user: User, charge: Charge) -> None:
    with pytest.raises(Unaffordable, match="wait until an admin has looked") as refused:
        affordability.check(user, [charge])
    assert not isinstance(refused.value, Unconfirmed)


def test_whoever_may_see_the_alarm_gets_a_link_to_it(user: User, charge: Charge) -> None:
    alarm = Alarm.objects.get()
    with pytest.raises(Unconfirmed) as question:
        press(user, charge)
    assert question.value.remedy == (alarm_access.SEE, alarm.get_absolute_url())
    with pytest.raises(Unaffordable) as refused:
        affordability.check(user, [charge])
    assert refused.value.remedy == (alarm_access.SEE, alarm.get_absolute_url())
    for stranger, is_link in ((person("vic"), False), (make_admin("eva"), True)):
        with pytest.raises(Unconfirmed) as question:
            press(stranger, charge)
        assert (question.value.remedy is not None) == is_link


def test_the_link_stands_beside_the_question_in_every_place(user: User, charge: Charge) -> None:
    with pytest.raises(Unconfirmed) as question:
        press(user, charge)
    address = Alarm.objects.get().get_absolute_url()
    for more in ({"within": True, "form_id": "playground-form"}, {"again": [("a", "b")]}):
        html = render_to_string("projects/_refused.html", {"refused": question.value, **more})
        assert f'<a href="{address}">See the alarm</a>' in html
        assert "Run it anyway" in html


def test_nothing_is_held_once_somebody_has_looked(user: User, charge: Charge) -> None:
    Alarm.objects.update(looked_at=timezone.now())
    affordability.check(user, [charge])


def test_nothing_is_held_without_the_setting(user: User, charge: Charge) -> None:
    SpendingRules.objects.update(holds_models=False)
    affordability.check(user, [charge])


def test_other_models_are_not_held(
    user: User, charge: Charge, make_endpoint: Callable[..., Any]
) -> None:
    charge.endpoint = make_endpoint("fal-ai/other")
    affordability.check(user, [charge])


def test_one_query_finds_the_alarms_of_many_models(
    charge: Charge, django_assert_num_queries: Any
) -> None:
    assert charge.endpoint_id
    with django_assert_num_queries(1):
        alarms = alarm_access.held_among([charge.endpoint_id, *range(1000, 1040)])
        assert [alarm.endpoint.name for alarm in alarms.values() if alarm.endpoint] == ["dev"]

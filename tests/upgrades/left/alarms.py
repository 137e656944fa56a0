"""Alarms and their rules are dropped; their runs, charges and notices stay."""

from typing import Any


def make(apps: Any) -> None:
    """Make an alarm with its notice, and the rules about alarms."""
    user = apps.get_model("auth", "User").objects.create(username="of-alarms")
    project = apps.get_model("projects", "Project").objects.create(name="P", slug="of-alarms")
    endpoint = apps.get_model("catalog", "Endpoint").objects.create(endpoint_id="of/alarms")
    run = apps.get_model("playground", "Run").objects.create(
        user=user, project=project, endpoint=endpoint, form_token="alarm", state="succeeded",
        arguments={},
    )  # fmt: skip
    alarm = apps.get_model("spending", "Alarm").objects.create(
        run=run, user=user, project=project, endpoint=endpoint, expected=1, basis="estimate", cost=9
    )
    apps.get_model("spending", "SpendingRules").objects.create(
        pk=1, ceiling=20, alarm_factor=2, alarm_least=3, holds_models=True
    )
    apps.get_model("notifications", "Notification").objects.create(
        user=user, kind="cost_alarm", key=f"cost alarm {run.pk}", about="spending.alarm",
        number=alarm.pk, path=f"/spend/alarms/{alarm.pk}/", subject="of-alarms",
    )  # fmt: skip


def check(apps: Any) -> None:
    """Look at the notice, which leads to the run, and at the other rules."""
    run = apps.get_model("playground", "Run").objects.get(user__username="of-alarms")
    notice = apps.get_model("notifications", "Notification").objects.get(subject="of-alarms")
    assert (notice.path, notice.about) == (f"/runs/{run.pk}/", "auth.user")
    assert notice.number == run.user_id
    assert apps.get_model("spending", "SpendingRules").objects.get(pk=1).ceiling == 20

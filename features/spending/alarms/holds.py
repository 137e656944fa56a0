"""Models whose runs need a confirmation, since nobody has looked at an alarm about one of them."""

from __future__ import annotations

from collections.abc import Iterable

from core.formatting import money
from features.spending.models import Alarm
from schemas.estimate.wording import about

YES = "Run it anyway"
SEE = "See the alarm"


def held_among(endpoint_ids: Iterable[int]) -> dict[int, Alarm]:
    """Return the newest unseen alarm of each model, by the model's key. One query."""
    alarms = Alarm.objects.filter(endpoint__in=set(endpoint_ids), looked_at=None)
    return {
        alarm.endpoint_id: alarm
        for alarm in alarms.select_related("endpoint").order_by("created_at")
        if alarm.endpoint_id is not None
    }


def question(alarm: Alarm) -> str:
    """Return the question to a person who starts another run of the model."""
    name = alarm.endpoint.name if alarm.endpoint else "this model"
    return (
        f"A run of {name} has cost {money(alarm.cost)} instead of {about(alarm.expected)}. Nobody "
        "has looked at the alarm yet. Run it anyway?"
    )


def refusal(alarm: Alarm) -> str:
    """Return why a run does not start if nobody can be asked."""
    name = alarm.endpoint.name if alarm.endpoint else "this model"
    return (
        f"A run of {name} has cost {money(alarm.cost)} instead of {about(alarm.expected)}. Runs "
        "of this model wait until an admin has looked at the alarm."
    )

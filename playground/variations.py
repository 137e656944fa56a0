"""Variations: several runs started by one press of a button, shown as one grid."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from playground.rerun import SAME_PRESS, is_shown
from runs import state_machine, transport_choices
from runs.models import Run
from schemas.carry.meanings import by_meaning
from schemas.estimate.counts import output_field
from schemas.uses.roles import is_faithful
from schemas.variations import Plan, plan, results_asked

MORE = 4  # results that "More like this" asks for
MARK = "more-"
ALL_ALIKE = "This model makes the same of the same input: more of it is not started. Run it once."


def start(arguments: Sequence[dict[str, Any]], tokens: Sequence[str], **common: Any) -> list[Run]:
    """Create a run for each of the arguments, each once per token, in the caller's transaction.

    Several runs share a batch. `common` are the values that all runs share.
    """
    batch = uuid.uuid4() if len(arguments) > 1 else None
    return [
        state_machine.create(arguments=one, form_token=token, batch=batch, **common)[0]
        for one, token in zip(arguments, tokens, strict=True)
    ]


@transaction.atomic
def more_like(run: Run, person: User) -> list[Run]:
    """Start about `MORE` results from the same arguments with new seeds, all or none.

    A double click starts them once. Raises state_machine.Refused.
    """
    if not can_vary(run.endpoint):
        raise state_machine.Refused(ALL_ALIKE)
    mark = f"{MARK}{run.pk}-"
    made = Run.objects.filter(user_id=person.pk, form_token__startswith=mark)
    last = made.order_by("-created_at").first()
    if last is not None and last.created_at > timezone.now() - SAME_PRESS:
        return list(made.of_batch(last.batch)) if last.batch else [last]
    number = int(last.form_token.removeprefix(mark).partition(".")[0]) + 1 if last else 1
    planned = plan_more(run, f"{mark}{number}").runs
    return start(
        planned,
        [f"{mark}{number}.{place}" for place in range(len(planned))],
        user=person,
        endpoint=run.endpoint,
        schema_id=run.endpoint.schema_id,
        transport=transport_choices.rerun_transport(run.transport),
        title=run.title,
        is_example=is_shown(run, person),
    )


def can_vary(endpoint: Endpoint) -> bool:
    """Whether several results of the same input can differ, so that paying for them makes sense.

    They can with a seed or a number of results, or where the model follows a text: Kling has no
    seed. A trainer would make the same weights again, and an upscaler the same picture.
    """
    if is_faithful(f"{endpoint.endpoint_id} {endpoint.category}"):
        return False
    fields = version_of(endpoint).root.children
    has_seed = any(field.is_seed for field in fields)
    return has_seed or output_field(fields) is not None or "prompt" in by_meaning(fields)


def plan_more(run: Run, mark: str = "") -> Plan:
    """Return the runs that "More like this" starts for a run."""
    root = version_of(run.endpoint).root
    arguments = run.arguments if isinstance(run.arguments, dict) else {}
    times = max(1, MORE // results_asked(root, arguments))
    return plan(root, arguments, times, mark, keeps_first=False)

"""First steps for a newcomer: a few models, each with an example that runs at one press."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from catalog.locks import Locks, locks_of
from catalog.models import Endpoint
from catalog.search.index import UPSTREAM_ORDER
from core.byte_cache import byte_cached
from playground.form import form_state, run_costs
from projects import current, roles
from runs.models import Run
from runs.start import starting
from schemas.fields.examples import example

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

STEPS = 3
CANDIDATES = 24  # models whose schemas are read, at most


class FirstStep(NamedTuple):
    """A model whose own example runs unchanged; `words` and `cost` are the example's."""

    name: str
    address: str
    picture: str
    words: str
    cost: str


def first_steps(request: HttpRequest, revision: str) -> list[FirstStep]:
    """Return models of different kinds, in the gallery's order, for a user without runs."""
    user, project = cast("User", request.user), current.current(request)
    if Run.objects.filter(user_id=user.pk).exists() or roles.refusal_to_make(user, project):
        return []
    return _steps(revision, locks_of(request, revision))


@byte_cached(1 << 18, key=lambda revision, locks: (revision, locks.key))
def _steps(revision: str, locks: Locks) -> list[FirstStep]:
    rows = Endpoint.objects.listed().filter(status="active", schema__isnull=False)
    steps: dict[str, FirstStep] = {}
    for endpoint in rows.select_related("picture").order_by(*UPSTREAM_ORDER)[:CANDIDATES]:
        is_open = endpoint.is_runnable and endpoint.pk not in locks.models
        if is_open and endpoint.category not in steps and (step := _step(endpoint)):
            steps[endpoint.category] = step
        if len(steps) == STEPS:
            break
    return list(steps.values())


def _step(endpoint: Endpoint) -> FirstStep | None:
    """Return the model with its example; None if a run needs more input."""
    arguments = example(form_state.version_of(endpoint).root)
    words = starting.title(arguments)
    post = form_state.from_arguments(endpoint, arguments).post
    parsed = form_state.parse_form_leniently(endpoint, post)
    if not words or form_state.find_problems(endpoint, parsed):
        return None
    return FirstStep(
        endpoint.name,
        endpoint.get_absolute_url(),
        endpoint.picture.small_src if endpoint.picture else "",
        words,
        run_costs.of_form(endpoint, parsed).label,
    )

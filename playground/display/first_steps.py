"""First steps for a newcomer: a picture, a film and a sound, each made at one press."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, cast

from catalog.display.operations import BY_SLUG
from catalog.schema_versions import version_of
from core.byte_cache import byte_cached
from playground import suggestions
from playground.form import form_state, run_costs
from projects import current, roles
from runs.models import Run
from schemas.fields.examples import example
from schemas.form.decode import segment
from schemas.meanings import by_meaning, media_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

    from catalog.models import Endpoint

# What a step makes, and the operations whose models may make it.
STEPS = {
    "A picture": ("make-a-picture",),
    "A film": ("film-from-words",),
    "A voice": ("speak", "music-and-sound"),
}
KINDS = {"A picture": "image", "A film": "video", "A voice": "audio"}
NEWCOMER = 100  # results; who has made as many is no newcomer any more
MOST_OF_FIRST = Decimal("0.05")  # dollars


class FirstStep(NamedTuple):
    """A model whose own example runs unchanged; `control` has its prompt, which is `words`."""

    title: str
    name: str
    address: str
    picture: str
    control: str
    words: str
    cost: str
    most: Decimal


def first_steps(request: HttpRequest, revision: str) -> list[FirstStep]:
    """Return a step with a known price for each kind that a newcomer has not made yet."""
    user, project = cast("User", request.user), current.current(request)
    runs = Run.objects.filter(user_id=user.pk).order_by("-created_at")
    kinds = [*runs.values_list("artifacts__kind", flat=True)[:NEWCOMER]]
    made = {*kinds} & {*KINDS.values()}
    is_newcomer = len(kinds) < NEWCOMER and len(made) < len(KINDS)
    if not is_newcomer or roles.refusal_to_make(user, project):
        return []
    steps = _steps(suggestions.house_of(request, revision))
    return [step for step in steps if KINDS[step.title] not in made]


@byte_cached(1 << 18, key=lambda house: house.key)
def _steps(house: suggestions.House) -> list[FirstStep]:
    steps: list[FirstStep] = []
    for title, slugs in STEPS.items():
        wanted = (suggestions.wanted(BY_SLUG[slug]) for slug in slugs)
        endpoints = (e for one in wanted for e in suggestions.suggested(one, house))
        suitable = (
            step
            for endpoint in endpoints
            if (step := _step(title, endpoint)) and (steps or step.most <= MOST_OF_FIRST)
        )
        steps += islice(suitable, 1)
    return steps


def _step(title: str, endpoint: Endpoint) -> FirstStep | None:
    """Return the model with its example; None without a price, or if a run needs a file."""
    fields = version_of(endpoint).root.children
    arguments, prompt = example(version_of(endpoint).root), by_meaning(fields).get("prompt")
    has_file = any(media_of(field) for field in fields if field.name in arguments)
    words = arguments.get(prompt.name) if prompt else ""
    parsed = form_state.parse_form_leniently(
        endpoint, form_state.from_arguments(endpoint, arguments).post
    )
    cost = run_costs.of_form(endpoint, parsed)
    most = cost.estimate.most
    if not prompt or not words or has_file or most is None:
        return None
    if form_state.find_problems(endpoint, parsed):
        return None
    picture = endpoint.picture.small_src if endpoint.picture else ""
    return FirstStep(
        title,
        endpoint.name,
        endpoint.get_absolute_url(),
        picture,
        segment(prompt.name),
        str(words),
        cost.label,
        most,
    )

"""Template tags of flows."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from catalog.models import Endpoint
from catalog.related.use_index import Taker
from flows.display.pictures import first_models
from flows.models import Flow, FlowRun

register = template.Library()


@register.filter
def card_of(cards: Mapping[int, Endpoint], taker: Taker) -> Endpoint | None:
    """Return the endpoint of a taker, for its card."""
    return cards.get(taker.key)


@register.filter
def models_of(flow: Flow, models: Mapping[str, Endpoint]) -> list[Endpoint]:
    """Return those of the models, by id, that a flow's first steps use."""
    return [models[name] for name in first_models(flow) if name in models]


@register.filter
def state_word(state: str) -> str:
    """Return the state of a flow's run for display."""
    return str(dict(FlowRun.State.choices).get(state, ""))

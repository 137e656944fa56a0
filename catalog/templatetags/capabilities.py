"""Template filters for a model's capabilities."""

from __future__ import annotations

from typing import Any

from django import template

from catalog.filters.labels import Group, summarize

register = template.Library()


@register.filter
def abilities(endpoint: Any) -> list[Group]:
    """An endpoint's capabilities in groups, each with the search term for similar models."""
    facts = endpoint.facts
    return (
        summarize(fact for fact in facts if isinstance(fact, str))
        if isinstance(facts, list)
        else []
    )

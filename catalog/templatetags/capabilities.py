"""What a model can do, for its page."""

from __future__ import annotations

from typing import Any

from django import template

from catalog.asking.wording import Group, summary

register = template.Library()


@register.filter
def abilities(endpoint: Any) -> list[Group]:
    """An endpoint's capabilities in groups, each part with the words that find its like."""
    facts = endpoint.facts
    return (
        summary(fact for fact in facts if isinstance(fact, str)) if isinstance(facts, list) else []
    )

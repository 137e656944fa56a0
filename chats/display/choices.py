"""The models that a conversation can be held with."""

from __future__ import annotations

from django.db.models import Q

from catalog.models import Endpoint
from catalog.models.querysets import EndpointQuerySet

CATEGORIES = (
    *("llm", "vision", "text-to-text", "image-to-text", "video-to-text", "audio-to-text"),
    *("unknown", "json"),
)
MOST = 60


def models(query: str = "") -> list[Endpoint]:
    """Return the models that take text and answer in text, language models first.

    Their inputs are known from facts derived from each schema; a model whose schema has not been
    read yet is judged by its category.
    """
    matches = _candidates().called(query).defer("description", "field_words", "inputs")
    matches = matches.select_related("picture")
    chosen = [
        endpoint
        for endpoint in matches.order_by("position")
        if _is_fit(endpoint) and endpoint.is_runnable
    ]
    return sorted(chosen, key=lambda endpoint: endpoint.category != "llm")[:MOST]


def _candidates() -> EndpointQuerySet:
    named = Q(endpoint_id__contains="any-llm") | Q(endpoint_id__contains="openrouter/")
    return Endpoint.objects.filter(Q(category__in=CATEGORIES) | named, gone_at=None)


def _is_fit(endpoint: Endpoint) -> bool:
    facts = set(endpoint.facts)
    if not facts or endpoint.endpoint_id.endswith("/chat/completions"):
        return endpoint.category == "llm"
    return {"in:text", "out:text"} <= facts

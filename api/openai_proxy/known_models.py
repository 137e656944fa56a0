"""The models that answer OpenAI's chat calls: endpoints of the catalogue, and the router's names.

The same functions decide which models are listed and which a call accepts. Upstream has no list of
the router's names (protocol, section 16.5); ours has those that a schema in the catalogue offers as
values or examples of a field `model`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from api.openai_proxy.shape import Shape, shape_of
from catalog.locks import Locks
from catalog.models import Endpoint
from fal.transports import completions
from schemas.facts.capabilities import capabilities_of

ROUTER = f"openrouter/router/openai/v1{completions.SUFFIX}"
ROUTERS = ("openrouter/", "fal-ai/any-llm")
MODEL = "model"  # the router's field with the name of the model that answers
PARTS = {"image", "audio", "video"}  # media that a message can contain
_IS_CHAT = {"in:text", "out:text"}


def usable_models(locks: Locks) -> list[dict[str, Any]]:
    """Return the models without duplicates and without those that a rule locks."""
    models: dict[str, dict[str, Any]] = {}
    fal_router = router()
    has_router = fal_router is not None and fal_router.pk not in locks.models
    for endpoint in _candidates():
        is_listed = endpoint.pk not in locks.models and _is_listed(endpoint)
        names = [endpoint.endpoint_id] if is_listed else []
        for name in [*names, *(_router_names(endpoint) if has_router else ())]:
            created = int(endpoint.first_seen_at.timestamp())
            owner = name.partition("/")[0]
            model = {"id": name, "object": "model", "created": created, "owned_by": owner}
            models.setdefault(name, model)
    return list(models.values())


def router() -> Endpoint | None:
    """Return the address of fal's router; None if the catalogue has none that can be run."""
    endpoint = Endpoint.objects.filter(endpoint_id=ROUTER).first()
    return endpoint if endpoint is not None and endpoint.is_runnable else None


def is_router_name(name: str) -> bool:
    """Whether the router may know a model of this name."""
    vendor, _, model = name.partition("/")
    return bool(vendor and model)


def chat_shape(endpoint: Endpoint) -> Shape | None:
    """Return how an endpoint takes a chat call; None if it does not answer in text only."""
    shape = shape_of(endpoint)
    if shape is None:
        return None
    contract, root = shape.version.contract, shape.version.root
    facts = capabilities_of(contract, root, contract.document).facts
    return shape if _answers_in_text(facts) else None


def needs_model(shape: Shape) -> bool:
    """Whether the answering model is an argument of its own, as for the router."""
    return any(child.name == MODEL and child.is_required for child in shape.rest.children)


def _answers_in_text(facts: list[str]) -> bool:
    media = {fact for fact in facts if fact.startswith("out:")}
    return set(facts) >= _IS_CHAT and media == {"out:text"}


def _candidates() -> list[Endpoint]:
    """Return the endpoints whose facts allow a chat or are not known."""
    columns = ("endpoint_id", "schema_id", "facts", "first_seen_at", "gone_at", "mark")
    rows = Endpoint.objects.filter(gone_at=None).only(*columns).order_by("position")
    return [row for row in rows if row.is_runnable and (not row.facts or _may_chat(row))]


def _may_chat(endpoint: Endpoint) -> bool:
    return _answers_in_text(endpoint.facts) or endpoint.endpoint_id.startswith(ROUTERS)


def _is_listed(endpoint: Endpoint) -> bool:
    return bool(endpoint.schema_id) and _takes_messages(endpoint.schema_id, endpoint.endpoint_id)


@lru_cache(4096)
def _takes_messages(schema_id: str, endpoint_id: str) -> bool:
    """Whether messages suffice for a run; cached, as parsing the schemas takes seconds."""
    shape = chat_shape(Endpoint(endpoint_id=endpoint_id, schema_id=schema_id))
    if shape is None or completions.is_completions(endpoint_id):
        return False
    required = [child for child in shape.rest.children if child.is_required]
    return all((child.item or child).media in PARTS for child in required)


def _router_names(endpoint: Endpoint) -> Iterator[str]:
    """Yield the names that a router's field `model` offers."""
    name = endpoint.endpoint_id
    shape = shape_of(endpoint) if name.startswith(ROUTERS) else None
    children = shape.rest.children if shape else ()
    field = next((child for child in children if child.name == MODEL), None)
    values = [*(option.value for option in field.options), *field.examples] if field else []
    yield from (value for value in values if isinstance(value, str) and is_router_name(value))

"""Changes the models of a plan, and saves a draft of it until it is run or discarded.

Values are kept in fields with the same meaning. Each user has at most one draft, offered in the
project where it was started.

"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from fal.db_safe import db_safe_text
from features.boards.models import PlanDraft
from features.boards.plan import groups, rows
from features.boards.plan.groups import Post
from features.boards.plan.plan import ALLOW_UNKNOWN
from playground.form.form_state import ORIGIN
from schemas.carry import carry

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

MAX_DRAFT_CHARS = 1_000_000  # a table of 400 long prompts is a tenth of it
# Controls of a plan outside its field groups.
PLAIN = (
    *("title", "row-field", "row-values", "table", "column-field", "column-values"),
    *("seeds", "cap", "reuse", "planned", ALLOW_UNKNOWN, ORIGIN),
)


def endpoints_of(ids: Sequence[str]) -> tuple[list[Endpoint], list[str]]:
    """Return the endpoints with these ids in order, and the unknown ids. One query."""
    texts = (db_safe_text(text).strip() for text in ids)
    posted_ids = [text for text in texts if text]
    endpoints = {
        endpoint.endpoint_id: endpoint
        for endpoint in Endpoint.objects.select_related("picture").filter(
            endpoint_id__in=set(posted_ids)
        )
    }
    models = [endpoints[key] for key in posted_ids if key in endpoints]
    return models, [key for key in posted_ids if key not in endpoints]


def first_post(models: Sequence[Endpoint], arguments: dict[str, Any]) -> Post:
    """Return the post of a new plan, filled with arguments of the first model."""
    post = _filled(models[0], models, arguments, [{} for _ in models], arguments)
    seed = groups.seed_field(version_of(models[0]).root)
    value = arguments.get(seed.name) if seed else None
    is_seed = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return post | {"seeds": [str(value)]} if is_seed else post


def with_models(
    post: Post,
    before: Sequence[Endpoint],
    now: Sequence[tuple[Endpoint, int | None]],
    source: Endpoint,
    new_source: Endpoint,
) -> Post:
    """Return the post for other models; each comes with its former position, if it had one."""
    plain = {name: post[name] for name in post if name in PLAIN or rows.is_control(name)}
    models = [endpoint for endpoint, _ in now]
    if not before:
        return plain | first_post(models, {})
    filled = groups.decode_groups(groups.groups_of(source, before), post)
    whole_arguments = [
        _whole(source, former, filled.shared, own)
        for former, own in zip(before, filled.own, strict=True)
    ]
    own = [whole_arguments[place] if place is not None else {} for _, place in now]
    shared = filled.shared
    if source.pk == before[0].pk:
        shared = shared | filled.own[0]
    if new_source.pk != source.pk:
        version = version_of(source) if source.schema_id else None
        shared = carry(shared, version, version_of(new_source)).arguments
    return plain | _filled(new_source, models, shared, own, {})


def _whole(
    source: Endpoint, endpoint: Endpoint, shared: dict[str, Any], own: dict[str, Any]
) -> dict[str, Any]:
    version = version_of(source) if source.schema_id else None
    return carry(shared, version, version_of(endpoint)).arguments | own


def _filled(
    source: Endpoint,
    models: Sequence[Endpoint],
    shared: dict[str, Any],
    own: Sequence[dict[str, Any]],
    more_arguments: dict[str, Any],
) -> Post:
    """Return the post of a plan with these models; `more_arguments` is converted for each model."""
    field_groups = groups.groups_of(source, models)
    filled_arguments = [
        (_whole(source, model, more_arguments, {}) if more_arguments else {}) | own_arguments
        for model, own_arguments in zip(models, own, strict=True)
    ]
    return {"model": [model.endpoint_id for model in models]} | groups.write(
        field_groups, shared, filled_arguments
    )


def save_draft(user: User, project: Project, post: Post) -> None:
    """Save the form's contents; if they are too large, the previous state is kept."""
    if len(json.dumps(post)) <= MAX_DRAFT_CHARS:
        PlanDraft.objects.update_or_create(
            user_id=user.pk, defaults={"project": project, "post": post}
        )


def load_draft(user: User, project: Project) -> Post:
    """Return the last contents of the form; empty without a draft in this project."""
    draft = PlanDraft.objects.filter(user_id=user.pk, project=project).first()
    return draft.post if draft else {}


def discard_draft(user: User, project: Project) -> None:
    """Delete the draft once the plan has run, or before a new plan."""
    PlanDraft.objects.filter(user_id=user.pk, project=project).delete()

"""Plans a board from results: their inputs as rows, or a row for each of their pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.models import Endpoint, Revision
from catalog.related.use_index import Taker, uses
from catalog.schema_versions import version_of
from core.formatting import counted
from core.http.parameters import parse_uuid
from features.boards.plan import rows
from features.boards.plan.groups import Post, seed_field
from features.boards.plan.plan import Trouble, digest
from runs.files.own_addresses import tidy_addresses
from runs.models import Artifact, Run
from schemas.carry import carry
from schemas.uses.inputs import names_in

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User

MAX_RESULTS = 100  # the address has 45 characters for each
MAX_MODELS = 12
LATEST = 100  # newest runs, whose models are preferred for pictures
INPUTS, PICTURES = "inputs", "pictures"


class PlanOfResults(NamedTuple):
    """What a plan begins with: models, the first model's arguments, and other controls."""

    models: list[Endpoint]
    arguments: dict[str, Any]
    post: Post
    troubles: list[Trouble]


def plan_results(user: User, result_names: Sequence[str], of: str) -> PlanOfResults:
    """Return how a plan begins from results named `<run>/<position>`; `of` is INPUTS or PICTURES.

    Results that the user may not read are left out; a trouble says how many.
    """
    keys = [key for text in result_names[:MAX_RESULTS] if (key := _key(text))]
    readable = Run.objects.readable_by(user).with_endpoint().light("arguments")
    runs = readable.in_bulk(list(dict.fromkeys(run for run, _ in keys)))
    troubles = []
    if left_out := len(result_names) - sum(run in runs for run, _ in keys):
        troubles.append(
            Trouble(
                "shared",
                f"{counted(left_out, 'result')} were left out: a plan starts with up to "
                f"{MAX_RESULTS} results that exist and that you may see.",
            )
        )
    if of == PICTURES:
        return _of_pictures(user, [key for key in keys if key[0] in runs], troubles)
    ordered = [runs[run] for run in dict.fromkeys(run for run, _ in keys) if run in runs]
    return _of_inputs(ordered, troubles)


def _key(text: str) -> tuple[uuid.UUID, int] | None:
    run, _, position = text.partition("/")
    pk = parse_uuid(run)
    is_position = position.isdecimal() and len(position) <= 6
    return (pk, int(position) if is_position else 0) if pk else None


def _of_inputs(runs: Sequence[Run], troubles: list[Trouble]) -> PlanOfResults:
    """Plan the inputs of runs on all their models; arguments that differ become a table."""
    models = list({run.endpoint_id: run.endpoint for run in runs}.values())
    if len(models) > MAX_MODELS:
        message = f"Of {counted(len(models), 'model')} the first {MAX_MODELS} are in the plan."
        troubles.append(Trouble("models", message))
    if not models:
        return PlanOfResults([], {}, {}, troubles)
    inputs = {digest(own): own for own in (_input(run, models[0]) for run in runs)}
    rows = list(inputs.values())
    common = {
        name: value
        for name, value in rows[0].items()
        if all(name in row and digest(row[name]) == digest(value) for row in rows)
    }
    lines = [{name: row[name] for name in row if name not in common} for row in rows]
    table = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    return PlanOfResults(
        models[:MAX_MODELS], common, {"table": [table]} if len(rows) > 1 else {}, troubles
    )


def _input(run: Run, source: Endpoint) -> dict[str, Any]:
    """Return the arguments of a run as `source` takes them, without the seed."""
    arguments = run.arguments if isinstance(run.arguments, dict) else {}
    if run.endpoint_id != source.pk:
        former = version_of(run.endpoint) if run.endpoint.schema_id else None
        arguments = carry(arguments, former, version_of(source)).arguments
    seed = seed_field(version_of(source).root)
    own: dict[str, Any] = tidy_addresses(arguments)
    return {name: value for name, value in own.items() if seed is None or name != seed.name}


def _of_pictures(
    user: User, keys: Sequence[tuple[uuid.UUID, int]], troubles: list[Trouble]
) -> PlanOfResults:
    """Plan a row for each picture, on a model that takes one."""
    pictures = Artifact.objects.filter(run__in={run for run, _ in keys}, kind="image")
    stored_addresses = {
        (picture.run_id, picture.position): picture.get_absolute_url()
        for picture in pictures.exclude(state=Artifact.State.LOST).defer("url")
    }
    addresses = [stored_addresses[key] for key in dict.fromkeys(keys) if key in stored_addresses]
    if left_out := len(set(keys)) - len(addresses):
        message = f"{counted(left_out, 'result')} were left out: they are not pictures."
        troubles.append(Trouble("shared", message))
    taker = _usual_taker(user)
    if taker is None or not addresses:
        message = "No model here takes a picture." if addresses else "None of them is a picture."
        return PlanOfResults([], {}, {}, [*troubles, Trouble("models", message)])
    endpoint = Endpoint.objects.get(pk=taker.key)
    post = rows.with_rows({}, [rows.TypedRow("", files=(address,)) for address in addresses])
    return PlanOfResults([endpoint], {}, post, troubles)


def _usual_taker(user: User) -> Taker | None:
    """Return the input for a picture: of the model that the user used last, else of the best."""
    takers = [
        taker
        for of_use in uses(Revision.current()).takers("image").values()
        for taker in of_use
        if taker.input.role in {"main", "start"} and len(names_in(taker.input.path)) <= 2
    ]
    latest = Run.objects.owned_by(user).order_by("-created_at")
    recent = dict.fromkeys(latest.values_list("endpoint_id", flat=True)[:LATEST])
    places = {key: place for place, key in enumerate(recent)}

    def rank(taker: Taker) -> tuple[int, bool]:
        return places.get(taker.key, len(places)), not taker.input.is_required

    return min(takers, key=rank, default=None)

"""Fills a form from a preset, a run, a link's short id or the model's example."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format

from catalog.models import Endpoint
from core.http.parameters import parse_uuid
from playground.form import form_state, migrate_arguments
from playground.form.form_state import FormState
from playground.form.prefill import transfer, use_as
from playground.form.prefill.transfer import Transfer
from playground.form.prefill.use_as import KEPT_MARKS, held_before
from runs.files.own_addresses import OUR_ADDRESS
from runs.files.result_names import seed_of
from runs.models import Preset, Run, Share, Upload
from runs.promises.lifecycle import FillForm, Lifecycle
from runs.promises.registry import registered
from schemas.fields.examples import example

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SHARE_ID = re.compile(r"[\w-]{1,16}", re.ASCII)
KINDS = ("preset", "run", "saved", "example", "recipe")  # query parameters: `?preset=12`
_GONE = object()


def fill(user: User, endpoint: Endpoint, source_key: str) -> FormState | None:
    """Return the form filled from a source: `preset:<id>`, `run:<uuid>`, `saved:<id>`, `example`.

    `use:…` names a result; `recipe:…` is the id of a recipe that a file had.
    None if the source does not exist or the user may not see it.
    """
    kind, _, key = source_key.partition(":")
    source = _sources().get(kind)
    return source(user, endpoint, key) if source else None


def link_kinds() -> list[str]:
    """Return the query parameters that fill a form.

    These are the kinds that buttons use (`KINDS`), and `use`, `seed` and those of other apps, which
    insert something into the draft instead of replacing it.
    """
    return list(_sources())


def run_label(run: Run) -> str:
    """Return how messages refer to a run: `the run of 12 May, 14:03`."""
    return f"the run of {moment_of(run)}"


def moment_of(run: Run) -> str:
    """Return when a run began: `12 May, 14:03`."""
    return date_format(timezone.localtime(run.created_at), "j F, H:i")


def migrated(endpoint: Endpoint, arguments: Any, digest: str) -> FormState:
    """Return the form with its contents migrated from the schema version of `digest`."""
    migration = migrate_arguments.find_misfits(endpoint, arguments, digest)
    if migration is None:
        return replace(
            form_state.from_arguments(endpoint, arguments), notice="All its settings fit the model."
        )
    filled = form_state.from_arguments(endpoint, migration.arguments)
    return replace(filled, notice=migrate_arguments.migration_sentence(migration.misfits))


def _preset(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    if not key.isdecimal() or len(key) > 18:
        return None
    presets = Preset.objects.readable_by(user).select_related("endpoint")
    preset = presets.filter(pk=int(key)).first()
    if preset is None:
        return None
    digest = preset.schema_digest or migrate_arguments.UNKNOWN
    name = f"“{preset.name}”"
    return _saved_arguments(endpoint, preset.endpoint, preset.arguments, digest, name)


def _saved(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    if not SHARE_ID.fullmatch(key):
        return None
    share = Share.objects.filter(pk=key).select_related("endpoint", "user").first()
    if share is None:
        return None
    owner_phrase = "your" if share.user_id == user.pk else f"{share.user}'s"
    name = f"The input in {owner_phrase} link"
    return _saved_arguments(
        endpoint, share.endpoint, share.arguments, migrate_arguments.UNKNOWN, name
    )


def _saved_arguments(
    endpoint: Endpoint, source: Endpoint, arguments: Any, digest: str, name: str
) -> FormState:
    if source.pk != endpoint.pk:
        carried = transfer.transfer(endpoint, arguments, source)
        return _carried(endpoint, carried, f"{name} is from {source.name}.")
    return _from_this_model(endpoint, arguments, digest, f"{name} is filled in.")


def _from_this_model(endpoint: Endpoint, arguments: Any, digest: str, notice: str) -> FormState:
    """Return a form with this model's own arguments, and a notice of what does not fit."""
    filled = form_state.from_arguments(endpoint, arguments)
    if filled.notice:
        return filled
    version = form_state.version_of(endpoint)
    migrated = migrate_arguments.find_misfits(endpoint, arguments, digest)
    unknown = [
        key for key in arguments if key not in {field.name for field in version.root.children}
    ]
    filled = form_state.checked(endpoint, filled, arguments)
    if migrated:
        notice = f"{notice} {migrate_arguments.misfit_sentence(migrated)}"
        return form_state.with_misfits(filled, notice, digest, is_mendable=migrated.is_mendable)
    if unknown and version.root.children:
        notice = f"{notice} Not in the model's schema: {', '.join(unknown)}."
    return replace(filled, notice=notice)


def _recipe(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    if not SHARE_ID.fullmatch(key):
        return None
    row = Share.objects.filter(pk=key, user=user).select_related("endpoint").first()
    if row is None:
        return None
    arguments, left_out = without_unreadable(user, row.arguments)
    filled = _saved_arguments(
        endpoint, row.endpoint, arguments, migrate_arguments.UNKNOWN, "The recipe"
    )
    if not left_out:
        return filled
    missing = f"Left out, as the file is not on this server: {', '.join(left_out)}."
    return replace(filled, notice=f"{filled.notice} {missing}")


def _run(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    if (pk := parse_uuid(key)) is None:
        return None
    runs = Run.objects.readable_by(user).with_endpoint().light("arguments")
    run = runs.filter(pk=pk).first()
    if run is None:
        return None
    if run.endpoint_id == endpoint.pk:
        notice = f"The settings of {run_label(run)} are filled in."
        if run.schema_id != endpoint.schema_id and run.state != Run.State.FAILED:
            digest = run.schema_id or migrate_arguments.UNKNOWN
            return _from_this_model(endpoint, run.arguments, digest, notice)
        return replace(form_state.from_run(endpoint, run), notice=notice)
    carried = transfer.transfer(endpoint, run.arguments, run.endpoint, run)
    return _carried(endpoint, carried, f"From {run_label(run)} on {run.endpoint.name}.")


def _carried(endpoint: Endpoint, carried: Transfer, notice: str) -> FormState:
    """Return a form with arguments transferred from another model, and each value's outcome."""
    notice = notice if carried.fates else f"{notice} It had no settings that could be taken over."
    filled = form_state.from_arguments(endpoint, carried.arguments)
    return replace(filled, notice=notice, fates=carried.fates)


def _example(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    arguments = example(form_state.version_of(endpoint).root)
    if not arguments:
        return None
    filled = form_state.from_arguments(endpoint, arguments)
    return replace(filled, notice="The model's own example is filled in.")


# Puts the seed that a run used into the form of its model, and leaves the rest as it was.
def keep_seed(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the user's current form of the model with the seed of the run `key`.

    None if the run does not exist, the user may not read it, or it has no seed.
    """
    pk = parse_uuid(key)
    runs = Run.objects.readable_by(user).light("arguments", "output")
    run = runs.filter(pk=pk).first() if pk else None
    seed = seed_of(run) if run else ""
    if not seed:
        return None
    before = held_before(user, endpoint)
    fields = form_state.version_of(endpoint).root.children
    field = next((field for field in fields if field.is_seed), None)
    if field is None:
        return FormState(before, "This model takes no seed, so nothing was changed.")
    arguments = form_state.parse_form_leniently(endpoint, before).arguments
    filled = form_state.from_arguments(endpoint, {**arguments, field.name: int(seed)})
    marks = {mark: before[mark] for mark in KEPT_MARKS if mark in before}
    notice = f"The seed {seed} is kept. Everything else is as you had left it."
    return replace(filled, post={**filled.post, **marks}, notice=notice)


_SOURCES: dict[str, FillForm] = {
    "preset": _preset,
    "run": _run,
    "saved": _saved,
    "example": _example,
    "recipe": _recipe,
    "use": use_as.fill,
    "seed": keep_seed,
}


def _sources() -> dict[str, FillForm]:
    of_apps = (owner.form_sources() for owner in registered(Lifecycle))
    return _SOURCES | {kind: fill for sources in of_apps for kind, fill in sources.items()}


# Removes files that do not exist here, or are not readable, from imported arguments.


def without_unreadable(user: User, arguments: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments without unreadable files, and the names of the inputs that had them."""
    readable = _readable(user, arguments)
    clean = {name: _without(value, readable) for name, value in arguments.items()}
    touched = [name for name, value in arguments.items() if clean[name] != value]
    return {name: value for name, value in clean.items() if value is not _GONE}, touched


def _readable(user: User, arguments: Any) -> set[str]:
    """Return the addresses of our files among the arguments that the user may read."""
    uploads: dict[str, list[str]] = {}
    runs: dict[str, list[str]] = {}
    for address in {*_addresses(arguments)}:
        match = OUR_ADDRESS.fullmatch(address)
        if match and match["upload"]:
            uploads.setdefault(match["upload"], []).append(address)
        elif match:
            runs.setdefault(match["run"], []).append(address)
    rows = Upload.objects.filter(pk__in=uploads).select_related("project")
    readable_keys = {str(upload.pk) for upload in rows if upload.is_readable_by(user)}
    readable_keys |= {
        str(pk)
        for pk in Run.objects.readable_by(user).filter(pk__in=runs).values_list("pk", flat=True)
    }
    of_files = uploads | runs
    return {address for key in readable_keys for address in of_files[key]}


def _addresses(value: Any) -> list[str]:
    to_visit, addresses = [value], []
    while to_visit:
        item = to_visit.pop()
        if isinstance(item, str):
            addresses += [item] if OUR_ADDRESS.fullmatch(item) else []
        elif isinstance(item, dict | list):
            to_visit += item.values() if isinstance(item, dict) else item
    return addresses


def _without(value: Any, readable: set[str]) -> Any:
    if isinstance(value, str):
        return _GONE if OUR_ADDRESS.fullmatch(value) and value not in readable else value
    if isinstance(value, list):
        items = [_without(item, readable) for item in value]
        return [item for item in items if item is not _GONE]
    if isinstance(value, dict):
        children = {name: _without(child, readable) for name, child in value.items()}
        # An object is useless without its file, such as a LoRA without its path.
        return _GONE if _GONE in children.values() else children
    return value

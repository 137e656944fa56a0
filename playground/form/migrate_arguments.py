"""Checks whether settings made for an older schema still fit, and describes a migration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catalog.models import Endpoint
from playground.form import form_state
from playground.form.form_state import FormState
from schemas.changes.migrate_arguments import MigrationResult, Misfit, migrate, wrong_fields

UNKNOWN = "unknown"  # schema version of settings that do not record one
_MAX_NAMED = 4


def find_misfits(endpoint: Endpoint, arguments: Any, digest: str) -> MigrationResult | None:
    """Return what no longer fits of arguments made for schema `digest`; None if all of it fits."""
    if digest == (endpoint.schema_id or "") or not endpoint.schema_id:
        return None
    if not isinstance(arguments, dict):
        return None
    before = form_state.former_version(endpoint, "" if digest == UNKNOWN else digest)
    migrated = migrate(before, form_state.version_of(endpoint), arguments)
    if not migrated.misfits:
        return None
    if digest == UNKNOWN:
        return replace(migrated, wrong=frozenset(misfit.field for misfit in migrated.misfits))
    return replace(migrated, wrong=wrong_fields(before, arguments)) if before else migrated


def with_reminder(endpoint: Endpoint, filled: FormState) -> FormState:
    """Add the notice about an older schema to a form without other notices or problems."""
    digest = form_state.outdated_digest(filled.post)
    if not digest or filled.notice or filled.problems:
        return filled
    arguments, problems = form_state.parse_form_leniently(endpoint, filled.post)
    migrated = None if problems else find_misfits(endpoint, arguments, digest)
    if migrated is None:
        return filled
    return form_state.with_misfits(
        filled, misfit_sentence(migrated), digest, is_mendable=migrated.is_mendable
    )


def misfit_sentence(migrated: MigrationResult) -> str:
    """Return a sentence or two on what does not fit, and whether it ever did."""
    fitting_before = [misfit for misfit in migrated.misfits if misfit.field not in migrated.wrong]
    wrong = [misfit for misfit in migrated.misfits if misfit.field in migrated.wrong]
    sentences = [
        _name_misfits("The model has changed since", fitting_before),
        _name_misfits("Wrong for this model", wrong),
    ]
    return " ".join(filter(None, sentences))


def _name_misfits(heading: str, misfits: list[Misfit]) -> str:
    if not misfits:
        return ""
    parts = [f"{misfit.field} {misfit.reason}" for misfit in misfits[:_MAX_NAMED]]
    if len(misfits) > _MAX_NAMED:
        parts.append(f"and {len(misfits) - _MAX_NAMED} more")
    return f"{heading}: {'; '.join(parts)}."


def migration_sentence(misfits: list[Misfit]) -> str:
    """Return sentences on what a migration changed and what it could not repair."""
    fixes = [f"{misfit.field} {misfit.repair}" for misfit in misfits if misfit.repair]
    fields = [misfit.field for misfit in misfits if not misfit.repair]
    parts = [
        f"Repaired: {'; '.join(fixes[:12])}."
        if fixes
        else "Nothing could be repaired automatically."
    ]
    if fields:
        parts.append(f"You still have to correct: {', '.join(dict.fromkeys(fields))}.")
    return " ".join(parts)

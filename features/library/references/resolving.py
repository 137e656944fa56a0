"""Replaces `@bottle` in arguments with the pictures that the model accepts, and records the use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Max

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.http.parameters import parse_uuid
from features.library.models import Reference, ReferenceRun
from features.library.references import pictures
from runs.models import Run
from runs.promises.named_inputs import NamedInput, ResolvedArguments
from runs.promises.places import Place
from schemas.uses import references as uses
from schemas.uses.mentions import OWN

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import Project

LATEST_RUNS = 24
KIND = "reference"
MAX_WORDS_CHARS = 400


class _OfferedReference(NamedTuple):
    row: Reference
    version: int
    content: uses.Reference


class Resolver:
    """Resolves the names of references for a user's runs in a project.

    Each reference is read once, at its first mention.
    """

    def __init__(self, user: User, project: Project) -> None:
        self.user, self.project = user, project
        self._by_key: dict[str, _OfferedReference | None] = {}

    def __call__(self, endpoint: Endpoint, arguments: dict[str, Any]) -> ResolvedArguments:
        """Return the arguments with their references resolved."""
        version = version_of(endpoint)
        keys = uses.keys_mentioned(version.root, arguments)
        if not keys:
            return ResolvedArguments(arguments)
        offered = self._offered(keys)
        contents = {key: offer.content for key, offer in offered.items()}
        filled = uses.fill(version, arguments, contents)
        named_inputs = tuple(
            NamedInput(
                KIND,
                str(offered[key].row.pk),
                offered[key].version,
                outcome.sentence[:MAX_WORDS_CHARS],
                outcome.is_whole,
            )
            for key, outcome in filled.outcomes.items()
        )
        return ResolvedArguments(filled.arguments, named_inputs, filled.problems)

    def _offered(self, keys: Sequence[str]) -> dict[str, _OfferedReference]:
        unread = [key for key in keys if key not in self._by_key]
        if unread:
            self._by_key |= dict.fromkeys(unread)
            self._read(unread)
        return {key: offered for key in keys if (offered := self._by_key[key])}

    def _read(self, keys: Iterable[str]) -> None:
        key_set = set(keys)
        rows = Reference.objects.offered_in(self.project, self.user)
        rows = rows.filter(key__in={key.removeprefix(OWN) for key in key_set})
        rows = rows.select_related("project").annotate(newest=Max("versions__number"))
        references = list(rows)
        addresses = [address for row in references for address in row.pictures]
        readable_addresses = pictures.readable(self.user, addresses) if addresses else set()
        for row in references:
            is_own = row.user_id == self.user.pk and (row.is_hidden or row.project.is_private)
            for key in (row.key, *([f"{OWN}{row.key}"] if is_own else ())):
                if key in key_set and self._by_key[key] is None:
                    self._by_key[key] = self._content(row, readable_addresses)

    def _content(self, row: Reference, readable_addresses: set[str]) -> _OfferedReference:
        readable = tuple(address for address in row.pictures if address in readable_addresses)
        lora = row.lora if row.lora and not pictures.lora_problem(self.user, row.lora) else ""
        content = uses.Reference(
            row.name, readable, row.description, lora, len(row.pictures) - len(readable)
        )
        return _OfferedReference(row, row.newest or 1, content)  # type: ignore[attr-defined]


def record(user: User, named: Mapping[Run, Sequence[NamedInput]]) -> None:
    """Record the references that the runs used, if their user sees them."""
    of_runs = [
        (run, named_input, pk)
        for run, run_inputs in named.items()
        for named_input in run_inputs
        if named_input.owner == KIND and (pk := parse_uuid(named_input.key))
    ]
    if not of_runs:
        return
    references = Reference.objects.kept().shown_to(user).in_bulk({pk for _, _, pk in of_runs})
    ReferenceRun.objects.bulk_create(
        (
            ReferenceRun(
                reference=references[pk],
                run=run,
                version=named_input.version,
                words=named_input.words,
                is_whole=named_input.is_whole,
            )
            for run, named_input, pk in of_runs
            if pk in references
        ),
        ignore_conflicts=True,
    )


def runs_by_version(user: User, reference: Reference) -> Mapping[int, Sequence[Run]]:
    """Return the latest runs of the user's projects with the reference, by version."""
    uses = ReferenceRun.objects.filter(reference=reference)
    runs = Run.objects.kept().shown_to(user).filter(pk__in=uses.values("run"))
    latest = {run.pk: run for run in runs.recent()[:LATEST_RUNS]}
    versions = dict(uses.filter(run__in=latest).values_list("run", "version"))
    grouped = defaultdict(list)
    for pk, run in latest.items():
        grouped[versions[pk]].append(run)
    return grouped


def places_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the references that a run used and the user sees."""
    visible = Reference.objects.kept().shown_to(user)
    uses = ReferenceRun.objects.filter(run=run, reference__in=visible).select_related("reference")
    return [
        Place(
            "Reference",
            str(use.reference),
            use.reference.get_absolute_url(),
            f"version {use.version}, {use.words.partition(': ')[2] or 'none of it was used'}",
        )
        for use in uses.order_by("pk")
    ]

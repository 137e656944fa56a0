"""Runs the inputs of checks again, and asks whether a model has changed under its name.

A round begins a month after the last one, and when the listing, the inputs or the price of the
model have changed. Each input runs twice with the seed of its original, so that the page shows the
model's own variation too. No round begins while one waits for its answer: nobody would look at it.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from catalog.models import Change, Endpoint
from catalog.schema_versions import version_of
from core import refusals
from core.formatting import money
from features.notifications import kinds, model_changes, outbox
from features.retirement import replacing
from features.retirement.models import CheckRun, ModelCheck
from playground import rerun
from playground.display import history
from runs.costs import ledger
from runs.costs.cost import estimate_runs
from runs.files.result_names import seed_of
from runs.models import LedgerAccount, Run
from runs.start import starting
from runs.start.refused_starts import Refused
from runs.start.starting import Source
from schemas.estimate import NOTHING, Estimate

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from runs.models.querysets import RunQuerySet

CHECK = kinds.Kind("check", "Checks", "a check of a model asks: same or different?", asks=True)
MOST_INPUTS = 3
MONTH = timedelta(days=30)
TAKES = (CheckRun.FIRST, CheckRun.SECOND)
SEED = 1  # of originals whose own seed is unknown
AT_ONCE = 10  # other jobs get their turn in between
REST_S = 60.0
_CHANGES = (Change.Kind.LISTING, Change.Kind.PRICE, Change.Kind.SCHEMA)


def estimate(runs: Sequence[Run]) -> Estimate:
    """Return what a round with these originals costs."""
    inputs = [(run.endpoint, arguments_of(run)) for run in runs for _ in TAKES]
    return sum(estimate_runs(inputs), NOTHING)


def arguments_of(run: Run) -> dict[str, Any]:
    """Return the arguments of an original with a fixed seed, if its model takes one."""
    arguments = run.arguments if isinstance(run.arguments, dict) else {}
    seed = next((field for field in version_of(run.endpoint).root.children if field.is_seed), None)
    return arguments | {seed.name: int(seed_of(run) or SEED)} if seed else arguments


def run_due() -> float:
    """Ask about the rounds that have ended, and begin those that are due."""
    now = timezone.now()
    awaited = Run.objects.unfinished().exclude(state=Run.State.UNCONFIRMED)
    is_awaited = Exists(CheckRun.objects.filter(check_of=OuterRef("pk"), run__in=awaited))
    for check in ModelCheck.objects.kept().filter(~is_awaited, state=ModelCheck.State.RUNNING):
        _ask(check)
    due = [*_due(now).values_list("pk", flat=True)[:AT_ONCE]]
    for key in due:
        with transaction.atomic():  # another worker may have begun the round
            for locked in _due(now).select_for_update(of=("self",)).filter(pk=key):
                _begin(locked, now)
    return 1.0 if len(due) == AT_ONCE else REST_S


def _due(now: datetime) -> QuerySet[ModelCheck]:
    changes = _changes().filter(endpoint=OuterRef("endpoint"), at__gt=OuterRef("seen_at"))
    is_due = Q(seen_at=None) | Q(seen_at__lt=now - MONTH) | Q(Exists(changes))
    checks = ModelCheck.objects.kept().filter(is_due).exclude(state__in=ModelCheck.OPEN)
    return checks.select_related("endpoint", "project", "user").order_by("pk")


def _changes() -> QuerySet[Change]:
    return Change.objects.worth_showing().filter(kind__in=_CHANGES)


def _begin(check: ModelCheck, now: datetime) -> None:
    """Begin a round of a locked check; if it is refused, notify its user of the reason."""
    check.reason, check.note = _reason(check), ""
    check.round, check.seen_at = check.round + 1, now
    if check.state == ModelCheck.State.DIFFERENT:
        _renew_originals(check)
    try:
        with transaction.atomic():
            _start(check)
    except ledger.CapExceeded as error:
        unknown = "Its price is unknown, so no limit can be guaranteed."
        dear = f"A round may cost more than its limit of {money(check.limit_usd)}."
        check.note = unknown if error.amount is None else dear
    except Refused as refusal:
        check.note = str(refusal)
    check.state = ModelCheck.State.PLANNED if check.note else ModelCheck.State.RUNNING
    check.save()
    if check.note:
        _tell(check.user, check, f"The check of {check.name} did not run", check.note)


def _reason(check: ModelCheck) -> str:
    if check.seen_at is None:
        return "First round"
    changes = _changes().filter(endpoint=check.endpoint, at__gt=check.seen_at)
    return ", ".join(dict.fromkeys(change.headline for change in changes)) or "A month has passed"


def _renew_originals(check: ModelCheck) -> None:
    """Compare with the new results from now on: the model was found to be different."""
    for first in check.runs.filter(take=CheckRun.FIRST, run__state=Run.State.SUCCEEDED):
        check.runs.filter(place=first.place, take=CheckRun.ORIGINAL).delete()
        check.runs.filter(pk=first.pk).update(take=CheckRun.ORIGINAL)


def _start(check: ModelCheck) -> None:
    """Start each input twice, all or none; raises Refused and CapExceeded."""
    originals = check.runs.filter(take=CheckRun.ORIGINAL, run__deleted_at=None)
    runs = Run.objects.select_related("endpoint", "project").light("arguments", "output", "options")
    run_by_key = runs.in_bulk([original.run_id for original in originals])
    takes = [(row.place, take, run_by_key[row.run_id]) for row in originals for take in TAKES]
    if not takes:
        raise Refused("All its inputs are deleted. Delete the check, and make a new one.")
    account = ledger.open_account(
        LedgerAccount.Kind.CHECK, check.pk, str(check.round), check.limit_usd
    )
    started = starting.start_many(
        [
            replace(
                rerun.repetition(run, check.user, Source.CHECK, f"{check.pk}-{check.round}-{key}"),
                arguments=arguments_of(run),
                accounts=(account,),
                project=check.project,
                is_hidden=check.is_hidden or run.is_hidden,
            )
            for key, (_, _, run) in enumerate(takes)
        ]
    )
    check.runs.exclude(take=CheckRun.ORIGINAL).delete()
    CheckRun.objects.bulk_create(
        CheckRun(check_of=check, run=start.run, place=place, take=take)
        for start, (place, take, _) in zip(started, takes, strict=True)
    )


def _ask(check: ModelCheck) -> None:
    with transaction.atomic():
        running = ModelCheck.objects.filter(pk=check.pk, state=ModelCheck.State.RUNNING)
        if running.update(state=ModelCheck.State.ASKS):
            _tell(check.user, check, f"{check.name}: same or different?", f"{check.reason}.")


def answer(check: ModelCheck, user: User, *, is_different: bool) -> None:
    """Answer the latest round; "different" notifies those who use the model. Raises Refused."""
    state = ModelCheck.State.DIFFERENT if is_different else ModelCheck.State.SAME
    with transaction.atomic():
        unanswered = ModelCheck.objects.filter(pk=check.pk, state__in=ModelCheck.OPEN)
        if not unanswered.update(state=state):
            raise refusals.Refused("Somebody else has just answered.")
        if is_different:
            _tell_users(check, user)


def _tell_users(check: ModelCheck, by: User) -> None:
    """Notify everybody else who uses the model; only who sees the check learns of it."""
    endpoint = check.endpoint
    keys = {*replacing.users_of(endpoint), *model_changes.used([endpoint.pk])} - {by.pk}
    for user in User.objects.filter(pk__in=keys, is_active=True):
        is_seen = ModelCheck.objects.kept().shown_to(user).filter(pk=check.pk).exists()
        outbox.notify(
            user,
            kinds.MODEL_CHANGED,
            subject=f"{endpoint.name} gives other results now",
            text="The same inputs with the same seeds were run again, and a person has compared "
            "the results.",
            path=check.get_absolute_url() if is_seen else replacing.page_address(endpoint),
            key=f"check {check.pk} {check.round} different",
            about=endpoint,
        )


def _tell(user: User, check: ModelCheck, subject: str, text: str) -> None:
    outbox.notify(
        user,
        CHECK.name,
        subject=subject,
        text=text,
        path=check.get_absolute_url(),
        key=f"check {check.pk} {check.round}",
        about=check,
    )


def asking(user: User) -> QuerySet[ModelCheck]:
    """Return the checks that wait for the user's answer."""
    return ModelCheck.objects.owned_by(user).filter(state=ModelCheck.State.ASKS)


def pictures_of(user: User, checks: Collection[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """Return the pictures of the first input of each check, the original first. Two queries."""
    rows = CheckRun.objects.filter(check_of__in=checks, place=0)
    keys = [*rows.values_list("check_of_id", "run_id")]
    stills = history.pictures_of(user, [run for _, run in keys])
    pictures: dict[uuid.UUID, list[str]] = defaultdict(list)
    for check, run in keys:
        pictures[check] += stills.get(run, [])
    return pictures


def offered(user: User, check: ModelCheck, endpoint: Endpoint | None) -> RunQuerySet:
    """Return the results of a model that can be inputs of a new check, the starred first."""
    runs = Run.objects.kept().in_project(check.project, user)
    runs = runs.filter(endpoint=endpoint, state=Run.State.SUCCEEDED).with_artifacts()
    return runs.with_endpoint().order_by("-is_starred", "-created_at")

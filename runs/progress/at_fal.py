"""Says what fal still has of a run and until when (protocol, sections 5.4, 17.3 and 17.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from core.formatting import duration_in_words
from runs.models import Artifact, InputFile, Run, Upload, UpstreamDeletion
from runs.ownership import upstream_deletion, upstream_retention
from runs.ownership.upstream_deletion import AccountStorage
from runs.progress import current_upstream

PAYLOADS_FOR = timedelta(days=30)  # if they are stored; the header `X-Fal-Store-IO: 0` prevents it
RESULT_FOR = timedelta(hours=1)  # otherwise; a result of 10 KB or more only six minutes
ENDLESS = datetime.max.replace(tzinfo=UTC)
UNKNOWN = ENDLESS - timedelta(days=1)  # the account's settings decide, which nobody here knows
WEEK = timedelta(days=6)


def line(run: Run) -> str:
    """Return a line such as `At fal: input until Friday 14:02, result deleted today at 14:02`.

    Empty for a run that fal has not received.
    """
    description = _describe(run)
    place = "In the sandbox" if current_upstream.is_free() else "At fal"
    return f"{place}: {description}." if description else ""


def _describe(run: Run) -> str:
    if not run.request_id or run.sent_at is None:
        return ""
    plan = UpstreamDeletion.objects.filter(pk=run.pk).first()
    account = upstream_deletion.account_storage()
    input_files = _input_files(run, account)
    if plan and plan.deleted_at:
        when = f"deleted {_moment(plan.deleted_at)}"
        if not input_files:
            return f"input and result {when}"
        return f"input {_until(max(input_files))}, result {when}"
    text_until = None if _stores_nothing(run) else run.sent_at + PAYLOADS_FOR
    description = _part("input", text_until, input_files)
    if run.state == Run.State.SUCCEEDED:
        ended_at = run.ended_at or timezone.now()
        text_until = ended_at + (RESULT_FOR if _stores_nothing(run) else PAYLOADS_FOR)
        result = _part("result", text_until, _result_files(run, ended_at, account))
        description += f", {result}"
    return f"{description}{_outlook(plan, account)}" if plan and run.is_final else description


def _part(name: str, text_until: datetime | None, files: list[datetime]) -> str:
    """Return until when there is the text of an input or result, and its files if that differs."""
    moments = [moment for moment in (text_until, max(files, default=None)) if moment]
    terms = list(dict.fromkeys(map(_until, moments)))
    return f"{name} {', its files '.join(terms)}" if terms else f"no {name}"


def _outlook(plan: UpstreamDeletion, account: AccountStorage) -> str:
    """Return the rest of the line about a deletion that fal has not confirmed."""
    if not account.can_delete:
        return ". Only with FAL_ADMIN_KEY can Vitrine delete it earlier"
    if plan.trouble:
        return f". Vitrine asks again to delete it: {plan.trouble.rstrip('.')}"
    return ". It is deleted as soon as the copies here are complete"


def after_deletion() -> str:
    """Return what a deletion here means for the copies at fal."""
    account = upstream_deletion.account_storage()
    upstream = "The sandbox" if current_upstream.is_free() else "fal"
    if account.can_delete:
        return f"{upstream} deletes results and texts, too. Input files expire there."
    files = "without end" if account.is_known else "as long as the account's settings say"
    if account.expires_after_s:
        files = f"for {duration_in_words(account.expires_after_s)}"
    return (
        f"{upstream} keeps texts for up to 30 days and files {files}. "
        "With FAL_ADMIN_KEY, Vitrine could delete them there."
    )


def _stores_nothing(run: Run) -> bool:
    return run.options.get("store_io") is False


def _input_files(run: Run, account: AccountStorage) -> list[datetime]:
    """Return when the run's input files expire that were uploaded for it, past times too."""
    sources = InputFile.objects.filter(run=run.pk).values("source")
    uploads = Upload.objects.filter(pk__in=sources, upstream_at__isnull=False)
    moments = uploads.values_list("upstream_at", "upstream_until")
    return [until or _by_account(at, account) for at, until in moments if at]


def _result_files(run: Run, ended_at: datetime, account: AccountStorage) -> list[datetime]:
    if not Artifact.objects.filter(run=run.pk).exclude(url__startswith="data:").exists():
        return []
    kept_for = upstream_retention.files_for(run.options)
    return [ended_at + kept_for if kept_for else _by_account(ended_at, account)]


def _by_account(since: datetime, account: AccountStorage) -> datetime:
    if account.expires_after_s is None:
        return ENDLESS if account.is_known else UNKNOWN
    return since + timedelta(seconds=account.expires_after_s)


def _until(moment: datetime) -> str:
    if moment == ENDLESS:
        return "without end"
    if moment == UNKNOWN:
        return "for as long as the account's settings say"
    return f"{'expired' if moment < timezone.now() else 'until'} {_moment(moment)}"


def _moment(moment: datetime) -> str:
    """Return `today at 14:02`, `Friday 14:02` within a week, else `24 Dec 2026`."""
    local, now = timezone.localtime(moment), timezone.localtime()
    if local.date() == now.date():
        return f"today at {local:%H:%M}"
    return f"{local:%A %H:%M}" if abs(local - now) < WEEK else f"{local:%-d %b %Y}"

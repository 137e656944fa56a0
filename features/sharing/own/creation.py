"""Creates shares of selected results or other rows; lists, ends and restores shares."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import permissions
from accounts.audit import trail
from core.formatting import counted, shorten
from core.periods import UNDO_WITHIN
from core.refusals import Refused
from features.library.selection import ResultKey, SelectedResults, Selection, choose
from features.sharing import items
from features.sharing.events import raise_version
from features.sharing.kinds.table import KINDS
from features.sharing.models import Comment, Pick, Share
from features.sharing.models.share import MAX_TITLE_CHARS
from features.sharing.own import audiences
from playground.display.wall import NOT_SHOWN
from projects import roles
from projects.models import Project
from projects.models.project import private_project
from runs.file_kinds import kind_named
from runs.models import Artifact, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import User
    from django.db.models import QuerySet

    from features.sharing.items import ShownKey
    from features.sharing.models.share import ShareQuerySet
    from features.sharing.own.audiences import ForWhom

REUSED_FOR = timedelta(minutes=15)
NONE_LEFT = (
    "Nothing here can be shared: it no longer exists, has no result, or you may not share it. "
    "You can share what you see in projects in which you are a maker, but not other people's "
    "examples."
)
UNKNOWN = "This does not exist, or you may not see it."
TOO_MANY = f"A share shows at most {items.MAX_ITEMS:,} results. Choose fewer."


def share_results(
    user: User,
    selection: Selection,
    answer: ForWhom | None,
    message: str = "",
    title: str = "",
) -> tuple[Share, SelectedResults]:
    """Share the selected results that the user may share; returns the share and these results.

    Users may share results of projects where they are makers, but neither as viewers nor others'
    examples. Without the answer to “For whom?” nothing is saved. Sharing the same results again
    for the same people within REUSED_FOR returns the same share. Raises Refused if no results
    remain, or too many.
    """
    own = Run.objects.kept().changeable_by(user).filter(project__archived_at=None)
    selected = choose(selection, own.exclude(state__in=NOT_SHOWN))
    if not selected.results:
        raise Refused(NONE_LEFT)
    if len(selected.results) > items.MAX_ITEMS:
        raise Refused(TOO_MANY)
    project, is_hidden = _place(user, selected)
    share = Share(user=user, project=project, is_hidden=is_hidden, note=message)
    share.title = title or _title(selected.results)
    return _begin(share, selected.results, answer), selected


def share_source(
    user: User,
    name: str,
    key: str,
    answer: ForWhom | None,
    message: str = "",
    title: str = "",
) -> Share:
    """Share a series, view, board or a row of another kind by its key.

    At first the share does not follow changes. Without an `answer` nothing is saved. Raises Refused
    if the row does not exist, or the user may not share it.
    """
    kind = KINDS.get(name)
    row = kind.find(user, key) if kind else None
    if kind is None or row is None:
        raise Refused(UNKNOWN)
    project = getattr(row, "project", None)
    if project is not None and (refusal := roles.refusal_to_make(user, project)):
        raise Refused(refusal)
    share = Share(
        user=user,
        project=project or private_project(user),
        is_hidden=getattr(row, "is_hidden", False),
        kind=kind.name,
        source=key,
        title=title or kind.title(row)[:MAX_TITLE_CHARS],
        note=message,
    )
    return _begin(share, kind.results(share), answer)


def keep(share: Share) -> None:
    """Let a share keep its present content; the caller saves it."""
    kind = KINDS[share.kind]
    if (results := kind.results(share)) is not None:
        items.keep_in_step(share, results)
    share.follows, share.frozen = False, kind.freeze(share)


def follow(share: Share) -> None:
    """Let a share follow its source's changes; the caller saves it."""
    share.follows, share.frozen = True, None


@transaction.atomic
def _begin(share: Share, results: Sequence[ShownKey] | None, answer: ForWhom | None) -> Share:
    if answer is None:
        return share
    results = list(results or ())[: items.MAX_ITEMS]
    share.frozen = KINDS[share.kind].freeze(share)
    audiences.apply(share, answer)
    if former := _made_lately(share, results, answer):
        return former
    share.save()
    items.keep_in_step(share, results)
    items.make_ready(share)
    trail.record(share.user, "shared", [share], share.get_kind_display().lower())
    return share


def _made_lately(share: Share, results: list[ShownKey], answer: ForWhom) -> Share | None:
    """Return the user's recent share of the same content, if it has not ended.

    A share with a changed audience, options, password or end is not reused.
    """
    as_stored = json.loads(json.dumps(share.frozen))  # as the database returns it
    recent_shares = Share.objects.live().filter(
        user=share.user,
        project=share.project,
        kind=share.kind,
        source=share.source,
        follows=False,
        created_at__gt=timezone.now() - REUSED_FOR,
        expires_at__isnull=answer.days is None,
        password="",
        note=share.note,
        title=share.title,
        **answer.options,
    )
    for former in recent_shares.order_by("-created_at").select_related("project", "user")[:10]:
        if former.frozen != as_stored:  # a text edited since must not appear in its old version
            continue
        if [items.key_of(item) for item in former.items.filter(is_input=False)] == results:
            return former
    return None


def _place(user: User, selected: SelectedResults) -> tuple[Project, bool]:
    """Return the results' project, or the user's private one if they are of several projects."""
    rows = Run.objects.filter(pk__in=selected.run_keys).order_by()
    distinct_places = set(rows.values_list("project", "is_hidden"))
    places = {project for project, _ in distinct_places}
    is_hidden = any(hidden for _, hidden in distinct_places)
    if len(places) == 1:
        return Project.objects.get(pk=places.pop()), is_hidden
    return private_project(user), is_hidden


def suggested_title(share: Share, results: Sequence[ResultKey]) -> str:
    """Return what the question for a title begins with: the source's title, or the only prompt.

    Empty for several results: the prompt of one would be wrong for the others.
    """
    if share.source:
        return share.title
    prompts = Run.objects.filter(pk=results[0].run).values_list("title", flat=True)
    return shorten(prompts[0], MAX_TITLE_CHARS) if len(results) == 1 else ""


def _title(results: Sequence[ResultKey]) -> str:
    """Return "5 pictures": words that reveal nothing about how they were made."""
    runs = {result.run for result in results}
    rows = (
        Artifact.objects.filter(run__in=runs).order_by().values_list("run_id", "position", "kind")
    )
    kinds = {ResultKey(run, position): kind for run, position, kind in rows}
    nouns = {kind_named(kinds[result]).noun if result in kinds else "result" for result in results}
    return counted(len(results), nouns.pop() if len(nouns) == 1 else "result")


@transaction.atomic
def revoke(by: User, share: Share) -> None:
    """End a share: its address and its files lead nowhere from now on. Idempotent."""
    ended = Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now())
    if ended:
        items.touch(share.items.all())
        trail.record(by, "ended", [share])
        raise_version(share.pk)


@transaction.atomic
def renew(share: Share, by: User) -> None:
    """Give a share a new address; who had the former one only gets it from a person."""
    share.give_token()
    share.renewed_at = timezone.now()
    share.save(update_fields=["token", "token_digest", "renewed_at"])
    trail.record(by, "renewed the address of", [share])
    raise_version(share.pk)


@transaction.atomic
def bring_back(by: User, share: Share) -> None:
    """Undo the end of a share; raises Refused if it was too long ago."""
    since = timezone.now() - UNDO_WITHIN
    restored_count = Share.objects.filter(pk=share.pk, revoked_at__gt=since).update(revoked_at=None)
    if not restored_count:
        raise Refused("It can no longer be brought back. Create a new share.")
    items.touch(share.items.all())
    trail.record(by, "restored", [share])
    raise_version(share.pk)


def may_see_all(user: User) -> bool:
    """Whether the user may see and end everybody's shares."""
    return permissions.may(user, permissions.SEE_ALL_SHARES)


def endable_shares(user: User) -> ShareQuerySet:
    """Return the shares that the user may end: `removable_by`, or all with the permission."""
    return Share.objects.all() if may_see_all(user) else Share.objects.removable_by(user)


def listed_shares(user: User, *, of_all: bool = False) -> ShareQuerySet:
    """Return the user's shares of all projects, or everybody's, with their feedback counts."""
    rows = Share.objects.all() if of_all and may_see_all(user) else Share.objects.own(user)
    picks = Pick.objects.filter(item__share=OuterRef("pk")).values("item__share")
    comments = Comment.objects.filter(share=OuterRef("pk"), deleted_at=None).values("share")
    return rows.select_related("user", "project", "for_project").annotate(
        number_of_picks=_number(picks), number_of_comments=_number(comments)
    )


def _number(rows: QuerySet[Any, Any]) -> Coalesce:
    counts = rows.order_by().annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)

"""Drafts: saves what a person types into a form, and restores contents that were replaced.

Each browser tab has a draft of its own, so that two tabs on one model do not overwrite each other:
a cookie has the id of the tab in front (`static/js/draft-tab.js`). A new tab starts with the
newest draft. A draft also keeps the contents that a preset, an older run or "Reset form" replaced,
so that this can be undone. Recent texts for a field come from runs of all models.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.utils import timezone

from catalog.models import Endpoint
from playground.form import form_state, json_view, migrate_arguments
from playground.form.form_state import FormContents, FormState, Post
from runs.models import Draft, Run
from runs.start import starting, transport_choices

MAX_CHARS = 1 << 20
MAX_EARLIER = 6
MAX_TABS = 4  # per form; the drafts of further tabs are deleted
OFFERED_FOR = timedelta(hours=1)  # how long another tab's draft is offered
SAVED_WITHIN = timedelta(seconds=10)  # Run creates the run and saves the form, in any order
_SAVED_FIELDS = ("post", "version", "earlier", "schema_digest")


class TooLarge(ValueError):
    """The form has more text than a draft may hold; the message is shown to people."""


@dataclass(frozen=True)
class Tab:
    """A browser tab by its id, and how its page was filled."""

    id: str = ""
    # The address filled the form, so it differs from the draft until it is saved.
    is_filled: bool = False


def find(user: User, endpoint: Endpoint, tab: Tab = Tab()) -> Draft:
    """Return the tab's draft of a model's form, else the user's newest, else an empty one."""
    draft = _own_or_newest(user, endpoint, tab.id or None).first()
    if draft is None:
        return Draft(user=user, endpoint=endpoint, post={})
    draft.endpoint = endpoint
    return draft


def save(user: User, contents: FormContents, tab: Tab) -> int:
    """Save a tab's form contents; returns the draft's new version. Raises TooLarge.

    An untouched form is saved as an empty draft.
    """
    endpoint = contents.endpoint
    if size(contents.post) > MAX_CHARS:
        raise TooLarge(
            f"This form holds more than {MAX_CHARS >> 20} MB of text, so it is not saved as a "
            "draft. Run sends all of it."
        )
    post = _to_keep(contents)
    with transaction.atomic(savepoint=False):
        draft = _lock_draft(user, endpoint, tab)
        is_same = draft.post == post and draft.schema_digest == (endpoint.schema_id or "")
        if is_same and draft.pk:
            return draft.version  # the usual case for Run: already saved by the form
        if tab.is_filled and draft.post != post:
            _push_undo(draft, draft.post)
        if not is_same:
            _write(draft, endpoint, post)
        _save(draft)
    return draft.version


def replace(user: User, old: FormContents, new: FormContents, tab: Tab) -> tuple[int, bool]:
    """Replace the form's contents; return the new version, and whether it can be undone."""
    with transaction.atomic():
        draft = _lock_draft(user, new.endpoint, tab)
        is_loss = not old.is_untouched and old.post != new.post
        if is_loss:
            _push_undo(draft, old.post)
        _write(draft, new.endpoint, _to_keep(new))
        _save(draft)
    return draft.version, is_loss


def undo(user: User, now: FormContents, tab: Tab) -> tuple[int, Post]:
    """Restore and return the previous contents, with the new version; can itself be undone."""
    with transaction.atomic():
        draft = _lock_draft(user, now.endpoint, tab)
        post = draft.post if tab.is_filled or not draft.earlier else draft.earlier.pop()["post"]
        _push_undo(draft, _to_keep(now))
        _write(draft, now.endpoint, post)
        _save(draft)
    return draft.version, dict(post)


def _to_keep(contents: FormContents) -> Post:
    """Return what a draft keeps of a form's contents: nothing of an untouched one."""
    return {} if contents.is_untouched else contents.post


def other_draft(user: User, endpoint: Endpoint, current: Draft) -> Draft | None:
    """Return another tab's recent draft, if a tab that shows `current` may miss its contents.

    Drafts that were run are not offered: they are in the history.
    """
    own_drafts = Draft.objects.filter(user=user, endpoint=endpoint).exclude(pk=current.pk)
    lately = own_drafts.filter(updated_at__gt=timezone.now() - OFFERED_FOR).order_by("-updated_at")
    drafts = [draft for draft in lately[:MAX_TABS] if draft.post not in ({}, current.post)]
    return next((draft for draft in drafts if not _was_run(user, endpoint, draft)), None)


def _was_run(user: User, endpoint: Endpoint, draft: Draft) -> bool:
    """Whether a run with the same title was started since the draft was last changed."""
    arguments = form_state.parse_form_leniently(endpoint, draft.post).arguments
    title = starting.title(arguments) if isinstance(arguments, dict) else ""
    since = Run.objects.filter(user=user, endpoint=endpoint, title=title)
    return since.filter(created_at__gte=draft.updated_at - SAVED_WITHIN).exists()


def current_state(draft: Draft) -> FormState:
    """Return the draft's contents in the controls of the model's current schema.

    Nothing is dropped: what the newer schema does not know or accept stays in the form and is
    listed, with an offer to migrate it.
    """
    endpoint, plain = draft.endpoint, FormState(draft.post)
    drawn_by = draft.schema_digest or endpoint.schema_id or ""
    made_for = form_state.outdated_digest(draft.post) or drawn_by
    if not draft.post or made_for == drawn_by == (endpoint.schema_id or ""):
        return plain
    before = form_state.former_version(endpoint, drawn_by)
    arguments, problems = form_state.parse_form_leniently(endpoint, draft.post, before)
    if before is None or problems:
        return plain
    migrated = migrate_arguments.find_misfits(endpoint, arguments, made_for)
    filled = plain
    if drawn_by != endpoint.schema_id and not json_view.is_json(draft.post):
        post = form_state.from_arguments(endpoint, arguments).post
        filled = dataclasses.replace(plain, post=transport_choices.keep_choice(post, draft.post))
    if migrated is None:
        return filled
    notice = f"This is what you had typed. {migrate_arguments.misfit_sentence(migrated)}"
    return form_state.with_misfits(filled, notice, made_for, is_mendable=migrated.is_mendable)


def size(post: Post) -> int:
    """Return the number of characters in a post."""
    return sum(len(text) for texts in post.values() for text in texts)


def _write(draft: Draft, endpoint: Endpoint, post: Post) -> None:
    draft.post, draft.version = post, draft.version + 1
    draft.schema_digest = endpoint.schema_id or ""


def _lock_draft(user: User, endpoint: Endpoint, tab: Tab) -> Draft:
    """Return the tab's draft, locked; for a new tab a new one with the newest draft's contents.

    The lock is on the person. On the drafts it would deadlock: a new tab reads the newest draft,
    and deletes the oldest ones, while other tabs do the same with theirs.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    draft = _own_or_newest(user, endpoint, tab.id).first()
    if draft is not None and draft.tab == tab.id:
        return draft
    newest = draft or Draft(post={})
    copied = {name: getattr(newest, name) for name in _SAVED_FIELDS}
    return Draft(user=user, endpoint=endpoint, tab=tab.id, **copied)


def _own_or_newest(user: User, endpoint: Endpoint, tab: str | None) -> QuerySet[Draft]:
    """The user's drafts of a model's form: that of `tab` first, then the newest."""
    own_drafts = Draft.objects.filter(user=user, endpoint=endpoint)
    own_first = [Case(When(tab=tab, then=0), default=1)] if tab is not None else []
    return own_drafts.order_by(*own_first, "-updated_at")


def _delete_oldest(user: User, endpoint: Endpoint) -> None:
    """Keep only the drafts of the tabs that were used last."""
    own_drafts = Draft.objects.filter(user=user, endpoint=endpoint).order_by("-updated_at")
    Draft.objects.filter(pk__in=own_drafts.values("pk")[MAX_TABS:]).delete()


def _save(draft: Draft) -> None:
    """Write a draft of `_lock_draft`."""
    if draft.pk is None:
        draft.save(force_insert=True)
        _delete_oldest(draft.user, draft.endpoint)
        return
    values = {name: getattr(draft, name) for name in _SAVED_FIELDS}
    Draft.objects.filter(pk=draft.pk).update(**values, updated_at=timezone.now())


def _push_undo(draft: Draft, post: Post) -> None:
    """Add contents to the draft's undo list: each once, the newest few."""
    if not post:
        return
    other_entries = [entry for entry in draft.earlier if entry["post"] != post]
    entries: list[dict[str, Any]] = []
    room = 2 * MAX_CHARS
    for entry in reversed([*other_entries, {"post": post}][-MAX_EARLIER:]):
        room -= size(entry["post"])
        if entries and room < 0:
            break
        entries.insert(0, entry)
    draft.earlier = entries

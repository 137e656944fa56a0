"""Drafts: saves what a person types, and restores what something else replaced in the form.

There is one draft row for each person and model. It records which page (tab) wrote it and a
version, so that a second tab cannot overwrite changes it has not seen. It also keeps what a
preset, an older run or "Reset form" replaced, so that this can be undone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import BigAutoField
from django.utils import timezone

from catalog.models import Endpoint
from core.db import prepared_queries
from core.db.prepared_queries import Param, PreparedQuery
from playground.form import form_state, json_view, migrate_arguments
from playground.form.form_state import FormState, ParsedForm, Post
from playground.models import Draft
from playground.runs import transport_choices

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_CHARS = 1 << 20
MAX_EARLIER = 6
OTHER_TAB = "other tab"
REPLACED = "replaced"
_SAVED_FIELDS = ("post", "version", "tab", "earlier", "schema_digest")


class TooLarge(ValueError):
    """More text than a draft may hold; the message is shown to people."""


class DraftConflict(Exception):
    """Another tab has written the draft since; both are kept, `version` is the other tab's."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the draft is at version {version}")
        self.version = version


@dataclass(frozen=True)
class Tab:
    """A rendered page: its id, the version of the draft it has seen, and how it was filled."""

    id: str = ""
    version: int | None = None  # None: unknown, so the tab is never refused
    # The address filled the form, so it differs from the draft until it is saved.
    is_filled: bool = False


def find(user: User, endpoint: Endpoint) -> Draft:
    """Return the person's draft for a model; an empty unsaved one if nothing was typed."""
    kept = _DRAFT.first(user=user.pk, endpoint=endpoint.pk)
    if kept is None:
        return Draft(user=user, endpoint=endpoint, post={})
    kept.endpoint = endpoint
    return kept


def save(
    user: User,
    endpoint: Endpoint,
    post: Post,
    tab: Tab,
    *,
    is_forced: bool = False,
    parsed: ParsedForm | None = None,
) -> int:
    """Save what a tab holds; returns the new version. Raises TooLarge and DraftConflict.

    A tab that has not seen the newest version is refused unless `is_forced`; what it sent is kept
    beside the draft. An untouched form is saved as an empty draft. `parsed` is the parsed post,
    if the caller has it.
    """
    if size(post) > MAX_CHARS:
        raise TooLarge(
            f"This form holds more than {MAX_CHARS >> 20} MB of text, so no draft of it is kept. "
            "Run sends all of it."
        )
    post = {} if form_state.is_untouched(endpoint, post, parsed) else post
    with transaction.atomic(savepoint=False):
        draft = _lock_draft(user, endpoint)
        if _is_saved(draft, endpoint, post):
            return draft.version  # the usual case for Run: the form was saved while it was typed
        is_conflict = _is_conflict(draft, post, tab) and not is_forced
        if is_conflict:
            _put_aside(draft, post, OTHER_TAB, tab.id)
        else:
            _overwrite(draft, endpoint, post, tab, is_forced=is_forced)
        _save(draft)
    if is_conflict:
        raise DraftConflict(draft.version)
    return draft.version


def _is_unseen(draft: Draft, tab: Tab) -> bool:
    """Whether another tab has written the draft since this tab last saw it."""
    return draft.tab != tab.id and draft.version != tab.version


def _is_conflict(draft: Draft, post: Post, tab: Tab) -> bool:
    """Whether a tab would overwrite contents that it has not seen."""
    is_loss = draft.post not in ({}, post)
    return is_loss and _is_unseen(draft, tab) and tab.version is not None


def _overwrite(draft: Draft, endpoint: Endpoint, post: Post, tab: Tab, *, is_forced: bool) -> None:
    """Write a tab's contents to the draft; what it has not seen is put aside."""
    if draft.post not in ({}, post) and (_is_unseen(draft, tab) or tab.is_filled):
        _put_aside(draft, draft.post, REPLACED, draft.tab)
    if is_forced:  # the person works on in this tab, which settles older conflicts
        draft.earlier = [one | {"why": REPLACED} for one in draft.earlier]
    _write(draft, endpoint, post, tab)


def replace(user: User, endpoint: Endpoint, old: Post, new: Post, tab: Tab) -> tuple[int, bool]:
    """Replace the form's contents; returns the new version, and whether there is an undo."""
    with transaction.atomic():
        draft = _lock_draft(user, endpoint)
        if draft.post != old and draft.tab != tab.id:
            _put_aside(draft, draft.post, OTHER_TAB, draft.tab)
        is_loss = not form_state.is_untouched(endpoint, old) and old != new
        if is_loss:
            _put_aside(draft, old, REPLACED, tab.id)
        _write(draft, endpoint, {} if form_state.is_untouched(endpoint, new) else new, tab)
        _save(draft)
    return draft.version, is_loss


def undo(user: User, endpoint: Endpoint, now: Post, tab: Tab) -> tuple[int, Post]:
    """Restore and return what the form held before, with the new version; can itself be undone."""
    with transaction.atomic():
        draft = _lock_draft(user, endpoint)
        back = draft.post if tab.is_filled or not draft.earlier else draft.earlier.pop()["post"]
        if not form_state.is_untouched(endpoint, now):
            _put_aside(draft, now, REPLACED, tab.id)
        _write(draft, endpoint, back, tab)
        _save(draft)
    return draft.version, dict(back)


def take_over(user: User, endpoint: Endpoint, now: Post, tab: Tab) -> tuple[int, Post]:
    """Show what the other tab wrote, put this tab's contents aside; returns version and post."""
    with transaction.atomic():
        draft = _lock_draft(user, endpoint)
        _put_aside(draft, now, REPLACED, tab.id)
        draft.tab, draft.version = tab.id, draft.version + 1
        _save(draft)
    return draft.version, dict(draft.post)


def has_conflict(draft: Draft) -> bool:
    """Whether a refused tab's contents were put aside last and nobody has decided yet."""
    return bool(draft.earlier) and draft.earlier[-1]["why"] == OTHER_TAB


def overwritten_post(draft: Draft) -> Post | None:
    """Return what was put aside last if another tab has written the draft since, else None."""
    if not draft.earlier or draft.earlier[-1]["tab"] == draft.tab:
        return None
    post: Post = draft.earlier[-1]["post"]
    return post


def current_state(draft: Draft) -> FormState:
    """Return the draft's contents in the controls of the model's current schema.

    Nothing is dropped: what the newer schema does not know or accept stays in the form and is
    named, with an offer to migrate it.
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
    words = f"This is what you had typed. {migrate_arguments.misfit_sentence(migrated.misfits)}"
    return form_state.with_misfits(filled, words, made_for, is_mendable=migrated.is_mendable)


def size(post: Post) -> int:
    """Return the number of characters in a post."""
    return sum(len(text) for texts in post.values() for text in texts)


def _is_saved(draft: Draft, endpoint: Endpoint, post: Post) -> bool:
    """Whether the draft already holds these contents, without an open conflict."""
    is_same = draft.post == post and draft.schema_digest == (endpoint.schema_id or "")
    return is_same and not any(one["why"] == OTHER_TAB for one in draft.earlier)


def _write(draft: Draft, endpoint: Endpoint, post: Post, tab: Tab) -> None:
    draft.post, draft.tab, draft.version = post, tab.id, draft.version + 1
    draft.schema_digest = endpoint.schema_id or ""


def _lock_draft(user: User, endpoint: Endpoint) -> Draft:
    if draft := _DRAFT_FOR_UPDATE.first(user=user.pk, endpoint=endpoint.pk):
        return draft
    rows = Draft.objects.select_for_update()
    draft, _ = rows.get_or_create(user=user, endpoint=endpoint, defaults={"post": {}})
    return draft


_BY_USER_AND_ENDPOINT = {
    "user_id": Param("user", BigAutoField()),
    "endpoint_id": Param("endpoint", BigAutoField()),
}
_DRAFT = PreparedQuery(lambda: Draft.objects.filter(**_BY_USER_AND_ENDPOINT))
_DRAFT_FOR_UPDATE = PreparedQuery(
    lambda: Draft.objects.select_for_update().filter(**_BY_USER_AND_ENDPOINT)
)


def _save(draft: Draft) -> None:
    values = {name: getattr(draft, name) for name in _SAVED_FIELDS}
    prepared_queries.update_row(draft, {**values, "updated_at": timezone.now()})


def _put_aside(draft: Draft, post: Post, why: str, tab: str) -> None:
    """Keep the newest few earlier contents; of a refused tab and of equal ones only the newest."""
    if not post:
        return
    entry = {"post": post, "why": why, "tab": tab}
    others = [one for one in draft.earlier if not _is_superseded(one, entry)]
    kept: list[dict[str, Any]] = []
    room = 2 * MAX_CHARS
    for one in reversed([*others, entry][-MAX_EARLIER:]):
        room -= size(one["post"])
        if kept and room < 0:
            break
        kept.insert(0, one)
    draft.earlier = kept


def _is_superseded(old: dict[str, Any], new: dict[str, Any]) -> bool:
    is_same_tab = old["why"] == OTHER_TAB and old["tab"] == new["tab"]
    return bool(is_same_tab or old["post"] == new["post"])

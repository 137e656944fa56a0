"""What is typed and not sent: kept while a person types, and brought back after it was replaced.

A draft is one row for each person and model. It knows which drawn page (tab) wrote it and how often
it was written, so that a second tab never overwrites what it has not seen; and it keeps what a preset,
an older run or "Start over" replaced, so that this can be undone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import BigAutoField
from django.utils import timezone

from catalog import prepared
from catalog.models import Endpoint
from catalog.prepared import Prepared, Slot
from playground.form import filling, json_view, mending
from playground.form.filling import Filled, Post
from playground.models import Draft
from playground.transports import choices

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_CHARS = 1 << 20
MOST_EARLIER = 6
OTHER_TAB = "other tab"
REPLACED = "replaced"
_WRITTEN = ("post", "version", "tab", "earlier", "schema_digest")


class TooLarge(ValueError):
    """More text than a draft holds; the message is for people."""


class Clash(Exception):
    """Another tab wrote the draft meanwhile; both are kept, and `version` is the other's."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the draft is at version {version}")
        self.version = version


@dataclass(frozen=True)
class Tab:
    """A drawn page: its id, the draft's version that it knows, and what stands in it."""

    id: str = ""
    version: int | None = None  # None: it does not say, so it is never refused
    is_filled: bool = (
        False  # an address filled it in; the draft is something else until it is saved
    )


def find(user: User, endpoint: Endpoint) -> Draft:
    """The person's draft for a model; an empty one, not yet a row, where nothing was typed."""
    kept = _KEPT.first(user=user.pk, endpoint=endpoint.pk)
    if kept is None:
        return Draft(user=user, endpoint=endpoint, post={})
    kept.endpoint = endpoint
    return kept


def keep(user: User, endpoint: Endpoint, post: Post, tab: Tab, *, is_forced: bool = False) -> int:
    """Write down what a tab holds; answer the new version. Raises TooLarge and Clash.

    A tab that has not seen the newest version is refused unless `is_forced`; what it sent is kept
    beside the draft. What an untouched form holds is no draft.
    """
    if size(post) > MAX_CHARS:
        raise TooLarge(
            f"This form holds more than {MAX_CHARS >> 20} MB of text, so no draft of it is kept. "
            "Run sends all of it."
        )
    post = {} if filling.is_untouched(endpoint, post) else post
    with transaction.atomic(savepoint=False):
        draft = _locked(user, endpoint)
        if _holds(draft, endpoint, post):
            return draft.version  # Run, mostly: what it sends has been kept as it was typed
        is_unseen = draft.tab != tab.id and draft.version != tab.version
        is_loss = draft.post not in ({}, post) and (is_unseen or tab.is_filled)
        clashes = is_loss and is_unseen and tab.version is not None and not is_forced
        if clashes:
            _put_aside(draft, post, OTHER_TAB, tab.id)
        else:
            if is_loss:
                _put_aside(draft, draft.post, REPLACED, draft.tab)
            if is_forced:  # whoever works on here has decided
                draft.earlier = [one | {"why": REPLACED} for one in draft.earlier]
            _write(draft, endpoint, post, tab)
        _save(draft)
    if clashes:
        raise Clash(draft.version)
    return draft.version


def replace(user: User, endpoint: Endpoint, old: Post, new: Post, tab: Tab) -> tuple[int, bool]:
    """Put something else into the form; the new version, and whether something can be brought back."""
    with transaction.atomic():
        draft = _locked(user, endpoint)
        if draft.post != old and draft.tab != tab.id:
            _put_aside(draft, draft.post, OTHER_TAB, draft.tab)
        is_loss = not filling.is_untouched(endpoint, old) and old != new
        if is_loss:
            _put_aside(draft, old, REPLACED, tab.id)
        _write(draft, endpoint, {} if filling.is_untouched(endpoint, new) else new, tab)
        _save(draft)
    return draft.version, is_loss


def undo(user: User, endpoint: Endpoint, now: Post, tab: Tab) -> tuple[int, Post]:
    """The new version, and what the form held before it was replaced; what it holds now can be brought back the same way."""
    with transaction.atomic():
        draft = _locked(user, endpoint)
        back = draft.post if tab.is_filled or not draft.earlier else draft.earlier.pop()["post"]
        if not filling.is_untouched(endpoint, now):
            _put_aside(draft, now, REPLACED, tab.id)
        _write(draft, endpoint, back, tab)
        _save(draft)
    return draft.version, dict(back)


def take_over(user: User, endpoint: Endpoint, now: Post, tab: Tab) -> tuple[int, Post]:
    """The new version, and what the other tab wrote; what this one holds is put aside."""
    with transaction.atomic():
        draft = _locked(user, endpoint)
        _put_aside(draft, now, REPLACED, tab.id)
        draft.tab, draft.version = tab.id, draft.version + 1
        _save(draft)
    return draft.version, dict(draft.post)


def has_other(draft: Draft) -> bool:
    """Whether the last thing put aside came from a tab that was refused, and nobody decided yet."""
    return bool(draft.earlier) and draft.earlier[-1]["why"] == OTHER_TAB


def taken(draft: Draft) -> Post | None:
    """What was put aside last, where another tab than its own has written the draft since."""
    if not draft.earlier or draft.earlier[-1]["tab"] == draft.tab:
        return None
    post: Post = draft.earlier[-1]["post"]
    return post


def carried(draft: Draft) -> Filled:
    """What a draft holds, in the controls of the model's schema as it is now.

    Nothing of it changes: what the newer schema does not know or take stands there all the same,
    named, with an offer to make it fit.
    """
    endpoint, plain = draft.endpoint, Filled(draft.post)
    drawn_by = draft.schema_digest or endpoint.schema_id or ""
    made_for = filling.made_for(draft.post) or drawn_by
    if not draft.post or made_for == drawn_by == (endpoint.schema_id or ""):
        return plain
    before = filling.former(endpoint, drawn_by)
    arguments, problems = filling.readable(endpoint, draft.post, before)
    if before is None or problems:
        return plain
    look = mending.look(endpoint, arguments, made_for)
    filled = plain
    if drawn_by != endpoint.schema_id and not json_view.is_json(draft.post):
        post = filling.from_arguments(endpoint, arguments).post
        filled = dataclasses.replace(plain, post=choices.kept(post, draft.post))
    if look is None:
        return filled
    words = f"This is what you had typed. {mending.complaint(look.misfits)}"
    return filling.flagged(filled, words, made_for, is_mendable=look.is_mendable)


def size(post: Post) -> int:
    """How many characters a post holds."""
    return sum(len(text) for texts in post.values() for text in texts)


def _holds(draft: Draft, endpoint: Endpoint, post: Post) -> bool:
    """Whether a draft is these contents already, with nothing left to decide."""
    is_same = draft.post == post and draft.schema_digest == (endpoint.schema_id or "")
    return is_same and not any(one["why"] == OTHER_TAB for one in draft.earlier)


def _write(draft: Draft, endpoint: Endpoint, post: Post, tab: Tab) -> None:
    draft.post, draft.tab, draft.version = post, tab.id, draft.version + 1
    draft.schema_digest = endpoint.schema_id or ""


def _locked(user: User, endpoint: Endpoint) -> Draft:
    if draft := _LOCKED.first(user=user.pk, endpoint=endpoint.pk):
        return draft
    rows = Draft.objects.select_for_update()
    draft, _ = rows.get_or_create(user=user, endpoint=endpoint, defaults={"post": {}})
    return draft


_OF_ONE = {"user_id": Slot("user", BigAutoField()), "endpoint_id": Slot("endpoint", BigAutoField())}
_KEPT = Prepared(lambda: Draft.objects.filter(**_OF_ONE))
_LOCKED = Prepared(lambda: Draft.objects.select_for_update().filter(**_OF_ONE))


def _save(draft: Draft) -> None:
    values = {name: getattr(draft, name) for name in _WRITTEN}
    prepared.change(draft, {**values, "updated_at": timezone.now()})


def _put_aside(draft: Draft, post: Post, why: str, tab: str) -> None:
    """Keep a few earlier contents; of a refused tab, and of equal ones, only the newest."""
    if not post:
        return
    entry = {"post": post, "why": why, "tab": tab}
    others = [one for one in draft.earlier if not _is_covered(one, entry)]
    kept: list[dict[str, Any]] = []
    room = 2 * MAX_CHARS
    for one in reversed([*others, entry][-MOST_EARLIER:]):
        room -= size(one["post"])
        if kept and room < 0:
            break
        kept.insert(0, one)
    draft.earlier = kept


def _is_covered(old: dict[str, Any], new: dict[str, Any]) -> bool:
    is_same_tab = old["why"] == OTHER_TAB and old["tab"] == new["tab"]
    return bool(is_same_tab or old["post"] == new["post"])

"""The only table of upstream's refusals (4xx): their meaning and the message for people.

A refusal of the whole account (its key or its balance) is no run's failure: runs wait until it is
resolved (`runs/worker/account_gate.py`). Any other refusal ends its own run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import fal

INPUT = "Correct the input, then press Run."


@dataclass(frozen=True)
class Refusal:
    """A kind of refusal: the status and text that identify it, its meaning, who can resolve it."""

    kind: str
    statuses: frozenset[int]
    words: re.Pattern[str]  # found anywhere in upstream's answer
    title: str
    advice: str
    is_account_wide: bool = False  # any run would be refused, so runs wait

    @property
    def sentence(self) -> str:
        """Return title and advice as text."""
        return f"{self.title}. {self.advice}"


def _refusal(
    kind: str, statuses: set[int], expression: str, title: str, advice: str, **more: bool
) -> Refusal:
    pattern = re.compile(expression, re.IGNORECASE)
    return Refusal(kind, frozenset(statuses), pattern, title, advice, **more)


KEY_REFUSED, NO_ACCESS, UNKNOWN_MODEL = "key_refused", "no_access", "unknown_model"
OF_MODEL = {NO_ACCESS, UNKNOWN_MODEL}  # another model may be allowed or known
NOT_ACCEPTED = "does not accept the key."  # ends a sentence about a host of upstream

# The first match counts (protocol, sections 11.3 and 17.5). fal distinguishes most of them only by
# its message: each of the first five is a 403.
REFUSALS = (
    _refusal(
        "balance_exhausted",
        {402, 403},
        r"exhausted balance|balance (is |was )?(exhausted|too low)"
        r"|insufficient (balance|credit|fund)",
        "The balance of the fal account is exhausted",
        "An admin can top it up in fal's dashboard, under Billing.",
        is_account_wide=True,
    ),
    _refusal(
        "admin_lock",
        {403},
        r"admin[ _-]?lock|locked by (an )?admin",
        "fal's staff has locked the fal account",
        "Only fal can unlock it: an admin can ask fal's support. fal's reason is below.",
    ),
    _refusal(
        "account_locked",
        {403},
        r"(user|account|team) is locked",
        "The fal account is locked",
        "fal's reason is below. An admin can unlock it in fal's dashboard, or ask fal's support.",
    ),
    _refusal(
        "key_permission",
        {403},
        r"\b(key|token|scope)\b.*\b(permission|scope|allowed)|\b(permission|scope)\b.*\b(key|token)\b",
        "The key of this Vitrine lacks a permission",
        "An admin can give FAL_KEY that permission in fal's dashboard, or use another key.",
    ),
    _refusal(
        NO_ACCESS,
        {403},
        r"no access|cannot access|access to|(have|has|lacks|without) access"
        r"|not (allowed|authorized|entitled|permitted) to use",
        "The fal account has no access to this model",
        "An admin can ask fal for access to it. Another model may be allowed.",
    ),
    _refusal(
        "forbidden",
        {403},
        "",
        "Upstream does not allow this call",
        "Its reason is below. An admin can see in fal's dashboard what the account may do.",
    ),
    _refusal(
        KEY_REFUSED,
        {401},
        "",
        "Upstream refuses the key of this Vitrine",
        "An admin can put a valid FAL_KEY into .env and start Vitrine again.",
        is_account_wide=True,
    ),
    _refusal(
        "payment_required",
        {402},
        "",
        "Upstream requires payment first",
        "Its reason is below. An admin can look at Billing in fal's dashboard.",
    ),
    _refusal(
        UNKNOWN_MODEL,
        {404},
        "",
        "Upstream does not know this model",
        "It may have been renamed or removed. Choose another; an admin can sync the catalogue.",
    ),
    _refusal("bad_request", {400}, "", "Upstream did not understand the request", INPUT),
)
BY_KIND = {refusal.kind: refusal for refusal in REFUSALS}
ACCOUNT_WIDE = [NOT_ACCEPTED, *(refusal.title for refusal in REFUSALS if refusal.is_account_wide)]
_ANSWERS = {cls.__name__ for cls in (fal.AuthFailed, fal.RequestRejected, fal.RunFailed)}


def find_refusal(error: Mapping[str, Any]) -> Refusal | None:
    """Return the refusal in `FalError.as_json()`; None for any other error.

    If `detail` is a list, a model complains about its input.
    """
    if error.get("type") in BY_KIND:
        return BY_KIND[str(error["type"])]
    detail = error.get("detail")
    if error.get("error") not in _ANSWERS or isinstance(detail, list):
        return None
    text = f"{error.get('message') or ''} {detail or ''}"
    fitting = (refusal for refusal in REFUSALS if error.get("status") in refusal.statuses)
    return next((refusal for refusal in fitting if refusal.words.search(text)), None)


def of_account(error: fal.FalError) -> Refusal | None:
    """Return the refusal of the whole account if `error` is one, else None."""
    if isinstance(error, fal.RunFailed) or error.is_unconfirmed:
        return None
    refusal = find_refusal(error.as_json())
    return refusal if refusal and refusal.is_account_wide else None


def describe_error(error: Exception) -> str:
    """Return an error as a sentence for people: a refusal's meaning, else the error's own text.

    A live session that is not found keeps its own text: the model exists, but has no such sessions.
    """
    refusal = find_refusal(error.as_json()) if isinstance(error, fal.FalError) else None
    return refusal.sentence if refusal and refusal.kind != UNKNOWN_MODEL else str(error)

"""Answers a repeated call with the result of the first one, by its `Idempotency-Key`.

A run has its key in its own row (`api.submission`), and so does the run of a flow. One board takes
many calls, so each call with a key has a row here, written in the transaction that starts its runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.db import transaction

from accounts.single_use import digest
from api.contract.operation import Call, Handler, Parameter, Reply
from api.http.problem import Problem
from api.models import KeyedCall
from runs.start import starting

KEY = Parameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "a name that you choose for this call: a repeated call with the same name starts nothing and "
    "returns what the first one started",
    where="header",
)
Repeat = Callable[[Call, dict[str, Any]], Reply]


class _Repeated(Exception):
    """A call with this key was committed meanwhile."""

    def __init__(self, earlier_call: KeyedCall) -> None:
        self.earlier_call = earlier_call


def key_reused() -> Problem:
    """Return the problem of a key that another request has used."""
    detail = (
        "This Idempotency-Key was sent with another request before. Use a new key for each request."
    )
    return Problem(422, detail, slug="idempotency-key-reused")


def key_of(call: Call) -> str:
    """Return the call's key; empty without one."""
    return call.values["Idempotency-Key"] or ""


def once(repeat: Repeat) -> Callable[[Handler], Handler]:
    """Decorate a handler that writes within `claimed`.

    `repeat` returns the reply to a repeated call, from the answer that the first one stored.
    """

    def decorate(handle: Handler) -> Handler:
        @wraps(handle)
        def wrapped(call: Call) -> Any:
            if earlier_call := _find(call):
                return repeat(call, earlier_call.answer)
            try:
                return handle(call)
            except _Repeated as repeated:
                return repeat(call, repeated.earlier_call.answer)

        return wrapped

    return decorate


@contextmanager
def claimed(call: Call) -> Iterator[dict[str, Any]]:
    """Run the block in a transaction that holds the call's key; it fills the answer for repeats.

    A simultaneous call with the same key waits for the end of the block.
    """
    answer: dict[str, Any] = {}
    with transaction.atomic():
        if not key_of(call):
            yield answer
            return
        row, is_new = KeyedCall.objects.get_or_create(
            **_names(call), defaults={"request": _request(call), "answer": answer}
        )
        if not is_new:
            raise _Repeated(_same(call, row))
        yield answer
        row.answer = answer
        row.save(update_fields=["answer"])


def _find(call: Call) -> KeyedCall | None:
    """Return the call that had this key before; raises Problem if it was another request."""
    earlier_call = KeyedCall.objects.filter(**_names(call)).first() if key_of(call) else None
    return earlier_call and _same(call, earlier_call)


def _same(call: Call, earlier_call: KeyedCall) -> KeyedCall:
    if earlier_call.request != _request(call):
        raise key_reused()
    return earlier_call


def _names(call: Call) -> dict[str, Any]:
    """Return the columns that identify a call: its user and its key."""
    return {"user": call.user, "key_digest": digest(key_of(call))}


def _request(call: Call) -> str:
    """Return a digest of the address, the body, and the project that the call is confined to."""
    only = call.reach.only
    place = f"{call.request.path}?project={only.pk}" if only else call.request.path
    return starting.form_token(place, call.body)

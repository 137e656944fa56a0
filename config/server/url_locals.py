"""Lets threads resolve URLs without waiting for each other.

`reverse` reads the request's URLconf and script prefix, which Django keeps in
`asgiref.local.Local`: every read takes a lock that all threads share. Threads that render pages
with hundreds of addresses then hand the lock around, each time with the interpreter (a lock
convoy). A context variable is local to thread and task as well, and has no lock.
"""

from __future__ import annotations

from contextvars import ContextVar

from django.urls import base

UNSET = object()


class ContextLocal:
    """The part of asgiref's `Local` that `django.urls.base` uses: one attribute, maybe unset."""

    def __init__(self, name: str) -> None:
        self._variable: ContextVar[object] = ContextVar(name, default=UNSET)

    @property
    def value(self) -> object:
        """The value that this thread or task has set; raises AttributeError if it has none."""
        if (value := self._variable.get()) is UNSET:
            raise AttributeError("value")
        return value

    @value.setter
    def value(self, value: object) -> None:
        self._variable.set(value)

    @value.deleter
    def value(self) -> None:
        self._variable.set(UNSET)


def install() -> None:
    """Replace Django's two locals for this process; raises AttributeError if one is missing."""
    for name in ("_prefixes", "_urlconfs"):
        getattr(base, name)
        setattr(base, name, ContextLocal(name))

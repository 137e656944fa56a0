"""Reads the posted values that nobody types: hidden controls, ticks, and the pressed button.

Forms (`core.forms`) read typed values. Only forms and this module use `request.POST`.
"""

from __future__ import annotations

import secrets
from collections.abc import Container
from typing import TYPE_CHECKING

from core.forms import NUL

if TYPE_CHECKING:
    from django.http import HttpRequest

BUTTON = "~do"  # the name of the buttons of a form that has several
CSRF = "csrfmiddlewaretoken"
DRAWN = "~token"  # the name of the control that identifies a drawn button


def pressed(request: HttpRequest, otherwise: str = "", name: str = BUTTON) -> tuple[str, str]:
    """Return the action and the target of the button that sent the form: `remove:3` → remove, 3.

    `otherwise` is the action of Enter, which presses no button.
    """
    verb, _, target = hidden(request, name, otherwise).partition(":")
    return verb, target


def hidden(request: HttpRequest, name: str, otherwise: str = "") -> str:
    """Return the value of a control that the page has filled in."""
    return request.POST.get(name, otherwise).replace(NUL, "")


def new_token() -> str:
    """Return the token of a button that is being drawn."""
    return secrets.token_urlsafe(12)


def press_token(request: HttpRequest) -> str:
    """Return the token of the drawn button that was pressed, the same at each press of it.

    A post without one is a press of its own.
    """
    return hidden(request, DRAWN) or new_token()


def is_posted(request: HttpRequest, name: str) -> bool:
    """Return whether a control of this name was posted, such as the button that was pressed."""
    return name in request.POST


def ticked(request: HttpRequest, name: str) -> list[str]:
    """Return the values of all controls of this name, such as of the boxes that are ticked."""
    return [value.replace(NUL, "") for value in request.POST.getlist(name)]


def controls(request: HttpRequest, but: Container[str] = ()) -> dict[str, list[str]]:
    """Return all controls of a model's form, which its schema decodes, except those in `but`."""
    return {
        name: [str(value).replace(NUL, "") for value in values]
        for name, values in request.POST.lists()
        if name != CSRF and name not in but
    }

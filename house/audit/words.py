"""The audit log's kinds of rows and events in words, for its filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField
from django.utils.dateformat import format as date_format
from django.utils.dateparse import parse_datetime

TIME_FORMAT = "j M Y H:i"  # as for the times of entries on the page

KINDS: Mapping[str, str] = {
    "auth.user": "Person",
    "auth.group": "Group",
    "projects.project": "Project",
    "projects.membership": "Member",
    "projects.rule": "Rule for models",
    "people.invitation": "Invitation",
    "account.emailaddress": "E-mail address",
    "socialaccount.socialaccount": "Connected account",
    "mfa.authenticator": "Second factor",
    "api.token": "API token",
    "playground.run": "Run",
    "playground.preset": "Preset",
    "playground.share": "Link",
    "sharing.share": "Share",
    "catalog.endpoint": "Model",
    "catalog.collection": "Collection",
    "catalog.note": "Note",
    "boards.board": "Board",
    "chats.chat": "Chat",  # of entries before 0.3.0
    "flows.flow": "Flow",
    "library.reference": "Reference",  # of entries before 0.3.0
    "training.dataset": "Data set",  # of entries before 0.3.0
    "training.weights": "Weights",  # of entries before 0.3.0
    "notifications.channel": "Channel",
}
# Suggestions while people type; they can type other events as well.
EVENTS = (
    "signed in",
    "signed out",
    "failed to sign in",
    "was throttled signing in as",
    "looked at",
    "row added",
    "row changed",
    "row deleted",
    "added a member to",
    "changed a role in",
    "removed a member from",
    "shared",
    "changed",
    "ended",
    "made",
    "withdrew",
    "joined by",
    "added a rule to",
    "removed a rule from",
    "added a second factor to",
    "removed a second factor of",
    "took the second factor of",
    "created",
    "revoked",
    "exported",
    "deleted",
    "deleted for good",
    "restored",
    "removed",
    "deactivated",
    "activated",
    "approved",
    "blocked",
    "cleared",
    "changed the cap of",
)


# Verbs for django-auditlog's events, which stand before the row's name.
_OF_ROWS = {
    "row added": "added",
    "row changed": "changed",
    "row deleted": "deleted",
}


_SAY_WHAT = {"shared", "auth.user"}  # events and kinds without the word for the kind of row


def deed(event: str, kind: str) -> str:
    """Return the words between an entry's actor and its row's name, such as "ended the share".

    A person is named without the word for the kind.
    """
    verb_phrase = _OF_ROWS.get(event, event)
    if not kind or {event, kind} & _SAY_WHAT:
        return verb_phrase
    noun = kind_word(kind)
    return f"{verb_phrase} the {noun if noun[:2].isupper() else noun[0].lower() + noun[1:]}"


def kind_word(kind: str) -> str:
    """Return a kind of row in words, such as "API token" for `api.token`."""
    try:
        return KINDS.get(kind) or str(apps.get_model(kind)._meta.verbose_name).capitalize()
    except (LookupError, ValueError):  # a model of a former release
        return kind


def field_word(kind: str, name: str) -> str:
    """Return a field's name in words; the name itself if the model no longer has it."""
    field = _field(kind, name)
    return str(getattr(field, "verbose_name", name)) if field else name.replace("_", " ")


def value_word(kind: str, name: str, value: Any) -> str:
    """Return a field's value in words; django-auditlog writes values as texts, times in UTC."""
    text = str(value)
    if isinstance(_field(kind, name), DateTimeField):
        return _minute(text)
    return {"True": "yes", "False": "no"}.get(text, text)


def _minute(text: str) -> str:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    return date_format(moment, TIME_FORMAT) if moment else text


def _field(kind: str, name: str) -> Any:
    """Return a field of a kind of row; None if the model no longer has it."""
    try:
        return apps.get_model(kind)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return None

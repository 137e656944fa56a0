"""Makes `secrets.check` recognise the secrets that Vitrine makes or receives."""

from contextlib import ExitStack
from importlib import import_module
from typing import Any
from unittest.mock import patch

from tests.leaks.secrets import MarkedSecrets, add_mark

MAKERS = {
    "api.tokens": "API token",
    "accounts.sign_in.login_links": "login link",
    "house.invitations": "invitation",
    "runs.models.run": "webhook token",
}


def mark_made_secrets() -> ExitStack:
    """Mark secrets made from now on, until the stack is closed; call it after Django's setup."""
    from django.contrib.sessions.backends.base import SessionBase

    make_key = SessionBase._get_new_session_key  # type: ignore[attr-defined]  # not in the stubs

    def make_marked_key(session: Any) -> str:
        return add_mark(make_key(session), "session")

    stack = ExitStack()
    stack.enter_context(patch.object(SessionBase, "_get_new_session_key", make_marked_key))
    for module, kind in MAKERS.items():
        stack.enter_context(patch.object(import_module(module), "secrets", MarkedSecrets(kind)))
    return stack

"""Django's messages in a cookie of our own name: another Django on this host keeps its own."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class NamedCookieStorage(CookieStorage):
    """Messages in the cookie that the settings name."""

    cookie_name = settings.MESSAGES_COOKIE_NAME


class Storage(FallbackStorage):
    """Messages in the cookie, or in the session where they do not fit."""

    storage_classes = (NamedCookieStorage, SessionStorage)

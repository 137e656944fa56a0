"""Error pages of DEBUG: they show everything that Django shows, except keys and tokens."""

from __future__ import annotations

import re
from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.defaultfilters import pprint
from django.views.debug import SafeExceptionReporterFilter

from api.http.authentication import secret_of

MIN_CHARS = 6  # a shorter password would be "found" in unrelated text
HIDDEN = SafeExceptionReporterFilter.cleansed_substitute


class ExceptionReporterFilter(SafeExceptionReporterFilter):
    """Django's filter, which here also hides secret values wherever they occur.

    Django hides by name only; with DEBUG it shows local variables and posted values unchanged, and
    DATABASE_URL with its password.
    """

    hidden_settings = re.compile(
        f"{SafeExceptionReporterFilter.hidden_settings.pattern}|^(DATABASE|EMAIL)_URL$", re.I
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        """Return True, so that the names in `sensitive_variables` are hidden with DEBUG too."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return the posted values without passwords, keys and tokens."""
        return self.get_cleansed_multivaluedict(request, request.POST) if request else {}

    def get_cleansed_multivaluedict(self, request: Any, multivaluedict: Any) -> Any:
        """Return the dict without values that are secret by their name, or by the view."""
        cleansed = super().get_cleansed_multivaluedict(request, multivaluedict).copy()
        for name, values in multivaluedict.lists():
            if self.hidden_settings.search(name):
                cleansed.setlist(name, [HIDDEN] * len(values))
        return cleansed

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        """Return a frame's local variables; one whose text contains a secret is shown without."""
        hidden = _secrets(request)
        variables = super().get_traceback_frame_variables(request, tb_frame)
        return {name: _without(hidden, value) for name, value in variables}.items()


def _without(hidden: re.Pattern[str], value: Any) -> Any:
    """Return the value itself unless its text, as the page shows it, contains a secret."""
    printed = pprint(value)
    cleansed = hidden.sub(HIDDEN, printed)
    return value if cleansed == printed else cleansed


def _secrets(request: HttpRequest | None) -> re.Pattern[str]:
    """Return a pattern of the secrets of the settings and the request."""
    keys = [settings.FAL_KEY, settings.FAL_ADMIN_KEY]
    passwords = [settings.DATABASES["default"].get("PASSWORD", ""), settings.EMAIL_HOST_PASSWORD]
    texts = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    texts += passwords
    texts += [key.partition(":")[2] for key in keys]
    if request is not None:
        texts.append(secret_of(request.headers.get("Authorization", "")))
        texts.append(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    long = [re.escape(text) for text in texts if len(text) >= MIN_CHARS]
    return re.compile("|".join([r"vitrine_[\w-]{43}", *long]))

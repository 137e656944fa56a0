"""The environment and its files, from which `config/settings.py` reads each setting.

Every error in them raises ImproperlyConfigured, which a start reports in one sentence.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

from config.starting.settings_rules import require_address


class Environment(environ.Env):  # type: ignore[misc]  # environ has no types
    """Variables of the environment, typed."""

    def text(self, name: str) -> str:
        """Return a variable, empty if missing; raises ImproperlyConfigured if it is not UTF-8."""
        value: str = self.str(name, default="")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ImproperlyConfigured(f"{name} is not text in UTF-8; write it again.") from error
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number within bounds; raises ImproperlyConfigured."""
        value = self.text(name) or str(default)
        if not value.isdecimal() or not least <= int(value) <= most:
            raise ImproperlyConfigured(
                f"{name} must be a whole number from {least} to {most}, not {value!r}."
            )
        return int(value)

    def choice(self, name: str, default: str, *choices: str) -> str:
        """Return one of the choices; raises ImproperlyConfigured."""
        value = self.text(name) or default
        if value not in choices:
            raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}, not {value!r}.")
        return value

    def time_zone(self, name: str, default: str) -> str:
        """Return the name of one of IANA's time zones; raises ImproperlyConfigured."""
        value = self.text(name) or default
        try:
            ZoneInfo(value)
        except (ValueError, OSError, ZoneInfoNotFoundError) as error:
            raise ImproperlyConfigured(
                f"{name} must be a time zone such as Europe/Berlin, not {value!r}."
            ) from error
        return value

    def flag(self, name: str, default: str = "0") -> bool:
        """Return a yes or no; raises ImproperlyConfigured."""
        value = self.choice(name, default, "0", "1", "false", "true", "False", "True")
        return value.lower() in {"1", "true"}

    def texts(self, name: str, default: str = "") -> list[str]:
        """Return the parts of a list that are separated by commas."""
        value = self.text(name) or default
        return [item.strip() for item in value.split(",") if item.strip()]

    def address(self, name: str, default: str, *schemes: str) -> str:
        """Return a base URL without its trailing slash; raises ImproperlyConfigured."""
        value = (self.text(name) or default).rstrip("/")
        if value:
            require_address(name, value, schemes)
        return value

    def read_file(self, path: Path) -> None:
        """Add the variables of a file such as `.env` that the environment lacks, if it exists."""
        if path.exists():
            self.read_env(StringIO(read_text(path)))

    def parse_database_url(self, url: str) -> dict[str, Any]:
        """Return Django's settings of a database; the message of an error quotes no password."""
        try:
            urlsplit(url)  # as backups do
            database: dict[str, Any] = self.db_url_config(url)
        except ValueError as error:
            raise ImproperlyConfigured(
                "DATABASE_URL must look like postgres://user:password@host:5432/name or "
                "sqlite:///path; its host or port cannot be read. Percent-encode special "
                "characters in the password: / as %2F, ? as %3F, [ as %5B."
            ) from error
        return database


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8; raises ImproperlyConfigured if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows begin with a mark
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(
            f"{path} is not text in UTF-8 (byte {error.start + 1}); save it in that encoding."
        ) from error
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} cannot be read ({error.strerror}); it must be a file that the account "
            "running Vitrine may read."
        ) from error
    if "\0" in text:
        raise ImproperlyConfigured(f"{path} contains a NUL character; remove it.")
    return text

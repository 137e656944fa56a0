"""A model field for a secret that the database stores encrypted."""

from __future__ import annotations

from typing import Any

from django.db import models

from core.encryption import cipher

SALT = "vitrine.encrypted-field"


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is encrypted with SECRET_KEY in the database, and cannot be searched there.

    An empty text stays empty. A text whose key is lost is read as `lost`, by default as empty, and
    has to be entered again.
    """

    def __init__(self, *args: Any, lost: str = "", **named: Any) -> None:
        """Make a field; `lost` replaces a text that cannot be decrypted."""
        super().__init__(*args, **named)
        self._lost = lost

    def get_prep_value(self, value: str | None) -> str | None:
        """Encrypt for the database."""
        return cipher(SALT).encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """Decrypt the text from the database."""
        if not value:
            return value
        from cryptography.fernet import InvalidToken

        try:
            return cipher(SALT).decrypt(value).decode()
        except InvalidToken:
            return self._lost

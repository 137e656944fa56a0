"""Finds the settings that made a file: by its content first, then by a recipe in it."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from catalog.models import Endpoint
from playground.form.restoring.by_content import by_digest
from playground.form.restoring.by_recipe import by_recipe
from playground.form.restoring.outcomes import NotFound, Outcome

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_FILE_BYTES = 2 << 30


def by_file(user: User, file: IO[bytes], size_bytes: int, onto: Endpoint | None = None) -> Outcome:
    """Find the settings that made an open file.

    `onto` is the model on whose page it was dropped, which takes recipes of other programs. Raises
    NotFound, and ValueError for a broken recipe or a file that is too large.
    """
    if size_bytes > MOST_FILE_BYTES:
        raise ValueError("This file is too large to be searched for.")
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    try:
        by_content = by_digest(user, digest)
    except NotFound:
        restored = by_recipe(user, file, size_bytes, onto)
        if restored is None:
            raise
        return restored
    if by_content.is_weak:  # an upload, which may carry a recipe as well
        with suppress(ValueError):
            return by_recipe(user, file, size_bytes, onto) or by_content
    return by_content

"""What fal keeps of the account: deletions of payloads, and settings of files (17.3 and 17.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fal import reading
from fal.errors import UpstreamFailed


@dataclass(frozen=True)
class FileDeletion:
    """What became of one output file; with an `exception` the file still exists (C77)."""

    link: str
    exception: str | None

    @classmethod
    def from_json(cls, raw: Any) -> FileDeletion:
        """Parses an entry; an exception that is not a text counts too."""
        raw = reading.as_mapping(raw)
        exception = raw.get("exception")
        return cls(
            reading.text(raw, "link"),
            None if exception is None else reading.text(raw, "exception") or repr(exception)[:300],
        )


@dataclass(frozen=True)
class PayloadDeletion:
    """The results of all files of a request; `is_known` is False if fal has no such request."""

    files: list[FileDeletion]
    is_known: bool = True

    @classmethod
    def from_bytes(cls, content: bytes) -> PayloadDeletion:
        """Parses the answer; raises UpstreamFailed if it has no results."""
        files = reading.as_mapping(reading.parse(content)).get("cdn_delete_results")
        if not isinstance(files, list):
            raise UpstreamFailed("fal did not say which files it deleted.", is_retryable=True)
        return cls([FileDeletion.from_json(file) for file in files])

    @property
    def remaining(self) -> list[FileDeletion]:
        """The files that still exist."""
        return [file for file in self.files if file.exception is not None]


@dataclass(frozen=True)
class StorageSettings:
    """The account's defaults for stored files; None: never set, so they stay and are public."""

    expiration_duration_seconds: int | None
    initial_acl: Mapping[str, Any] | None

    @classmethod
    def from_bytes(cls, content: bytes) -> StorageSettings:
        """Parses the settings."""
        raw = reading.as_mapping(reading.parse(content))
        return cls(
            reading.integer(raw, "expiration_duration_seconds"),
            reading.as_mapping(raw.get("initial_acl")) or None,
        )

"""Says where a storage keeps its files, for the people who run this server."""

from __future__ import annotations

from django.core.files.storage import FileSystemStorage, Storage


def describe(storage: Storage) -> str:
    """Return the folder of a file system, or the class and the bucket of another storage."""
    if isinstance(storage, FileSystemStorage):
        return f"the folder {storage.location}"
    parts = (getattr(storage, name, None) for name in ("bucket_name", "container", "location"))
    return " ".join([storage.__class__.__name__, *(str(part) for part in parts if part)])

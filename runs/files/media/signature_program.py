"""Checks a file's C2PA signature; runs in a subprocess that may be killed.

Needs c2pa-python, which the extra `provenance` installs. It makes no requests, neither for remote
manifests nor for revoked certificates, and has no list of trusted certificates. So a valid
signature means that the file is unchanged, but does not prove the signer's identity.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.process import subprocess_worker

_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
MOST_CHARS = 200  # of a signer's name


def check(path: str) -> dict[str, Any]:
    """Return `is_valid` and the `signer` of the file's active manifest; {} if it has none.

    An unreadable manifest is not valid. Raises the library's other errors.
    """
    from c2pa import C2paError, Context, Reader, Settings  # 25 MB of code, which few need

    with Path(path).open("rb") as file, Context(Settings.from_dict(_OFFLINE)) as context:
        try:
            reader = Reader.try_create(file, context=context)
        except (C2paError.NotSupported, C2paError.Io):  # these say nothing about the manifest
            raise
        except C2paError as error:
            return {"is_valid": False, "why": str(error)}
        if reader is None:
            return {}
        with reader:
            manifest = reader.get_active_manifest() or {}
            is_valid = reader.get_validation_state() in {"Valid", "Trusted"}
    signature = manifest.get("signature_info") or {}
    name = signature.get("issuer") or signature.get("common_name") or ""
    return {"is_valid": is_valid, "signer": str(name)[:MOST_CHARS]}


if __name__ == "__main__":
    subprocess_worker.serve(lambda request: check(request["path"]))

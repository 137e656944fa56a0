"""Serves static files on the event loop, without Django and without a thread."""

from __future__ import annotations

import re
from pathlib import Path

from whitenoise import WhiteNoise

from core.http.asgi import Scope, Send

HASHED = re.compile(r"\.[0-9a-f]{12}\.")  # Django's manifest puts the content's hash into the name
YEAR_S = 365 * 24 * 3600


class StaticServer:
    """Serves the collected files below a folder, by WhiteNoise's index of names and encodings."""

    def __init__(self, root: Path, prefix: str) -> None:
        self._files = WhiteNoise(
            None, root=str(root), prefix=prefix, immutable_file_test=_is_immutable
        ).files

    def __contains__(self, path: str) -> bool:
        return path in self._files

    async def serve(self, scope: Scope, send: Send) -> None:
        """Respond to a GET or HEAD for a path that `in` found here."""
        environ = {
            f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
            for name, value in scope["headers"]
        }
        response = self._files[scope["path"]].get_response(scope["method"], environ)
        headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in response.headers]
        body = b""
        if response.file is not None:
            with response.file as file:  # a few kilobytes, in the page cache: blocks for no time
                body = file.read()
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _is_immutable(path: str, url: str) -> bool:
    return bool(HASHED.search(url))

"""Static files straight from the event loop: no thread, no Django, for what never changes."""

from __future__ import annotations

import re
from pathlib import Path

from whitenoise import WhiteNoise

from catalog.asgi import Scope, Send

HASHED = re.compile(r"\.[0-9a-f]{12}\.")  # Django's manifest puts the content's hash into the name
YEAR_S = 365 * 24 * 3600


class Statics:
    """The collected files below a folder, found by WhiteNoise, in the encoding that suits best."""

    def __init__(self, root: Path, prefix: str) -> None:
        self._files = WhiteNoise(
            None, root=str(root), prefix=prefix, immutable_file_test=_is_immutable
        ).files

    def __contains__(self, path: str) -> bool:
        return path in self._files

    async def serve(self, scope: Scope, send: Send) -> None:
        """Answer a GET or HEAD for one of the files."""
        environ = {
            f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
            for name, value in scope["headers"]
        }
        answer = self._files[scope["path"]].get_response(scope["method"], environ)
        headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers]
        body = b""
        if answer.file is not None:
            with answer.file as file:  # some kilobytes, in the system's cache
                body = file.read()
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _is_immutable(path: str, url: str) -> bool:
    return bool(HASHED.search(url))

"""A client of the JSON API, over the network or within this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from api.cli.errors import CommandFailed, Exit, from_problem
from fal.errors import certificate_advice

BASE = "/api/v1"
TIMEOUT = httpx.Timeout(90, connect=10)  # the server may hold a call for a minute


class Client:
    """Calls operations; failures become `CommandFailed`. `can_hold`: the server has `?wait=`."""

    def __init__(self, http: httpx.Client, *, can_hold: bool = True) -> None:
        self._http = http
        self.can_hold = can_hold

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a GET; query values that are None are left out."""
        params = {name: value for name, value in query.items() if value is not None}
        return self.call("GET", path, params=params)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """Return the JSON of a POST."""
        return self.call("POST", path, **({"json": body} if body is not None else {}), **more)

    def call(self, method: str, path: str, **more: Any) -> Any:
        """Return the JSON of the response; raises CommandFailed."""
        with _explained():
            response = self._http.request(method, f"{BASE}{path}", **more)
        if response.is_error:
            raise from_problem(response.status_code, _json(response))
        return _json(response)

    def upload(self, file: Path, kind: str = "", *, query: Mapping[str, str] | None = None) -> str:
        """Upload a file; return its URL for a run's input."""
        try:
            with file.open("rb") as upload_file:
                fields = {"kind": kind} if kind else {}
                parts = {"file": (file.name, upload_file)}
                upload = self.call("POST", "/uploads", files=parts, data=fields, params=query)
        except OSError as error:
            raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from error
        return str(upload["address"])

    def content(self, path: str) -> tuple[bytes, str]:
        """Return a file of our host and its content type; raises CommandFailed."""
        with _explained():
            response = self._http.get(path)
        if response.is_error or response.has_redirect_location:
            raise from_problem(response.status_code, {"detail": "This file cannot be read."})
        return response.content, response.headers.get("Content-Type", "")

    def download(self, url: str, to: Path) -> None:
        """Save a file; the token is sent to our own origin only."""
        is_ours = _origin(httpx.URL(url)) == _origin(self._http.base_url)
        headers = {} if is_ours else {"Authorization": ""}
        with _explained(), self._http.stream("GET", url, headers=headers) as response:
            if response.has_redirect_location:
                return self.download(str(response.next_request.url), to)  # type: ignore[union-attr]
            if response.is_error:
                response.read()
                raise from_problem(response.status_code, _json(response))
            with to.open("wb") as file:
                for chunk in response.iter_bytes():
                    file.write(chunk)
        return None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def _json(response: httpx.Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError:
        if response.is_error:
            return None
        message = "This server is not a Vitrine: its answer cannot be read. Check VITRINE_URL."
        raise CommandFailed(message, Exit.UNREACHABLE) from None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        advice = certificate_advice(error) or ". Check VITRINE_URL."
        message = f"Vitrine cannot be reached: {error or type(error).__name__}{advice}"
        raise CommandFailed(message, Exit.UNREACHABLE) from error

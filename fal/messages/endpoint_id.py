"""Endpoint ids: `[namespace/]owner/alias[/path]`, legacy `123-alias` (protocol, section 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fal.errors import InvalidEndpointId

NAMESPACES = frozenset({"workflows", "comfy"})
_LEGACY = re.compile(r"([0-9]+)-([A-Za-z0-9-]+)")
# Ids are put into URL paths unescaped, so they must not contain characters special in URLs.
_PART = r"(?!\.{1,2}(?:/|$))[^\s/?#%\\\x00-\x20\x7f]+"
_NAMESPACE = rf"(?:{'|'.join(sorted(NAMESPACES))})/"
# The pattern of every id, in the syntax of JSON Schema.
PATTERN = rf"^(?:{_LEGACY.pattern}|(?:{_NAMESPACE}|(?!{_NAMESPACE})){_PART}(?:/{_PART})+)$"
_ID = re.compile(PATTERN)


@dataclass(frozen=True)
class EndpointId:
    """An endpoint id split into parts; `str()` gives the id as submits and runs use it."""

    owner: str
    alias: str
    path: str = ""
    namespace: str = ""

    @classmethod
    def parse(cls, text: str) -> EndpointId:
        """Parses `text`; raises InvalidEndpointId (a ValueError)."""
        if legacy := _LEGACY.fullmatch(text):
            return cls(owner=legacy[1], alias=legacy[2])
        if not _ID.fullmatch(text):
            raise InvalidEndpointId(
                f"{text!r} is not an endpoint id; it should look like owner/alias or "
                "owner/alias/path."
            )
        namespace, parts = "", text.split("/")
        if parts[0] in NAMESPACES:
            namespace, *parts = parts
        return cls(parts[0], parts[1], "/".join(parts[2:]), namespace)

    @property
    def app(self) -> str:
        """`[namespace/]owner/alias`, the part that status, result and cancel URLs use."""
        return "/".join(part for part in (self.namespace, self.owner, self.alias) if part)

    def __str__(self) -> str:
        return f"{self.app}/{self.path}" if self.path else self.app

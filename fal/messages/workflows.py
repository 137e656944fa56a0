"""The account's workflows as the Platform API gives them (protocol, 15.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fal import reading
from fal.errors import UpstreamFailed


@dataclass(frozen=True)
class WorkflowItem:
    """An entry of the list; it has no definition."""

    owner: str
    name: str
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()

    @property
    def endpoint_id(self) -> str:
        """The id that runs it; upper and lower case are kept (15.1)."""
        return f"workflows/{self.owner}/{self.name}"

    @classmethod
    def from_json(cls, raw: Any) -> WorkflowItem | None:
        """Parses an entry; None without an owner or a name."""
        raw = reading.as_mapping(raw)
        owner, name = reading.text(raw, "user_nickname"), reading.text(raw, "name")
        if not owner or not name:
            return None
        return cls(
            owner,
            name,
            reading.text(raw, "title"),
            reading.text(raw, "description"),
            _texts(raw.get("tags")),
        )


@dataclass(frozen=True)
class WorkflowPage:
    """One page of the list; `total` is often absent."""

    items: list[WorkflowItem]
    next_cursor: str | None

    @classmethod
    def from_json(cls, raw: Any) -> WorkflowPage:
        """Parses a response; raises UpstreamFailed if it has no list."""
        raw = reading.as_mapping(raw)
        entries = raw.get("workflows")
        if not isinstance(entries, list):
            raise UpstreamFailed("fal's answer has no list of workflows.", is_retryable=True)
        items = [item for entry in entries if (item := WorkflowItem.from_json(entry))]
        has_more = raw.get("has_more") is not False
        return cls(items, reading.text_or_none(raw, "next_cursor") if has_more else None)


@dataclass(frozen=True)
class WorkflowDetail:
    """A workflow's definition; `contents` are verbatim."""

    contents: Any

    @classmethod
    def from_json(cls, raw: Any) -> WorkflowDetail:
        """Parses a response; raises UpstreamFailed if it has no workflow."""
        inner = reading.as_mapping(reading.as_mapping(raw).get("workflow"))
        if "contents" not in inner:
            raise UpstreamFailed("fal's answer has no workflow.", is_retryable=True)
        return cls(inner["contents"])


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

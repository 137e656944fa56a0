"""Code that calls an endpoint with given arguments, in each way and language of `calls.toml`.

Any text may be hostile, so each is quoted by its language's rules.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, NamedTuple
from urllib.parse import quote

from schemas.fields import Field

_EXACT_IN_JS = 2**53 - 1
WEBHOOK = "https://example.com/fal"
LONG_NUMBER = (
    "// A number below has more digits than JavaScript keeps; "
    "send such a seed with Python or curl.\n"
)


@dataclass(frozen=True, slots=True)
class Snippet:
    """One language's code."""

    key: str
    label: str
    code: str


class Way(NamedTuple):
    """A way to call a model, if the model has the ability that it `needs`."""

    key: str
    label: str
    hint: str
    needs: str = ""


class Upstream(NamedTuple):
    """The addresses that take runs and files; by default those of fal's own clients."""

    queue: str = "https://queue.fal.run"
    run: str = "https://fal.run"
    rest: str = "https://rest.fal.ai"


FAL = Upstream()


class FileField(NamedTuple):
    """A field that takes a file, or a list of files."""

    name: str
    medium: str
    is_list: bool


class _Code(Template):
    """Code with placeholders, as `%name` or `%{name}`."""

    delimiter = "%"


_TABLE = tomllib.loads(Path(__file__).with_name("calls.toml").read_text(encoding="utf-8"))
_LANGUAGES: dict[str, dict[str, Any]] = {
    key: {**_TABLE["languages"].get(row.get("like"), {}), **row}
    for key, row in _TABLE["languages"].items()
}
WAYS = tuple(Way(**row) for row in _TABLE["ways"])


def offered(facts: Collection[str], file: FileField | None) -> list[Way]:
    """The ways to call a model with these facts, and this field for a file."""
    abilities = {"", *facts, *(["file"] if file else [])}
    return [way for way in WAYS if way.needs in abilities]


def file_field(root: Field) -> FileField | None:
    """The field that a file would be uploaded for: the first required one, else the first."""
    fields = [
        (not field.is_required, field.is_mask, number, field)
        for number, field in enumerate(root.children)
        if field.is_file or (field.kind == "list" and field.media)
    ]
    if not fields:
        return None
    field = min(fields)[-1]
    return FileField(field.name, field.media, field.kind == "list")


@dataclass(frozen=True, slots=True)
class Call:
    """A call in one of the ways. `server` is the address of this Vitrine."""

    endpoint_id: str
    arguments: dict[str, Any]
    upstream: Upstream = FAL
    server: str = ""
    file: FileField | None = None

    def direct(self, way: Way) -> list[Snippet]:
        """The code for upstream; the key comes from `FAL_KEY`."""
        return list(self._snippets(way, "fal" if self.upstream == FAL else "other"))

    def through_vitrine(self, way: Way) -> list[Snippet]:
        """The code for this Vitrine; the token comes from `VITRINE_TOKEN`."""
        snippets = [*self._snippets(way, "vitrine")]
        if self.server.startswith("https://"):  # fal's Python client supports only https
            snippets += self._snippets(way, "vitrine-https")
        return snippets

    def code(self, language: str, way: Way = WAYS[0]) -> str:
        """The code in one language."""
        row = _LANGUAGES[language]
        values = self._values(row["quoting"], self.file if way.needs == "file" else None)
        values["wait"] = _Code(row["wait"]).substitute(values)
        texts = [row["head"], row[way.key]] if "head" in row else [row[way.key]]
        return "\n".join(_Code(text).substitute(values) for text in texts)

    def _snippets(self, way: Way, group: str) -> Iterator[Snippet]:
        for key, row in _LANGUAGES.items():
            if group in row["groups"] and row.get(way.key):
                yield Snippet(key, row["label"], self.code(key, way))

    def _values(self, quoting: str, file: FileField | None) -> dict[str, str]:
        """The placeholders. With a `file`, the arguments have the variable `url` in its field."""
        text, document, short, url = _QUOTING[quoting]
        queue, run, rest = self.upstream
        base = re.sub("/(?:stream|realtime)$", "", self.endpoint_id)  # the clients append it
        name, medium, is_list = file or FileField("", "file", False)
        file_name, content_type = _TABLE["files"].get(medium, _TABLE["files"]["file"])
        arguments = {key: value for key, value in self.arguments.items() if not file or key != name}
        arguments |= {name: [""] if is_list else ""} if file else {}
        request = {"endpoint_id": self.endpoint_id, "arguments": arguments}
        submit = f"{queue}/{self.endpoint_id}"
        host = self.server.partition("://")[2]
        texts = {
            "endpoint": self.endpoint_id,
            "base": base,
            "submit_url": submit,
            "webhook_submit_url": f"{submit}?fal_webhook={quote(WEBHOOK, safe='')}",
            "stream_url": f"{run}/{base}/stream",
            "live_url": f"{run.replace('http', 'ws', 1)}/{base}/realtime",
            "upload_url": f"{rest}/storage/upload/initiate?storage_type=fal-cdn-v3",
            "webhook": WEBHOOK,
            "proxy_url": f"{self.server}/api/fal/proxy",
            "run_host": f"{host}/api/fal/run",
            "queue_host": f"{host}/api/fal/queue",
            "runs_url": f"{self.server}/api/v1/runs",
            "runs_wait_url": f"{self.server}/api/v1/runs?wait=60",
            "uploads_url": f"{self.server}/api/v1/uploads",
            "file_name": file_name,
            "content_type": content_type,
            "type_header": f"Content-Type: {content_type}",
        }
        with_url = (lambda code: url.join(_around_last(code))) if file else str
        return {key: text(value) for key, value in texts.items()} | {
            "arguments": with_url(document(arguments)),
            "input": with_url(short(arguments)),
            "request": with_url(document(request)),
            "request_with_webhook": document({"webhook_url": WEBHOOK, **request}),
            "description": document({"content_type": content_type, "file_name": file_name}),
            "note": LONG_NUMBER if _has_long_integer(arguments) else "",
        }


def _around_last(code: str) -> tuple[str, str]:
    """The code before and after its last empty text."""
    before, _, after = code.rpartition('""')
    return before, after


def _shell(text: str) -> str:
    """One shell word, always in single quotes."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _quoted(text: str) -> str:
    """JSON with invisible and directional characters escaped."""
    return re.sub(
        "[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]",
        lambda match: f"\\u{ord(match[0]):04x}",
        text,
    )


def _python(value: Any, depth: int) -> str:
    """A value as a Python literal, one entry a line."""
    inner, outer = "    " * (depth + 1), "    " * depth
    if isinstance(value, dict) and value:
        lines = (f"{inner}{key!r}: {_python(item, depth + 1)},\n" for key, item in value.items())
        return "{\n" + "".join(lines) + outer + "}"
    if isinstance(value, list) and value:
        return (
            "[\n" + "".join(f"{inner}{_python(item, depth + 1)},\n" for item in value) + outer + "]"
        )
    if isinstance(value, str):
        text = repr(value)
        is_plain = text.startswith("'") and '"' not in text and "\\'" not in text
        return f'"{text[1:-1]}"' if is_plain else text
    return repr(value)


def _has_long_integer(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_long_integer, value.values()))
    if isinstance(value, list):
        return any(map(_has_long_integer, value))
    return isinstance(value, int) and abs(value) > _EXACT_IN_JS


def _json(value: Any, indent: int | None = 2) -> str:
    return _quoted(json.dumps(value, indent=indent, ensure_ascii=False))


# By `quoting`: a text, a document inside the call, one outside it, and the variable `url` in it.
_QUOTING: dict[
    str, tuple[Callable[[str], str], Callable[[Any], str], Callable[[Any], str], str]
] = {
    "python": (
        lambda text: _python(text, 0),
        lambda value: _python(value, 1),
        lambda value: _python(value, 0),
        "url",
    ),
    "javascript": (_json, lambda value: _json(value).replace("\n", "\n  "), _json, "url"),
    "shell": (
        shlex.quote,
        lambda value: _shell(_json(value)),
        lambda value: _shell(_json(value, None)),
        '"\'"$url"\'"',
    ),
}

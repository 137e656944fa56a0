"""Edits of a form post: files that were uploaded, and buttons that change the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schemas.form.decode import ROW, Post, Rows, is_below


def with_uploads(post: Post, addresses: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The post with the URLs of stored files (`path~file`, `path~files`) as values."""
    result = {name: list(texts) for name, texts in post.items()}
    for control, file_addresses in addresses.items():
        name, _, kind = control.rpartition("~")
        posted_addresses = [address for address in file_addresses if address]
        if kind == "files":
            result.setdefault(name, []).extend(posted_addresses)
        elif kind == "file" and posted_addresses:
            result[name] = posted_addresses[-1:]
            result.pop(name + "~json", None)
    return result


def apply(post: Post, action: str) -> dict[str, list[str]]:
    """The post after a button press: `add:loras`, `remove:loras.1`, `up:…`, `reset:steps` ….

    An unknown action, or one on a missing row, changes nothing.
    """
    verb, _, target = action.partition(":")
    result = {name: list(texts) for name, texts in post.items()}
    if verb == "reset":
        return {key: texts for key, texts in result.items() if not is_below(key, target)}
    if verb == "add":
        rows = _rows(post, target)
        _write_rows(result, target, [*rows, _next_free(rows)])
        return result
    name, _, number = target.rpartition(".")
    rows = _rows(post, name)
    if not ROW.fullmatch(number) or int(number) not in rows:
        return result
    position, row = rows.index(int(number)), int(number)
    if verb == "remove":
        rows.pop(position)
        result = {key: texts for key, texts in result.items() if not is_below(key, target)}
    elif verb == "up" and position:
        rows[position - 1 : position + 1] = [row, rows[position - 1]]
    elif verb == "down":
        rows[position : position + 2] = [*rows[position + 1 : position + 2], row]
    elif verb == "duplicate":
        copy = _next_free(rows)
        rows.insert(position + 1, copy)
        for key, texts in post.items():
            if is_below(key, target):
                result[f"{name}.{copy}{key[len(target) :]}"] = list(texts)
    _write_rows(result, name, rows)
    return result


def _rows(post: Post, name: str) -> list[int]:
    return Rows(post).row_numbers(name) or []


def _next_free(rows: list[int]) -> int:
    return max(rows, default=-1) + 1


def _write_rows(post: dict[str, list[str]], name: str, rows: list[int]) -> None:
    post[name + "~rows"] = ["", *map(str, rows)]

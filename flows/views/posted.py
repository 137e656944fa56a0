"""Reads posts of forms that are not one model's own: their fields, and the files with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fal.db_safe import db_safe_text
from playground.files import uploads
from schemas import Field, Problem, fields, with_uploads

if TYPE_CHECKING:
    from django.http import HttpRequest

Post = dict[str, list[str]]


def posted_fields(request: HttpRequest, marks: Sequence[str] = ()) -> Post:
    """The fields of a post, and of the page's own controls those that begin with a mark."""
    return {
        name: [db_safe_text(str(value)) for value in values]
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and (name[:1] != "~" or name.startswith(tuple(marks)))
    }


def with_files(request: HttpRequest, root: Field, post: Post) -> tuple[Post, list[Problem]]:
    """The post with the addresses of its files, which are stored, and those that were refused."""
    addresses: dict[str, list[str]] = {}
    refused = []
    for name, posted in request.FILES.lists():
        parts = name.partition("~")[0].split(".")
        path = tuple(int(part) if part.isdecimal() else part for part in parts)
        field = fields.find(root, path)
        kind = field.media or (field.item.media if field.item else "")
        for file in posted:
            try:
                stored = uploads.store(request.user.pk or 0, file, kind)
            except ValueError as error:
                refused.append(Problem(path, str(error)))
            else:
                addresses.setdefault(name, []).append(stored.get_absolute_url())
    return with_uploads(post, addresses), refused

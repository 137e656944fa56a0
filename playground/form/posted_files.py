"""Stores files posted with a form as uploads, whose addresses become the fields' values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.http.parameters import parse_key
from runs.files import uploads
from schemas import Field, Problem, fields, with_uploads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.files.uploadedfile import UploadedFile
    from django.utils.datastructures import MultiValueDict

    from projects.models import Project

Post = dict[str, list[str]]


def with_files(
    post: Mapping[str, list[str]],
    files: MultiValueDict[str, UploadedFile[Any]],
    root: Field,
    user_id: int | None,
    project: Project | None = None,
) -> tuple[Post, list[Problem]]:
    """Store posted files as uploads of a user in a project; None: in their private one.

    `files` maps control names (`path~file`, `path~files`) of the form of `root` to files. Returns
    the post with their addresses, and a problem for each file that was refused.
    """
    addresses: dict[str, list[str]] = {}
    file_problems = []
    for control, control_files in files.lists():
        field = fields.find(root, _problem(control, "").path)
        kind = field.media or (field.item.media if field.item else "")
        for file in control_files:
            try:
                stored_upload = uploads.store(user_id or 0, file, kind, project=project)
            except ValueError as error:
                file_problems.append(_problem(control, str(error)))
            else:
                addresses.setdefault(control, []).append(stored_upload.get_absolute_url())
    return with_uploads(post, addresses), file_problems


def _problem(control: str, message: str) -> Problem:
    """Return a problem with a posted file, at the field that it was posted for."""
    name = control.partition("~")[0]
    keys = ((part, parse_key(part)) for part in name.split("."))
    path = tuple(part if key is None else key for part, key in keys)
    return Problem(path, message)

"""Describes the files in a plan, and finds missing ones before anything is sent."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q

from core.file_names import clean_name
from features.boards.plan import rows
from features.boards.plan.groups import Post
from features.boards.plan.plan import Plan, Trouble
from features.boards.plan.rows import KnownFile
from runs.files import artifact_urls, content_types, uploads
from runs.files.own_addresses import OUR_ADDRESS, tidy_addresses
from runs.models import Artifact, Run, Upload
from runs.models.querysets import heavy_columns
from runs.promises.named_inputs import OfferedName
from schemas.uses import mentions
from schemas.wording.counted_files import NOUNS

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.utils.datastructures import MultiValueDict

    from projects.models import Project

_MAX_NAMED = 3
_POSTED = re.compile(rf"{rows.CONTROL}\.([0-9]{{1,6}}|{rows.ALL}|{rows.NEW})\.upload")
GONE = "A file is no longer here. Choose it again, or another."
ELSEWHERE = "{} is in another project. Give the file again here, or move it."


def store_posted(
    post: Post, files: MultiValueDict[str, UploadedFile[Any]], user: User, project: Project
) -> tuple[Post, list[Trouble]]:
    """Store the files posted for rows in the project; returns the post with their addresses.

    Removes their controls from `files`. A refused file becomes a trouble at its row.
    """
    troubles = []
    for name in [name for name in files if _POSTED.fullmatch(name)]:
        number = name.split(".")[1]
        addresses = []
        for file in files.pop(name):
            try:
                addresses.append(_stored(file, user, project).get_absolute_url())
            except ValueError as error:
                part = "rows" if number == rows.NEW else f"{rows.CONTROL}{number}"
                troubles.append(Trouble(part, str(error)))
        post = rows.with_stored(post, number, addresses) if addresses else post
    return post, troubles


def _stored(file: UploadedFile[Any], user: User, project: Project) -> Upload:
    """Store a picture, film or sound; raises ValueError with a message."""
    file.seek(0)
    head = file.read(content_types.HEAD_BYTES)
    kind = content_types.content_type(head, file.content_type or "").partition("/")[0]
    if file.size and kind not in NOUNS:
        raise ValueError(f"{clean_name(file.name or '')} is not a picture, film or sound.")
    return uploads.store(user.pk, file, kind, project=project)


def known_files(
    addresses: Iterable[str], user: User, project: Project, offered: Iterable[OfferedName]
) -> dict[str, KnownFile]:
    """Describe named series and files stored here, by address; other addresses are left out.

    A file that the user may not read counts as gone; one of another project is refused.
    `offered` are the names. The number of queries is constant.
    """
    tidy = tidy_addresses(list(addresses))
    by_key = {mentions.whole(name_offer.mention): name_offer for name_offer in offered}
    known = {address: _named(address, by_key) for address in tidy if mentions.whole(address)}
    matches = {address: match for address in tidy if (match := OUR_ADDRESS.fullmatch(address))}
    if not matches:
        return known
    in_uploads = [uuid.UUID(match["upload"]) for match in matches.values() if match["upload"]]
    in_runs = [uuid.UUID(match["run"]) for match in matches.values() if match["run"]]
    readable_uploads = (
        Upload.objects.kept().shown_to(user).in_bulk(in_uploads) if in_uploads else {}
    )
    readable = Run.objects.readable_by(user).filter(pk__in=in_runs)
    results = Artifact.objects.filter(run__in=readable.order_by().values("pk"))
    results = results.exclude(state=Artifact.State.LOST).select_related("run__endpoint")
    results = results.defer(*heavy_columns("run__"))
    artifacts = {(file.run_id, file.position): file for file in results} if in_runs else {}
    for address, match in matches.items():
        if match["upload"]:
            upload = readable_uploads.get(uuid.UUID(match["upload"]))
            known[address] = _of_upload(upload, project) if upload else _GONE
        else:
            result = artifacts.get((uuid.UUID(match["run"]), int(match["position"])))
            known[address] = _of_result(result, project) if result else _GONE
    return known


_GONE = KnownFile("", "A file that is gone", refusal=GONE)


def _named(mention: str, by_key: Mapping[str, OfferedName]) -> KnownFile:
    offered = by_key.get(mentions.whole(mention))
    if offered is None:
        sentence = f"There is no “{mention[:60]}” in this project."
        return KnownFile("", mention[:60], refusal=sentence)
    return KnownFile("image", offered.mention, offered.picture)


def _of_upload(upload: Upload, project: Project) -> KnownFile:
    kind = upload.content_type.partition("/")[0]
    still = uploads.still_of(upload)
    is_here = upload.project_id == project.pk
    return _known(kind, upload.file_name, still, is_here=is_here)


def _of_result(result: Artifact, project: Project) -> KnownFile:
    name = result.run.title or result.run.endpoint.name
    still = artifact_urls.thumbnail_url(result, artifact_urls.artifact_url(result))
    return _known(result.kind, name, still, is_here=result.run.project_id == project.pk)


def _known(kind: str, name: str, still: str, *, is_here: bool) -> KnownFile:
    if not is_here:
        return KnownFile("", name, still, ELSEWHERE.format(f"“{name[:60]}”"))
    if kind not in NOUNS:
        return KnownFile("", name, refusal=f"“{name[:60]}” is not a picture, film or sound.")
    return KnownFile(kind, name, still)


def missing_files(plan: Plan) -> list[Trouble]:
    """Return a trouble for each part of the form with missing files. At most two queries."""
    by_place: dict[str, set[str]] = {}
    for number, row in enumerate(plan.rows):
        for address in _our_addresses(row.values):
            by_place.setdefault(address, set()).add(f"row {number + 1}")
    for column in plan.columns:
        for address in _our_addresses(column.settings):
            by_place.setdefault(address, set()).add(column.endpoint.name)
    present = _present(by_place)
    missing = [address for address in by_place if address not in present]
    return [
        Trouble(
            "shared",
            f"A file of {_name_places(by_place[address])} is no longer stored here. "
            "Choose it again.",
        )
        for address in missing[:_MAX_NAMED]
    ]


def _present(addresses: dict[str, set[str]]) -> set[str]:
    uploads: dict[uuid.UUID, str] = {}
    results: dict[tuple[uuid.UUID, int], str] = {}
    for address in addresses:
        if match := OUR_ADDRESS.fullmatch(address):
            if match["upload"]:
                uploads[uuid.UUID(match["upload"])] = address
            else:
                results[uuid.UUID(match["run"]), int(match["position"])] = address
    present: set[str] = set()
    if uploads:
        kept_uploads = (
            Upload.objects.kept().filter(pk__in=list(uploads)).values_list("pk", flat=True)
        )
        present |= {uploads[pk] for pk in kept_uploads}
    if results:
        places = Q(pk__in=[])
        for run, position in results:
            places |= Q(run_id=run, position=position)
        stored_artifacts = Artifact.objects.filter(places).exclude(state=Artifact.State.LOST)
        present |= {results[key] for key in stored_artifacts.values_list("run_id", "position")}
    return present


def _our_addresses(value: Any) -> Iterator[str]:
    if isinstance(value, str) and OUR_ADDRESS.fullmatch(value):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _our_addresses(part)


def _name_places(places: set[str]) -> str:
    names = sorted(places)
    more_note = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more_note

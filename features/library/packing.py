"""Packs results, such as those of a series, into a ZIP for a field that takes one, with captions.

What a field's ZIP has to contain is in its description (`schemas/uses/archives.py`).
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, NamedTuple

from core.formatting import counted, enumerated, size
from core.refusals import Refused
from features.library import archives
from features.library.selection import ResultKey, Selection
from playground.display.result.caption import prompt_of
from runs.file_kinds import KINDS
from runs.files import archive_uploads, content_types, uploads
from runs.models import Artifact, Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project
    from schemas.uses.archives import Rules

MAX_BYTES = uploads.MAX_BYTES - (4 << 20)  # leaves room for names and captions in the ZIP
# Why results are left out, after their number.
WRONG_KIND = "of another kind"
DUPLICATE = "the same as another one"
TOO_MANY = "beyond the {} that the model takes"
TOO_LARGE = f"too large: a ZIP holds {MAX_BYTES >> 20} MB"
GONE = "no longer there, or not yours to see"
WHY_MISSING = {
    archives.EMPTY: WRONG_KIND,
    archives.UNDER_WAY: "not done yet",
    archives.COPYING: "still being copied here (try again in a minute)",
    archives.UNREADABLE: "not readable at the moment (try again later)",
}


class Piece(NamedTuple):
    """A result with a stored file; `caption` is the prompt that made it, empty without one."""

    artifact: Artifact
    caption: str = ""


@dataclass
class Package:
    """What goes into a ZIP, and how many results are left out for which reason."""

    rules: Rules
    pieces: list[Piece] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def report(self, size_bytes: int) -> str:
        """Return sentences on what a ZIP of this size holds, and what was left out."""
        rules, numbers = self.rules, Counter(piece.artifact.kind for piece in self.pieces)
        nouns = [counted(number, KINDS[kind].noun) for kind, number in numbers.items()]
        captioned = sum(bool(piece.caption) for piece in self.pieces)
        captions = "without captions: the field's description mentions none"
        if rules.has_captions:
            captions = f"with {counted(captioned, 'caption')}"
        sentences = [f"{enumerated(nouns)}, {size(size_bytes)}, {captions}.", self.why_not()]
        if rules.needs_caption and captioned < len(self.pieces):
            sentences.append("For those without a caption, fill in the default caption.")
        for fewest, verb in ((rules.fewest, "needs"), (rules.advised, "recommends")):
            if len(self.pieces) < fewest:
                sentences.append(f"The model {verb} at least {fewest}.")
        return " ".join(filter(None, sentences))

    def why_not(self) -> str:
        """Return a sentence on what was left out; empty if nothing was."""
        reasons = [f"{number:,} {why}" for why, number in self.left_out.items()]
        return f"Left out: {'; '.join(reasons)}." if reasons else ""


def choose(pieces: Iterable[Piece], rules: Rules) -> Package:
    """Return the package of the pieces that the field takes, in order, each content once."""
    package, contents, room = Package(rules), set(), MAX_BYTES
    for piece in pieces:
        file = piece.artifact
        size_bytes, content = file.size_bytes or 0, file.digest or file.file
        if file.kind not in rules.kinds:
            package.left_out[WRONG_KIND] += 1
        elif content in contents:
            package.left_out[DUPLICATE] += 1
        elif rules.most and len(package.pieces) == rules.most:
            package.left_out[TOO_MANY.format(rules.most)] += 1
        elif size_bytes > room:
            package.left_out[TOO_LARGE] += 1
        else:
            contents.add(content)
            room -= size_bytes
            package.pieces.append(piece)
    return package


def refusal_of_layout(rules: Rules) -> str:
    """Return why no series can be packed for a field; empty if one can."""
    if not rules.layout:
        return ""
    return (
        f"“{rules.label}” takes a ZIP with a layout that a series does not have: its description "
        f"names “{rules.layout}”. Pack the ZIP yourself and upload it."
    )


def pack(
    user: User, project: Project, keys: Sequence[ResultKey], rules: Rules, name: str
) -> tuple[Upload, str]:
    """Store the ZIP of these results in the project; return it, and the report on its contents.

    Equal contents give the same upload. Raises Refused if nothing can go in, or if the field takes
    another layout, and ValueError as `uploads.store` does.
    """
    if why := refusal_of_layout(rules):
        raise Refused(why)
    missing: list[tuple[str, str]] = []
    pieces = _pieces(user, keys, missing)
    package = choose(pieces, rules)
    package.left_out[GONE] += len(keys) - len(pieces) - len(missing)
    texts: dict[str, str] = {}
    files = _opened(package, texts, missing)
    upload = archive_uploads.store(user.pk, f"{name}.zip", files, texts, project)
    if any(piece.artifact.run.is_hidden for piece in package.pieces):
        Upload.objects.filter(pk=upload.pk).update(is_hidden=True)
    return upload, package.report(upload.size_bytes)


def _pieces(user: User, keys: Sequence[ResultKey], missing: list[tuple[str, str]]) -> list[Piece]:
    """Return the results that are stored and that the user may read, in the order of `keys`."""
    positions: defaultdict[uuid.UUID, set[int]] = defaultdict(set)
    for key in keys:
        positions[key.run].add(key.position)
    pieces: dict[ResultKey, Piece] = {}
    for run in archives.runs_of(user, Selection(positions)):
        caption = prompt_of(run).strip()
        chosen = positions[run.pk] if run.artifacts.all() else None  # a text has no file
        for artifact in archives.stored(run, chosen, missing):
            pieces[ResultKey(run.pk, artifact.position)] = Piece(artifact, caption)
    return [pieces[key] for key in keys if key in pieces]


def _opened(
    package: Package, texts: dict[str, str], missing: list[tuple[str, str]]
) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the files, opened one after the other, as `001.png`, and add their captions to `texts`.

    Numbers, because a name such as `hat_mask.png` would mean something to the model.
    """
    packed = []
    for piece in package.pieces:
        artifact = piece.artifact
        key = str(ResultKey(artifact.run_id, artifact.position))
        if (file := archives.open_stored(key, artifact.file, missing)) is None:
            continue
        packed.append(piece)
        stem = f"{len(packed):03}"
        if package.rules.has_captions and piece.caption:
            texts[f"{stem}.txt"] = piece.caption
        yield f"{stem}.{content_types.extension(artifact.content_type)}", file
    package.pieces = packed
    package.left_out.update(WHY_MISSING.get(why, GONE) for _, why in missing)
    package.left_out = +package.left_out
    if not packed:
        nouns = enumerated([f"{KINDS[kind].noun}s" for kind in package.rules.kinds])
        why = f"There is nothing to pack. {package.why_not()}".strip()
        raise Refused(f"{why} This field takes {nouns}: choose a series that has some.")

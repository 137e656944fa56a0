"""Packs results and uploads, such as those of a series, into a ZIP for a field that takes one.

What a field's ZIP has to contain is in its description (`schemas/uses/archives.py`): the kinds and
numbers of files, captions in a text beside each, masks, pairs. An upload keeps its name, which says
that `cat_mask.png` is the mask of `cat.png`; a result gets a number.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple

from core.file_names import clean_name, split_suffix
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
SMALL_PX = 512  # trainers scale smaller pictures up
_PART = re.compile(r"(?i)_(start\d*|end|mask)$")
# Why files are left out, after their number.
WRONG_KIND = "of another kind"
DUPLICATE = "the same as another one"
TOO_MANY = "beyond the {} that the model takes"
TOO_LARGE = f"too large: a ZIP holds {MAX_BYTES >> 20} MB"
NO_PICTURE = "masks without their picture: name them cat.png and cat_mask.png"
NO_PAIR = "without the other half of their pair: name them cat_start.png and cat_end.png"
GONE = "no longer there, or not yours to see"
WHY_MISSING = {
    archives.EMPTY: WRONG_KIND,
    archives.UNDER_WAY: "not done yet",
    archives.COPYING: "still being copied here (try again in a minute)",
    archives.UNREADABLE: "not readable at the moment (try again later)",
}


class Wanted(NamedTuple):
    """A result or an upload that is to be packed; a result's default caption is its prompt."""

    result: ResultKey | None = None
    upload: uuid.UUID | None = None
    file_name: str = ""  # of an upload, if it has another one here
    caption: str = ""


class Piece(NamedTuple):
    """A stored file, its caption, and its own name; a result has none."""

    artifact: Artifact
    caption: str = ""
    name: str = ""
    is_hidden: bool = False  # from the project's other members

    @property
    def stem(self) -> str:
        """Return its name without its ending."""
        return PurePosixPath(self.name).stem

    @property
    def part(self) -> str:
        """Return `start`, `start2`, `end` or `mask` at the end of its name; empty for others."""
        match = _PART.search(self.stem)
        return match[1].lower() if match else ""

    @property
    def root(self) -> str:
        """Return its name without its ending and its part, which the parts of one thing share."""
        return _PART.sub("", self.stem).casefold()


@dataclass
class Package:
    """What goes into a ZIP, and how many files are left out for which reason."""

    rules: Rules
    pieces: list[Piece] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def examples(self) -> list[Piece]:
        """Return one piece for each thing that the model learns from: no mask, half of a pair."""
        if self.rules.is_of_pairs:
            return [piece for piece in self.pieces if piece.part == "start"]
        return [piece for piece in self.pieces if not is_mask(piece, self.rules)]

    def report(self, size_bytes: int) -> str:
        """Return sentences on what a ZIP of this size holds, and what was left out."""
        rules, examples = self.rules, self.examples
        captioned = sum(bool(piece.caption) for piece in examples)
        captions = "without captions: the field's description mentions none"
        if rules.has_captions:
            captions = f"with {counted(captioned, 'caption')}"
        sentences = [f"{self._contents()}, {size(size_bytes)}, {captions}.", self.why_not()]
        if rules.needs_caption and captioned < len(examples):
            sentences.append("For those without a caption, fill in the default caption.")
        for fewest, verb in ((rules.fewest, "needs"), (rules.advised, "recommends")):
            if len(examples) < fewest:
                sentences.append(f"The model {verb} at least {fewest}.")
        small = sum(_is_small(piece.artifact) for piece in examples)
        if small:
            verb = "is" if small == 1 else "are"
            sentences.append(f"{counted(small, 'picture')} {verb} smaller than {SMALL_PX} pixels.")
        return " ".join(filter(None, sentences))

    def _contents(self) -> str:
        """Return the numbers of files: `4 pairs of pictures`, `9 pictures and 3 masks`."""
        if self.rules.is_of_pairs:
            return f"{counted(len(self.examples), 'pair')} of {KINDS[self.rules.kinds[0]].noun}s"
        numbers = Counter(piece.artifact.kind for piece in self.examples)
        nouns = [counted(number, KINDS[kind].noun) for kind, number in numbers.items()]
        if masks := len(self.pieces) - len(self.examples):
            nouns.append(counted(masks, "mask"))
        return enumerated(nouns)

    def why_not(self) -> str:
        """Return a sentence on what was left out; empty if nothing was."""
        reasons = [f"{number:,} {why}" for why, number in self.left_out.items()]
        return f"Left out: {'; '.join(reasons)}." if reasons else ""


def is_mask(piece: Piece, rules: Rules) -> bool:
    """Whether a file is another one's mask, by its name, for a field that takes masks."""
    return rules.has_masks and piece.part == "mask"


def _is_small(file: Artifact) -> bool:
    sides = [side for side in (file.width, file.height) if side]
    return file.kind == "image" and bool(sides) and min(sides) < SMALL_PX


def choose(pieces: Iterable[Piece], rules: Rules) -> Package:
    """Return the package of the pieces that the field takes, in order, each content once.

    The same picture may be the mask of several others.
    """
    package, contents, room = Package(rules), set(), MAX_BYTES
    for piece in _fitting(list(pieces), package):
        file = piece.artifact
        size_bytes, content = file.size_bytes or 0, file.digest or file.file
        if file.kind not in rules.kinds:
            package.left_out[WRONG_KIND] += 1
        elif content in contents and not piece.part:
            package.left_out[DUPLICATE] += 1
        elif rules.most and not is_mask(piece, rules) and len(package.examples) == rules.most:
            package.left_out[TOO_MANY.format(rules.most)] += 1
        elif size_bytes > room:
            package.left_out[TOO_LARGE] += 1
        else:
            contents.add(content)
            room -= size_bytes
            package.pieces.append(piece)
    package.left_out = +package.left_out  # without the reasons that left out none
    return package


def _fitting(pieces: Sequence[Piece], package: Package) -> list[Piece]:
    """Return the pieces whose names fit the field's layout; count the others as left out."""
    rules = package.rules
    parts: defaultdict[str, set[str]] = defaultdict(set)
    for piece in pieces:
        parts[piece.root].add(piece.part.rstrip("0123456789"))
    fitting = list(pieces)
    if rules.is_of_pairs:
        fitting = [piece for piece in pieces if {"start", "end"} <= parts[piece.root]]
        package.left_out[NO_PAIR] += len(pieces) - len(fitting)
    elif rules.has_masks:
        fitting = [piece for piece in pieces if piece.part != "mask" or "" in parts[piece.root]]
        package.left_out[NO_PICTURE] += len(pieces) - len(fitting)
    return fitting


def refusal_of_layout(rules: Rules) -> str:
    """Return why nothing can be packed for a field; empty if it can."""
    if not rules.layout or rules.is_of_pairs:
        return ""
    return (
        f"“{rules.label}” takes a ZIP with a layout that a series does not have: its description "
        f"names “{rules.layout}”. Pack the ZIP yourself and upload it."
    )


def pack(
    user: User, project: Project, wanted: Sequence[Wanted], rules: Rules, name: str
) -> tuple[Upload, str]:
    """Store the ZIP of these files in the project; return it, and the report on its contents.

    Equal contents give the same upload. Raises Refused if nothing can go in, or if the field takes
    another layout, and ValueError as `uploads.store` does.
    """
    if why := refusal_of_layout(rules):
        raise Refused(why)
    missing: list[tuple[str, str]] = []
    pieces = _pieces(user, wanted, missing)
    package = choose(pieces, rules)
    package.left_out[GONE] += len(wanted) - len(pieces) - len(missing)
    texts: dict[str, str] = {}
    files = _opened(package, texts, missing)
    upload = archive_uploads.store(user.pk, f"{clean_name(name)}.zip", files, texts, project)
    if any(piece.is_hidden for piece in package.pieces):
        Upload.objects.filter(pk=upload.pk).update(is_hidden=True)
    return upload, package.report(upload.size_bytes)


def _pieces(user: User, wanted: Sequence[Wanted], missing: list[tuple[str, str]]) -> list[Piece]:
    """Return the files that are stored and that the user may read, in the order of `wanted`."""
    results = _results(user, [one.result for one in wanted if one.result], missing)
    keys = [one.upload for one in wanted if one.upload]
    readable = Upload.objects.kept().shown_to(user).in_bulk(keys) if keys else {}
    pieces = []
    for one in wanted:
        if one.result in results:
            piece = results[one.result]
            pieces.append(piece._replace(caption=one.caption or piece.caption))
        elif one.upload in readable:
            upload = readable[one.upload]
            name = clean_name(one.file_name) or upload.file_name
            file = uploads.as_artifact(upload)
            pieces.append(Piece(file, one.caption, name, upload.is_hidden))
    return pieces


def _results(
    user: User, keys: Sequence[ResultKey], missing: list[tuple[str, str]]
) -> Mapping[ResultKey | None, Piece]:
    """Return the stored results that the user may read, each with its prompt as its caption."""
    positions: defaultdict[uuid.UUID, set[int]] = defaultdict(set)
    for key in keys:
        positions[key.run].add(key.position)
    pieces: dict[ResultKey | None, Piece] = {}
    for run in archives.runs_of(user, Selection(positions)):
        caption = prompt_of(run).strip()
        chosen = positions[run.pk] if run.artifacts.all() else None  # a text has no file
        for artifact in archives.stored(run, chosen, missing):
            pieces[ResultKey(run.pk, artifact.position)] = Piece(
                artifact, caption, is_hidden=run.is_hidden
            )
    return pieces


def _opened(
    package: Package, texts: dict[str, str], missing: list[tuple[str, str]]
) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the files, opened one after the other, and add their captions to `texts`.

    A result's name is its number, because a name such as `hat_mask.png` would mean something.
    """
    rules = package.rules
    packed: list[Piece] = []
    stems: Counter[str] = Counter()
    for piece in package.pieces:
        name = piece.name or f"{len(packed) + 1:03}"
        if (file := archives.open_stored(name, piece.artifact.file, missing)) is None:
            continue
        packed.append(piece)
        stem, suffix = split_suffix(name)
        stems[stem.casefold()] += 1
        if (number := stems[stem.casefold()]) > 1:  # `cat_end` becomes `cat-2_end`
            part = _PART.search(stem)
            stem = f"{_PART.sub('', stem)}-{number}{part[0] if part else ''}"
        if rules.has_captions and piece.caption and piece in package.examples:
            texts[f"{_PART.sub('', stem) if rules.is_of_pairs else stem}.txt"] = piece.caption
        ending = content_types.extension(piece.artifact.content_type)
        yield f"{stem}{suffix.lower() or f'.{ending}'}", file
    package.pieces = packed
    package.left_out.update(WHY_MISSING.get(why, GONE) for _, why in missing)
    package.left_out = +package.left_out
    if not packed:
        nouns = enumerated([f"{KINDS[kind].noun}s" for kind in rules.kinds])
        why = f"There is nothing to pack. {package.why_not()}".strip()
        raise Refused(f"{why} This field takes {nouns}: choose a series that has some.")

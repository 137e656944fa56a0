"""Finds results that look alike by their fingerprints, and doubles of earlier results.

A fingerprint (`runs/files/media/fingerprint.py`) has 128 bits. The limits were measured on 168
drawn pictures: copies saved as JPEG, made smaller or a little brighter differ in at most 8 bits,
mostly in 2 or fewer; of 14,000 pairs of different pictures the nearest differ in 17.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Min

from runs.file_kinds import VISUAL, kind_named
from runs.models import Artifact, Run
from runs.models.querysets import RunQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import Project

NEARLY_SAME = 6  # maximum number of different bits
ALIKE = 16
MOST_COMPARED = 50_000  # newest results that are searched for doubles
MOST_ON_PAGE = 10_000  # results that are searched when a person looks for similar ones

Fingerprinted = tuple[int, int]  # an artifact's key, and its fingerprint as a number


class Near(NamedTuple):
    """A result that looks like another one: the smaller the distance, the more alike."""

    distance: int
    pk: int


class Double(NamedTuple):
    """A result of a run, and the earlier result of which it is a double."""

    artifact: Artifact
    original: Artifact

    @property
    def is_same_file(self) -> bool:
        """Whether both are equal byte for byte."""
        return self.artifact.digest == self.original.digest

    @property
    def noun(self) -> str:
        """What the result is, in a sentence."""
        return kind_named(self.artifact.kind).noun

    @property
    def number(self) -> int:
        """Return the result's number in its run, from 1."""
        return self.artifact.position + 1

    @property
    def number_of_original(self) -> int:
        """Return the original's number in its run, from 1."""
        return self.original.position + 1

    @property
    def is_in_same_run(self) -> bool:
        """Whether one run made both."""
        return self.artifact.run_id == self.original.run_id


def newest_fingerprints(
    runs: RunQuerySet, most: int, kinds: Collection[str] = VISUAL
) -> list[Fingerprinted]:
    """Return at most `most` results of these runs with a fingerprint, newest first."""
    having = runs.filter(artifacts__fingerprint__gt=b"", artifacts__kind__in=kinds)
    rows = having.order_by("-created_at").values_list("artifacts__pk", "artifacts__fingerprint")
    return [(pk, int.from_bytes(fingerprint or b"")) for pk, fingerprint in rows[:most]]


def nearest(fingerprint: bytes, rows: Iterable[Fingerprinted], limit: int, most: int) -> list[Near]:
    """Return the results within `limit` bits: the nearest first, then the earlier."""
    bits = int.from_bytes(fingerprint)
    near = [
        Near(distance, pk)
        for pk, other in rows
        if (distance := (bits ^ other).bit_count()) <= limit
    ]
    return sorted(near)[:most]


def earliest_equals(runs: RunQuerySet, digests: Collection[str]) -> dict[str, int]:
    """Return the key of these runs' earliest result with each digest, by digest."""
    runs_with_file = runs.filter(
        artifacts__digest__in=digests, artifacts__state=Artifact.State.STORED
    )
    return dict(
        runs_with_file.order_by().values_list("artifacts__digest").annotate(Min("artifacts__pk"))
    )


def newest_equals(runs: RunQuerySet, digest: str, most: int) -> list[int]:
    """Return the keys of these runs' results whose file has this digest, newest first."""
    runs_with_file = runs.filter(artifacts__digest=digest, artifacts__state=Artifact.State.STORED)
    newest = runs_with_file.order_by("-artifacts__pk").values_list("artifacts__pk", flat=True)
    return list(newest[:most])


def originals_of(artifacts: Sequence[Artifact]) -> dict[int, int]:
    """Return, by key, the earlier result of the same project of which each artifact is a double.

    The artifacts must have their run loaded. Only results that the run's user sees are originals,
    so hidden results of others stay hidden. Two queries per project and user.

    A film is only a double of an equal file, since many begin with the same picture.
    """
    groups: dict[tuple[Project, User], list[Artifact]] = defaultdict(list)
    for artifact in artifacts:
        groups[artifact.run.project, artifact.run.user].append(artifact)
    originals: dict[int, int] = {}
    for (project, user), results in groups.items():
        runs = Run.objects.kept().in_project(project, user)
        equals = earliest_equals(runs, {result.digest for result in results} - {""})
        pictures = {result.pk for result in results if result.kind == "image"}
        rows = newest_fingerprints(runs, MOST_COMPARED, ["image"]) if pictures else []
        for result in results:
            original = equals.get(result.digest, result.pk)
            if original >= result.pk and result.pk in pictures and result.fingerprint:
                earlier = (row for row in rows if row[0] < result.pk)
                near = nearest(bytes(result.fingerprint), earlier, NEARLY_SAME, 1)
                original = near[0].pk if near else result.pk
            if original < result.pk:
                originals[result.pk] = original
    return originals


def doubles_in(run: Run, user: User | AnonymousUser) -> list[Double]:
    """Return the run's results that are doubles of earlier ones that the user may read.

    Results that have moved to another project since are no originals. No query for a run without
    doubles, otherwise two. The artifacts should be prefetched.
    """
    marked = [result for result in run.artifacts.all() if result.double_of_id]
    if not marked:
        return []
    earlier = Artifact.objects.filter(pk__in={result.double_of_id for result in marked})
    originals = {original.pk: original for original in earlier.defer("url")}
    of_them = Run.objects.filter(pk__in={original.run_id for original in originals.values()})
    readable = of_them.readable_by(user).filter(project=run.project_id)
    runs = {run.pk: run for run in readable.with_endpoint().light()}
    doubles = []
    for result in marked:
        original = originals.get(result.double_of_id or 0)
        if original is not None and original.run_id in runs:
            original.run = runs[original.run_id]
            doubles.append(Double(result, original))
    return doubles

"""What `@bottle` means: the contents of a series with that name, for the arguments of runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, Subquery

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from features.library.models import Series, SeriesItem
from features.library.series import items
from runs.files import uploads
from runs.models import Artifact, Run, Upload
from runs.promises.named_inputs import NamedInput, OfferedName, ResolvedArguments
from schemas.uses import mentioned as uses
from schemas.uses.mentioned import MAX_PICTURES, Mentioned
from schemas.uses.mentions import OWN

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User

    from projects.models import Project

MAX_OFFERED = 60


def mentions_of(rows: Iterable[Series], user: User) -> Iterator[tuple[Series, str]]:
    """Yield series with their mentions: `@bottle`, or `@me/bottle` for a second one.

    `rows` are in the order of `mentioned_in`. Series that no text can mention are left out.
    """
    used_mentions = set()
    for row in rows:
        is_own = row.user_id == user.pk
        for mention in (row.mention_key, f"{OWN}{row.mention_key}" if is_own else row.mention_key):
            if mention not in used_mentions:
                used_mentions.add(mention)
                prefix = OWN if mention != row.mention_key else ""
                yield row, f"@{prefix}{row.mention}"
                break


def mention_of(series: Series, user: User, project: Project) -> str:
    """Return the mention of a series in a project; empty if it is not offered there."""
    rows = Series.objects.mentioned_in(project, user).filter(mention_key=series.mention_key)
    return next((text for row, text in mentions_of(rows, user) if row.pk == series.pk), "")


def offered(user: User, project: Project) -> list[OfferedName]:
    """Return the names that a page lists at once, as a plan does for its rows."""
    rows = list(Series.objects.mentioned_in(project, user)[:MAX_OFFERED])
    covers = covers_of(user, rows)
    return [
        OfferedName(mention, row.name, covers.get(row.pk, ""))
        for row, mention in mentions_of(rows, user)
    ]


class Resolver:
    """Resolves the names in the arguments of a user's runs in a project.

    Each series is read once, at its first mention.
    """

    def __init__(self, user: User, project: Project) -> None:
        self.user, self.project = user, project
        self._by_key: dict[str, Mentioned | None] = {}

    def __call__(self, endpoint: Endpoint, arguments: dict[str, Any]) -> ResolvedArguments:
        """Return the arguments with their names resolved."""
        version = version_of(endpoint)
        keys = uses.keys_mentioned(version.root, arguments)
        if not keys:
            return ResolvedArguments(arguments)
        filled = uses.fill(version, arguments, self._known(keys))
        named_inputs = tuple(
            NamedInput(outcome.sentence, outcome.is_whole) for outcome in filled.outcomes.values()
        )
        return ResolvedArguments(filled.arguments, named_inputs, filled.problems)

    def _known(self, keys: Sequence[str]) -> dict[str, Mentioned]:
        unread = [key for key in keys if key not in self._by_key]
        if unread:
            self._by_key |= dict.fromkeys(unread)
            self._read(set(unread))
        return {key: content for key in keys if (content := self._by_key[key])}

    def _read(self, keys: set[str]) -> None:
        rows = Series.objects.mentioned_in(self.project, self.user)
        rows = rows.filter(mention_key__in={key.removeprefix(OWN) for key in keys})
        series = list(rows.select_related("project"))
        contents = contents_of(self.user, series)
        for row in series:
            is_own = row.user_id == self.user.pk and (row.is_hidden or row.project.is_private)
            for key in (row.mention_key, *([f"{OWN}{row.mention_key}"] if is_own else ())):
                if key in keys and self._by_key[key] is None:
                    self._by_key[key] = contents[row.pk]


def covers_of(user: User, series: Sequence[Series]) -> dict[uuid.UUID, str]:
    """Return the address of the first picture that the user may read in each series; two queries.

    It reads one item of each: a plan asks for the covers of all names at every change.
    """
    if not series:
        return {}
    runs = Run.objects.readable_by(user).order_by().values("pk")
    results = Artifact.objects.filter(
        run=OuterRef("run"), position=OuterRef("position"), kind="image", run__in=runs
    )
    uploads = Upload.objects.kept().shown_to(user).filter(content_type__startswith="image/")
    is_picture = Q(upload__in=uploads.order_by().values("pk")) | Q(
        Exists(results.exclude(state=Artifact.State.LOST))
    )
    pictures = items.present().filter(is_picture, is_expected=False, series=OuterRef("pk"))
    first = Subquery(pictures.order_by("place", "pk").values("pk")[:1])
    firsts = (
        Series.objects.filter(pk__in=[row.pk for row in series])
        .annotate(first=first)
        .values_list("first")
    )
    rows = items.present().filter(pk__in=[pk for (pk,) in firsts if pk]).select_related("upload")
    return {row.series_id: row.address for row in rows}


def contents_of(user: User, series: Sequence[Series]) -> dict[uuid.UUID, Mentioned]:
    """Return what prompts mean by each series: its first pictures that the user may read, and more.

    Its first file of weights is its LoRA. Three queries, however many series.
    """
    rows = items.present().filter(series__in=series, is_expected=False)
    by_series: defaultdict[uuid.UUID, list[SeriesItem]] = defaultdict(list)
    for row in rows.order_by("place", "pk"):
        by_series[row.series_id].append(row)
    files = _files(user, [row for of_one in by_series.values() for row in of_one])
    return {row.pk: _content(row, by_series[row.pk], files) for row in series}


def _files(user: User, rows: Sequence[SeriesItem]) -> dict[int, Artifact | Upload | None]:
    """Return the file of each item by its key; None if it is gone, or not for the user to see."""
    upload_keys = [row.upload_id for row in rows if row.upload_id]
    run_keys = {row.run_id for row in rows if row.run_id}
    readable: dict[Any, Artifact | Upload] = {}
    if upload_keys:
        readable |= Upload.objects.kept().shown_to(user).in_bulk(upload_keys)
    if run_keys:
        runs = Run.objects.readable_by(user).filter(pk__in=run_keys).order_by().values("pk")
        results = Artifact.objects.light().filter(run__in=runs).exclude(state=Artifact.State.LOST)
        readable |= {(result.run_id, result.position): result for result in results}
    return {row.pk: readable.get(row.upload_id or (row.run_id, row.position)) for row in rows}


def _content(
    series: Series, rows: Sequence[SeriesItem], files: dict[int, Artifact | Upload | None]
) -> Mentioned:
    pictures: list[str] = []
    lora, gone = "", 0
    for row in rows:
        file = files[row.pk]
        if file is None:
            gone += 1
        elif _is_picture(file):
            pictures.append(file.get_absolute_url())
        elif not lora and file.file_name.lower().endswith(uploads.WEIGHTS):
            lora = file.get_absolute_url()
    return Mentioned(series.mention, tuple(pictures[:MAX_PICTURES]), series.words, lora, gone)


def _is_picture(file: Artifact | Upload) -> bool:
    if isinstance(file, Upload):
        return file.content_type.startswith("image/")
    return str(file.kind) == "image"

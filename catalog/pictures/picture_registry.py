"""The queue of pictures: which are wanted, which are due, and the result of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Count, F, QuerySet, Sum
from django.utils import timezone

import fal
from catalog.models import Endpoint, Picture
from catalog.pictures import picture_files

TRIES, TRIES_FOR_BAD = 10, 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30, 6 * 3600
CLAIM_DURATION = timedelta(minutes=5)  # longer than two slow files and three slow drawings
ROWS_PER_WRITE = 100
NOT_VETTED = "Not fetched: its host is not among FAL_MEDIA_URLS."


@dataclass(frozen=True)
class RenderedPicture:
    """The result of rendering a thumbnail: storage names and metadata."""

    small: str
    large: str
    clip: str
    colour: str
    size_bytes: int
    error: str = ""


FIRST_SEEN = 48  # two pages of the gallery
FIRST_OF_CATEGORY = 4


class WantedPicture(NamedTuple):
    """The picture that an endpoint should show, and the one that it shows now."""

    endpoint: int
    key: str
    url: str
    animated_url: str
    shown: str | None
    is_gone: bool


def wanted() -> list[WantedPicture]:
    """The wanted picture of every endpoint with a thumbnail; those that are seen first come first.

    These are the first pages of the gallery, and the first models of each category, which stand for
    it on the front page; the others follow in upstream's order.
    """
    rows = Endpoint.objects.exclude(thumbnail_url="", thumbnail_animated_url="").values_list(
        "pk", "thumbnail_url", "thumbnail_animated_url", "picture_id", "gone_at", "category"
    )
    of_category = Counter[str]()
    seen_first: list[Any] = []
    others: list[Any] = []
    for row in rows.order_by("-pinned", "-highlighted", "position", "pk"):
        of_category[row[-1]] += 1
        is_seen = len(seen_first) < FIRST_SEEN or of_category[row[-1]] <= FIRST_OF_CATEGORY
        (seen_first if is_seen else others).append(row)
    pictures = []
    for pk, still, moving, picture_pk, gone_at, _ in (*seen_first, *others):
        url, animated_url = (still, moving) if still and moving != still else (still or moving, "")
        key = Picture.key(url, animated_url)
        pictures.append(WantedPicture(pk, key, url, animated_url, picture_pk, gone_at is not None))
    return pictures


def register(
    wants: list[WantedPicture], addresses: fal.Addresses, *, recheck_hosts: bool = False
) -> None:
    """Queue new URLs in order, and delete queued ones that no endpoint wants any more.

    URLs of hosts that are not allowed are stored as failed and never fetched. With
    `recheck_hosts` these are checked again, as the setting may have changed.
    """
    now = timezone.now()
    fresh = {want.key: want for want in wants if not want.is_gone}
    refused_pictures = Picture.objects.filter(state=Picture.State.FAILED, attempts=0)
    if recheck_hosts:
        vetted = [row.pk for row in refused_pictures if addresses.is_media(row.url)]
        for part in _parts(vetted):
            refused_pictures.filter(pk__in=part).update(
                state=Picture.State.WAITING, next_try_at=now, error=""
            )
    idle = []
    still_wanted = {want.key for want in wants}
    for pk, state in Picture.objects.values_list("pk", "state"):
        fresh.pop(pk, None)
        if state != Picture.State.KEPT and pk not in still_wanted:
            idle.append(pk)
    for part in _parts(idle):
        Picture.objects.filter(pk__in=part).delete()
    rows = []
    for place, want in enumerate(fresh.values()):
        row = Picture(digest=want.key, url=want.url, animated_url=want.animated_url)
        if addresses.is_media(want.url):
            row.next_try_at = now + timedelta(microseconds=place)
        else:
            row.state, row.error = Picture.State.FAILED, NOT_VETTED
        rows.append(row)
    Picture.objects.bulk_create(rows, batch_size=ROWS_PER_WRITE, ignore_conflicts=True)


def due(limit: int) -> list[Picture]:
    """Claim up to `limit` due pictures, oldest first, by postponing them for other workers."""
    now = timezone.now()
    rows = list(_due(now).order_by("next_try_at")[: max(limit, 0)])
    if rows:
        Picture.objects.filter(pk__in=[row.pk for row in rows]).update(
            next_try_at=now + CLAIM_DURATION, attempts=F("attempts") + 1
        )
    return rows


def record_rendered(picture: Picture, rendered: RenderedPicture) -> None:
    """Record a rendered picture; an animated one without a clip is retried."""
    retry_at = None
    if picture.animated_url and not rendered.clip and picture.attempts + 1 < TRIES_FOR_BAD:
        retry_at = timezone.now() + _pause(picture.attempts)
    values = asdict(rendered) | {"error": rendered.error[:255]}
    Picture.objects.filter(pk=picture.pk).update(
        state=Picture.State.KEPT, next_try_at=retry_at, **values
    )


def record_failed(
    picture: Picture, why: str, *, is_bad: bool = False, is_over: bool = False
) -> bool:
    """Record a failure and schedule a retry; returns whether the picture is given up.

    `is_bad`: the file itself is faulty, so it gets fewer tries. `is_over`: no more tries.
    A picture rendered earlier stays in use.
    """
    tries = picture.attempts + 1
    is_over = is_over or tries >= (TRIES_FOR_BAD if is_bad else TRIES)
    was_kept = picture.state == Picture.State.KEPT
    state = Picture.State.FAILED if is_over else Picture.State.WAITING
    Picture.objects.filter(pk=picture.pk).update(
        state=Picture.State.KEPT if was_kept else state,
        next_try_at=None if is_over else timezone.now() + _pause(picture.attempts),
        error=why[:255],
    )
    return is_over


def find_rendered(base: str) -> RenderedPicture | None:
    """The stored rendering of a thumbnail with the same bytes, whatever its URL."""
    row = Picture.objects.filter(
        small=picture_files.name(base, picture_files.SMALL), state=Picture.State.KEPT
    ).first()
    if row is None or not default_storage.exists(row.small):
        return None
    return RenderedPicture(row.small, row.large, row.clip, row.colour, row.size_bytes, row.error)


def link(wants: Iterable[WantedPicture]) -> int:
    """Link endpoints to their wanted pictures once rendered; returns how many changed."""
    stored_digests = set(
        Picture.objects.filter(state=Picture.State.KEPT).values_list("digest", flat=True)
    )
    pairs = [(w.key, w.endpoint) for w in wants if w.key in stored_digests and w.shown != w.key]
    sql = f"UPDATE {Endpoint._meta.db_table} SET picture_id = %s WHERE id = %s"  # noqa: S608
    for start in range(0, len(pairs), ROWS_PER_WRITE):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(sql, pairs[start : start + ROWS_PER_WRITE])
    return len(pairs)


def sweep(wants: Iterable[WantedPicture]) -> int:
    """Delete pictures that no endpoint wants or shows, and files that only they used."""
    used_keys = {key for want in wants for key in (want.key, want.shown) if key}
    orphans = [pk for pk in Picture.objects.values_list("pk", flat=True) if pk not in used_keys]
    for part in _parts(orphans):
        rows = Picture.objects.filter(pk__in=part)
        names = {name for row in rows for name in (row.small, row.large, row.clip) if name}
        rows.delete()
        for field in ("small", "large", "clip"):
            still = Picture.objects.filter(**{f"{field}__in": names})
            names -= set(still.values_list(field, flat=True))
        for name in names:
            default_storage.delete(name)
    return len(orphans)


def size_bytes() -> int:
    """Bytes of all pictures' files; a file that two share counts twice."""
    return Picture.objects.aggregate(sum=Sum("size_bytes"))["sum"] or 0


def retry(pictures: QuerySet[Picture]) -> int:
    """Queue pictures again with all their tries; returns their number."""
    failed = Picture.objects.filter(pk__in=pictures.values("pk"), state=Picture.State.FAILED)
    failed.update(state=Picture.State.WAITING)
    return Picture.objects.filter(pk__in=pictures.values("pk")).update(
        attempts=0, next_try_at=timezone.now(), error=""
    )


def counts() -> dict[str, int]:
    """Number of pictures by state, and their bytes, for /healthz."""
    counts = Picture.objects.values("state").annotate(number=Count("pk"), bytes=Sum("size_bytes"))
    rows = {row["state"]: row for row in counts}
    numbers = {
        state: rows[state]["number"] if state in rows else 0 for state in Picture.State.values
    }
    return {**numbers, "bytes": sum(row["bytes"] for row in rows.values())}


def coming() -> QuerySet[Picture]:
    """Pictures expected soon, tried once at most; a page may poll for them."""
    return Picture.objects.filter(next_try_at__isnull=False, attempts__lte=1, small="")


def _due(now: datetime) -> QuerySet[Picture]:
    return Picture.objects.filter(next_try_at__lte=now)


def _pause(tries_before: int) -> timedelta:
    return timedelta(seconds=min(FIRST_PAUSE_S * 4 ** min(tries_before, 9), LONGEST_PAUSE_S))


def _parts(keys: list[str]) -> list[list[str]]:
    return [keys[start : start + ROWS_PER_WRITE] for start in range(0, len(keys), ROWS_PER_WRITE)]

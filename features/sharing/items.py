"""The items of a share, file by file, and whether each of them can still be seen."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Max
from django.urls import reverse

from core.db.prepared_queries import Param, PreparedQuery
from features.library.selection import ResultKey
from features.sharing.models import Share, ShareItem
from playground.display import history
from runs.file_kinds import kind_named
from runs.files import stripped_copies, uploads
from runs.models import Artifact, Run, Upload
from runs.records import counting

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

    from runs.models.querysets import RunQuerySet

MAX_ITEMS = 2000
FIRST_ITEMS, MOST_PICTURES = 12, 4  # of a share in a list
MAKING = ("arguments", "output", "output_text")  # columns of a run that is shown large
NO_RUN = uuid.UUID(int=0)
ShownKey = ResultKey | uuid.UUID  # a result, or an upload
GONE = "This result no longer exists."
COMING = "This file is still on its way here. Look again in a minute."


def _file() -> QuerySet[Artifact]:
    run = Param("run", models.UUIDField())
    user: Any = SimpleNamespace(pk=Param("user", models.IntegerField()))
    visible_runs = Run.objects.kept().shown_to(user).filter(pk=run).order_by().values("pk")
    position = Param("position", models.IntegerField())
    return Artifact.objects.filter(run=run, run__in=visible_runs, position=position)


_FILE = PreparedQuery(_file)  # for each picture of a share: compiling takes longer than all else


@dataclass(frozen=True)
class ItemView:
    """An item with its run and file, as a visitor sees it; both are None if it is gone.

    `artifact` is also None if the run made no files, such as a text.
    """

    share: Share
    item: ShareItem
    run: Run | None
    artifact: Artifact | None

    @property
    def is_gap(self) -> bool:
        """Whether it was deleted, moved away, or never copied."""
        return self.run is None and self.artifact is None

    @property
    def is_stored(self) -> bool:
        """Whether its file is stored here: visitors are never redirected to upstream."""
        return self.artifact is not None and self.artifact.state == Artifact.State.STORED

    @property
    def kind(self) -> str:
        """Return the kind of its file; `text` without one."""
        return self.artifact.kind if self.artifact else "text"

    @property
    def word(self) -> str:
        """Return what it is: `Film 3`."""
        name = "Text" if self.run and not self.artifact else kind_named(self.kind).title
        return f"{name} {self.item.number}"

    @property
    def trouble(self) -> str:
        """Return the sentence in place of a missing file; empty if no file is missing."""
        if self.is_gap:
            return GONE
        if self.artifact is None or self.is_stored:
            return ""
        return COMING if self.artifact.state == Artifact.State.REMOTE else GONE

    @property
    def src(self) -> str:
        """Return the address of the file for visitors; empty if it is not stored here."""
        return self._address("share-file") if self.is_stored else ""

    @property
    def still(self) -> str:
        """Return the address of a small picture; empty if there is none."""
        if self.artifact is None or not self.is_stored:
            return ""
        if self.artifact.thumbnail:
            return self._address("share-thumbnail")
        return self.face if kind_named(self.kind).is_still else ""

    @property
    def shown_as(self) -> str:
        """Return the kind as which it is shown: `file` if browsers do not show the picture."""
        return "file" if self.src and not self.face else self.kind

    @property
    def face(self) -> str:
        """Return the address that pages load, as `ArtifactView.face`."""
        if self.artifact is None or not kind_named(self.kind).is_still:
            return self.src
        if self.artifact.stand_in:
            return self._address(f"share-{self.artifact.stand_in}")
        return self.src if self.artifact.is_for_browsers else ""

    @property
    def poster(self) -> str:
        """Return the address of a film's still picture; empty without one."""
        return self._address("share-poster") if self.artifact and self.artifact.poster else ""

    @property
    def download(self) -> str:
        """Return the address at which visitors may download the file; empty if they may not."""
        return f"{self.src}?download" if self.src and self.share.allows_download else ""

    def _address(self, name: str) -> str:
        return reverse(f"sharing:{name}", args=[self.share.token, self.item.number])


def readable(share: Share) -> RunQuerySet:
    """Return the runs that the share may show: those that its user sees as a member.

    If the user has lost the right to a run, because it was deleted or moved, the share no longer
    shows it. The right to see everybody's runs, or examples, is no right to show them to strangers.
    """
    return Run.objects.kept().shown_to(share.user)


def newest_of(share: Share) -> list[ShareItem]:
    """Return the newest version of each item of the share, in its order; one query.

    Their results may have been deleted.
    """
    present_items = list(share.items.filter(is_gone=False, is_input=False))
    replaced = {item.previous_id for item in present_items}
    return [item for item in present_items if item.pk not in replaced]


def items_of(share: Share, only: Collection[int] | None = None) -> list[ItemView]:
    """Return the newest version of each item with its result, in order; three queries.

    `only` limits them to items with these keys.
    """
    return views_of(share, [item for item in newest_of(share) if only is None or item.pk in only])


def views_of(share: Share, items: Sequence[ShareItem]) -> list[ItemView]:
    """Return these items of the share with their results, in this order; two queries."""
    keys = [item.run_id for item in items if item.run_id]
    runs = readable(share).filter(pk__in=keys)
    by_key = {run.pk: run for run in runs.recent()}
    return [_describe_item(share, item, by_key.get(item.run_id or NO_RUN)) for item in items]


def make_ready(share: Share) -> None:
    """Request the copies that visitors get if the share hides models or settings."""
    if not (share.shows_models and share.shows_settings):
        files = {view.artifact.file for view in items_of(share) if view.artifact and view.is_stored}
        stripped_copies.ask_ahead(files)


def one_of(share: Share, number: int) -> ItemView | None:
    """Return one item, also an earlier version; None if the share does not have it."""
    item = item_at(share, number)
    if item is None or item.is_input:
        return None
    if item.upload_id:
        return _describe_item(share, item, None)
    return _describe_item(
        share, item, readable(share).filter(pk=item.run_id or NO_RUN).recent().first()
    )


def with_making(item_view: ItemView) -> ItemView:
    """Return the item with its run's arguments and output, which a list does not load."""
    if item_view.run is None:
        return item_view
    loaded = readable(item_view.share).filter(pk=item_view.run.pk).recent(*MAKING).first()
    return replace(item_view, run=loaded)


def item_at(share: Share, number: int) -> ShareItem | None:
    """Return the item of this number, a result or an input, if the share still shows it."""
    return share.items.filter(number=number, is_gone=False).first()


def artifact_of(share: Share, item: ShareItem | None) -> Artifact | None:
    """Return the file of an item that is a result, if its run may be shown; else None."""
    if item is None or item.is_input:
        return None
    if item.upload_id:
        return _upload_as_artifact(share, item)
    return _FILE.first(run=item.run_id, position=item.position, user=share.user_id)


def keep_in_step(share: Share, keys: Sequence[ShownKey]) -> None:
    """Make these results and uploads the share's items, in this order; others become gone.

    An item that returns gets its former number and feedback. Writes, and locks the share, only if
    there are differences.
    """
    unsent = share.items.filter(is_gone=True, answers__isnull=False)  # they wait for "Send"
    held = set(unsent.values_list("run_id", flat=True))
    wanted_keys = [
        key
        for key in dict.fromkeys(keys[:MAX_ITEMS])
        if not (isinstance(key, ResultKey) and key.run in held)
    ]
    items = share.items.filter(is_input=False, is_gone=False, previous=None)
    if [key_of(item) for item in items] == wanted_keys:
        return
    with transaction.atomic():
        Share.objects.select_for_update(of=("self",)).get(pk=share.pk)
        _write(share, wanted_keys)


def key_of(item: ShareItem) -> ShownKey:
    """Return the key of an item's result, or of its upload."""
    return item.upload_id or ResultKey(item.run_id or NO_RUN, item.position)


def _write(share: Share, wanted_keys: list[ShownKey]) -> None:
    items = {key_of(item): item for item in share.items.all()}
    highest = share.items.aggregate(highest=Max("number"))["highest"] or 0
    added: list[ShareItem] = []
    changed_items: list[ShareItem] = []
    for place, key in enumerate(wanted_keys, start=1):
        item = items.pop(key, None)
        if item is None:
            highest += 1
            item = ShareItem(share=share, number=highest, place=place)
            if isinstance(key, ResultKey):
                item.run_id, item.position = key
            else:
                item.upload_id = key
            added.append(item)
        elif item.place != place or item.is_gone or item.is_input:
            item.place, item.is_gone, item.is_input = place, False, False
            changed_items.append(item)
    for item in items.values():
        if not (item.is_gone or item.is_input) and item.previous_id is None:
            item.is_gone = True
            changed_items.append(item)
    ShareItem.objects.bulk_create(added)
    ShareItem.objects.bulk_update(changed_items, ["place", "is_gone", "is_input"])
    touch([*added, *changed_items])


def touch(items: Iterable[ShareItem]) -> None:
    """Let the record of models count these results again."""
    counting.touch(item.run_id for item in items if item.run_id)


def _describe_item(share: Share, item: ShareItem, run: Run | None) -> ItemView:
    if run is None:
        uploaded = _upload_as_artifact(share, item) if item.upload_id else None
        return ItemView(share, item, None, uploaded)
    files = {artifact.position: artifact for artifact in run.artifacts.all()}
    artifact = files.get(item.position)
    if files and artifact is None:
        return ItemView(share, item, None, None)
    return ItemView(share, item, run, artifact)


def _upload_as_artifact(share: Share, item: ShareItem) -> Artifact | None:
    """Return the file of an item that is an upload, as a result of no run."""
    upload = upload_of(share, item)
    return uploads.as_artifact(upload) if upload else None


def upload_of(share: Share, item: ShareItem) -> Upload | None:
    """Return the upload of an item, if the share's user may still read it."""
    upload = Upload.objects.filter(pk=item.upload_id or NO_RUN).select_related("project").first()
    return upload if upload and upload.is_readable_by(share.user) else None


def pictures_of(
    user: User | AnonymousUser, shares: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[str]]:
    """Return the addresses of small pictures of each share's first results that the user sees.

    Two queries.
    """
    items = ShareItem.objects.filter(share__in=shares, number__lte=FIRST_ITEMS, is_input=False)
    runs_by_share: dict[uuid.UUID, dict[uuid.UUID, None]] = defaultdict(dict)
    for share, run in items.order_by("place").values_list("share_id", "run_id"):
        runs_by_share[share][run] = None
    stills = history.pictures_of(user, {run for runs in runs_by_share.values() for run in runs})
    return {
        share: [still for run in runs for still in stills.get(run, ())][:MOST_PICTURES]
        for share, runs in runs_by_share.items()
    }

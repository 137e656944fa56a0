"""“Make it”: opens an editing model with what a comment asks for; a result may answer it.

The form is marked with the comment. A run that starts from it becomes an item that nobody sees.
When it has ended, its stage shows the result over the commented version, and sends it.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Endpoint, Mark, Revision
from catalog.related.use_index import Taker, uses
from core.http.parameters import parse_uuid
from core.refusals import Refused
from features.sharing.models import Comment, Share, ShareItem
from features.sharing.review import reading, versions
from playground.display import renderers
from playground.display.inputs import ComparisonFile
from playground.display.renderers import ArtifactView
from playground.form import form_state, presets
from playground.form.form_state import FormState
from playground.form.prefill import use_as
from projects.current import PARAMETER
from projects.rules import enforcement
from runs.files import uploads
from runs.models import Artifact, Preset, Run, Upload
from schemas.uses.inputs import Input, inputs_of
from schemas.uses.placing import place

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KIND = "remark"  # of the form's source and of the run's origin
NO_MODEL = "No model that changes pictures may be used in this project. Ask who decides on models."
GONE = "The picture of this comment no longer exists."


def address_of_form(comment: Comment, user: User) -> str:
    """Return the address of the form that makes what a comment asks for; raises Refused.

    If the comment has a region, and the model takes a mask, the region's mask is stored as an
    upload of the project.
    """
    share, key = comment.share, str(comment.pk)
    artifact = _artifact(comment)
    if artifact is None:
        raise Refused(GONE)
    endpoint = _choose_model(share, has_region=comment.width is not None)
    if endpoint is None:
        raise Refused(NO_MODEL)
    fields = inputs_of(form_state.version_of(endpoint).root)
    if comment.width and artifact.width and artifact.height and _find(fields, "image", "mask"):
        picture = SimpleUploadedFile("mask.png", mask_of(comment, artifact), "image/png")
        mask = uploads.store(user.pk, picture, "image", project=share.project)
        key += f"/{mask.pk}"
    query = {KIND: key, PARAMETER: share.project.key}
    return f"{endpoint.get_absolute_url()}?{urlencode(query)}"


def mask_of(comment: Comment, artifact: Artifact | Upload) -> bytes:
    """Return a PNG of the picture's size: the comment's region is white, the rest black."""
    from PIL import Image  # four megabytes of code, needed only here

    size = artifact.width or 1, artifact.height or 1
    corner = comment.x or 0, comment.y or 0
    extent = comment.width or 0, comment.height or 0
    edges = (*corner, corner[0] + extent[0], corner[1] + extent[1])
    box = tuple(round(edge * size[at % 2] / 1000) for at, edge in enumerate(edges))
    mask, file = Image.new("L", size, 0), io.BytesIO()
    mask.paste(255, (box[0], box[1], max(box[2], box[0] + 1), max(box[3], box[1] + 1)))
    mask.save(file, "PNG")
    return file.getvalue()


def _choose_model(share: Share, *, has_region: bool) -> Endpoint | None:
    """Return the best model that changes a picture by words, and that the project may run.

    Models with a preset of the project or the house come first, then approved ones, and for a
    region those that take a mask. Only a preset or approved model that needs one is preferred.
    """
    index = uses(Revision.current())
    by_words = {taker.key for takers in index.takers("text").values() for taker in takers}
    pictures = index.takers("image")
    takers = [taker for use in ("edit", "inpaint") for taker in pictures.get(use, ())]
    takers = [taker for taker in takers if taker.key in by_words and _is_enough(taker)]
    keys = {taker.key for taker in takers}
    endpoints = Endpoint.objects.in_bulk(keys)
    preset = Preset.objects.offered_in(share.project, share.user).filter(endpoint__in=keys)
    preferred = set(preset.order_by().values_list("endpoint__pk", flat=True))

    with_mask = {taker.key for taker in pictures.get("mask", ())}

    def rank(taker: Taker) -> tuple[bool, int, bool, bool, bool]:
        endpoint = endpoints[taker.key]
        approval = 2 - (endpoint.mark == Mark.APPROVED)
        place = 0 if taker.key in preferred else approval
        suits = (taker.use == "inpaint") == (has_region and place < 2)
        lacks_mask = has_region and taker.key not in with_mask
        has_no_price = endpoint.unit_price_usd is None
        return not suits, place, lacks_mask, not endpoint.highlighted, has_no_price

    for taker in sorted((taker for taker in takers if taker.key in endpoints), key=rank):
        endpoint = endpoints[taker.key]
        if endpoint.is_runnable and not enforcement.first_refusal({(share.project, endpoint)}):
            return endpoint
    return None


def _is_enough(taker: Taker) -> bool:
    """Whether a model needs no file besides the picture, and the mask of a part of it."""
    has = {"image"} if taker.use == "inpaint" else set()
    return not uses(Revision.current()).need(taker.key, has, taker.input.path)


def fill(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the model's form with a comment's picture and words, and the mask of its region.

    `key` is `<comment>`, or `<comment>/<upload of the mask>`. None if the user may not make new
    versions for this comment.
    """
    pk, _, mask_key = key.partition("/")
    comment = _comments(user, [pk]).filter(share__in=Share.objects.live()).first()
    if comment is None or comment.item is None:
        return None
    picture = _picture(user, comment.item)
    if picture is None:
        return None
    preset = presets.house_default(endpoint)
    root = form_state.version_of(endpoint).root
    arguments = dict(preset.arguments) if preset else {}
    values = {("image", ""): picture.value, ("text", ""): comment.text}
    mask = use_as.brought(user, mask_pk) if (mask_pk := parse_uuid(mask_key)) else None
    if mask:
        values["image", "mask"] = mask.value
    for (kind, role), value in values.items():
        if field := _find(inputs_of(root), kind, role):
            arguments = place(root, arguments, field.path, value)
    form = form_state.from_arguments(endpoint, arguments)
    notice = (
        f"Filled in: the picture, and what {comment.reviewer.name} wrote about it. "
        f"You see the result first. Then you send it to {recipient(comment, user)}, or not."
    )
    marks = {form_state.ORIGIN: [f"{KIND}:{comment.pk}"]}
    return replace(form, post={**form.post, **marks}, notice=notice)


def _find(fields: Sequence[Input], kind: str, role: str) -> Input | None:
    """Return the field for the mask, or the main one for pictures or words."""
    fitting = [f for f in fields if f.kind == kind and (f.role == "mask") == (role == "mask")]
    return min(
        fitting, key=lambda field: (not field.is_required, field.role != "main"), default=None
    )


def _picture(user: User, item: ShareItem) -> use_as.Usable | None:
    """Return the file of an item, if the user may use it."""
    if item.upload_id:
        return use_as.brought(user, item.upload_id)
    return use_as.find(user, item.run_id, f"a{item.position}") if item.run_id else None


def record_runs(user: User, origins: Mapping[Run, Iterable[str]]) -> None:
    """Record which comment each of the user's runs answers, as an item that nobody sees."""
    for run, marks in origins.items():
        keys = [key for kind, _, key in (mark.partition(":") for mark in marks) if kind == KIND]
        if not keys:
            continue
        for comment in _comments(user, keys).filter(share__in=Share.objects.live())[:1]:
            share = Share.objects.select_for_update(of=("self",)).get(pk=comment.share_id)
            versions.new_item(share, run_id=run.pk, is_gone=True, answers=comment)


@dataclass(frozen=True)
class Answer:
    """The results of one press of Run that answer a comment, for the person who sends one.

    `chosen` is the one that is shown, over the version that the comment is about (`beside`);
    `version` is the one that was sent. `frame` is the comment's place in pixels of that version:
    left, top, width and height. `why_not` says why nothing can be sent.
    """

    run: uuid.UUID
    comment: Comment
    item: ShareItem
    recipient: str
    results: list[ArtifactView]
    chosen: ArtifactView | None
    beside: ComparisonFile | None
    before: Artifact | Upload | None
    frame: tuple[float, ...]
    version: ShareItem | None
    ordinal: int
    why_not: str

    @property
    def is_coming(self) -> bool:
        """Whether the file of the chosen result is still being copied here."""
        return self.chosen is not None and self.chosen.artifact.state == Artifact.State.REMOTE

    @property
    def chosen_key(self) -> str:
        """Return the run and position of the chosen result, as its address names them."""
        artifact = self.chosen.artifact if self.chosen else None
        return f"{artifact.run_id}/{artifact.position}" if artifact else ""

    @property
    def newest(self) -> ShareItem:
        """Return the version that was sent, else the one that the comment is about."""
        return self.version or self.item

    @property
    def is_fresh(self) -> bool:
        """Whether the version was sent a moment ago."""
        return self.version is not None and versions.is_fresh(self.version)

    @property
    def may_take_back(self) -> bool:
        """Whether the version can be taken back."""
        return self.version is not None and versions.may_take_back(self.version)


def answer_of(user: User, run_id: uuid.UUID, result: str = "") -> Answer | None:
    """Return what a run answers, with the result `<run>/<position>`, or else the sent or first one.

    None if it answers no comment that the user may answer. The results are those of all runs that
    the same press has started, as far as they have ended.
    """
    rows = ShareItem.objects.filter(run=run_id, answers__isnull=False).order_by("-pk")
    comment = _comments(user, [str(pk) for pk in rows.values_list("answers", flat=True)]).first()
    run = Run.objects.shown_to(user).filter(pk=run_id).first()
    if comment is None or comment.item is None or run is None:
        return None
    share = comment.share
    of_press = share.items.filter(answers=comment, run__in=versions.press_of(run))
    version = of_press.filter(is_gone=False).first()
    runs = Run.objects.shown_to(user).filter(pk__in=of_press.order_by().values("run"))
    runs = runs.filter(state=Run.State.SUCCEEDED).with_endpoint().with_artifacts()
    views = [view for run in runs.order_by("created_at") for view in _pictures(run)]
    sent = f"{version.run_id}/{version.position}" if version else ""
    keys = {f"{view.artifact.run_id}/{view.artifact.position}": view for view in views}
    chosen = keys.get(sent) or keys.get(result) or next(iter(views), None)

    chain, _ = reading.versions_of(share, comment.item)
    ordinals = {item.pk: ordinal for ordinal, item in enumerate(chain, start=1)}
    picture, before = _picture(user, comment.item), _artifact(comment)
    ordinal = ordinals[version.pk] if version else len(chain) + 1
    labels = f"Version {ordinals[comment.item.pk]}", f"Version {ordinal}"
    return Answer(
        run=run_id,
        comment=comment,
        item=comment.item,
        recipient=recipient(comment, user),
        results=views,
        chosen=chosen,
        beside=ComparisonFile(picture.value, *labels) if picture else None,
        before=before,
        frame=_frame(comment, before),
        version=version,
        ordinal=ordinal,
        why_not=versions.why_not(share),
    )


def recipient(comment: Comment, user: User) -> str:
    """Return to whom an answer goes: the comment's author; the share, if the user wrote it."""
    reviewer = comment.reviewer
    return str(comment.share) if reviewer.user_id == user.pk else reviewer.name


def _pictures(run: Run) -> list[ArtifactView]:
    """Return the pictures of a run that were not lost."""
    views = renderers.artifacts_with_urls(run)
    return [view for view in views if view.kind == "image" and view.shown_as != "lost"]


def _frame(comment: Comment, file: Artifact | Upload | None) -> tuple[float, ...]:
    """Return a comment's point or region in pixels of a file; empty without one."""
    if comment.x is None or file is None or not (file.width and file.height):
        return ()
    parts = comment.x, comment.y or 0, comment.width or 0, comment.height or 0
    return tuple(part * (file.width, file.height)[at % 2] / 1000 for at, part in enumerate(parts))


def _comments(user: User, keys: Iterable[str]) -> Any:
    """Return the comments with these keys that the user may answer with new versions."""
    pks = [pk for key in keys if (pk := parse_uuid(key))]
    if not pks:
        return Comment.objects.none()
    comments = Comment.objects.kept().filter(pk__in=pks, item__isnull=False)
    comments = comments.filter(share__in=Share.objects.managed_by(user))
    return comments.select_related("share__project", "share__user", "item", "reviewer")


def _artifact(comment: Comment) -> Artifact | Upload | None:
    item = comment.item
    if item is None or item.upload_id:
        return item.upload if item else None
    return Artifact.objects.filter(run=item.run_id, position=item.position, kind="image").first()

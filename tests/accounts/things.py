"""One row of each kind that lives in projects, and the addresses of their routes."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.urls import get_resolver, reverse
from django.utils import timezone

from features.boards.models import Board, Cell, Column, Row, RowRequest
from features.boards.models import Comment as BoardComment
from features.flows.models import Flow, FlowRun
from features.library.models import (
    Prompt,
    PromptTag,
    Series,
    SeriesItem,
)
from features.sharing.models import Comment as ShareComment
from features.sharing.models import Reviewer, Share, ShareItem
from projects.kept.models import kinds, rows_of
from projects.models import Project
from projects.models.project import private_project
from runs.models import Artifact, Preset, Run, Upload, View

SPECIAL: dict[str, dict[str, Any]] = {
    "look": {"kind": "run"},
    "run-transcript": {"kind": "srt"},
    "upload-tool": {"name": "mask"},
    "artifact-viewer": {"position": 1},
    "account_reset_password_from_key": {"uidb36": "1", "key": "a-b"},
    "account_confirm_email": {"key": "nonsense"},
}
# Parts of addresses that are no keys of rows.
PLAIN: dict[str, Any] = {
    "category": "text-to-image", "slug": "best", "position": 0, "owner": "ana", "name": "x.png",
    "token": "nonsense", "ticket": "none", "object_id": "1", "column": 0, "number": 0, "version": 1,
}  # fmt: skip


@dataclass
class Things:
    """Keys of rows: `keys` by how a route's name begins, `parts` by parts of an address."""

    keys: dict[str, Any]
    parts: dict[str, Any] = field(default_factory=dict)
    rooms: dict[str, dict[str, Any]] = field(default_factory=dict)  # parts by an app's name

    def key_of(self, name: str) -> Any:
        """Return the key that a route's name implies, or None if it is about none of these rows."""
        plain = name.rpartition(":")[2]
        return next((key for noun, key in self.keys.items() if plain.startswith(noun)), None)

    def address(self, name: str) -> str:
        """Return the address of a route about these rows."""
        space, _, plain = name.rpartition(":")
        if space == "undo":
            return reverse("undo", args=[plain, self.parts.get(plain) or self.key_of(plain)])
        inner = get_resolver("config.urls")
        for part in space.split(":") if space else ():
            inner = inner.namespace_dict[part][1]
        (possibility, *_), *_ = inner.reverse_dict.getlist(plain)
        pk = self.key_of(name)
        parts = {part: self.parts.get(part, PLAIN.get(part, pk)) for part in possibility[0][1]}
        parts |= SPECIAL.get(plain, {})
        of_room = self.rooms.get(space, {})
        # Some routes of an app are about an object of their own, such as a report among shares.
        own = {"pk"} if pk is not None else set()
        parts |= {part: of_room[part] for part in parts if part in of_room and part not in own}
        return reverse(name, kwargs=parts)


def make_things(
    owner: User,
    endpoint: Any,
    file: str,
    project: Project | None = None,
    *,
    word: str = "word",
    **values: Any,
) -> Things:
    """Make one object of each kind for the owner, in `project` or their private one.

    `word` is in all titles, names and texts. `values` are columns of every row: `is_hidden`, or
    `deleted_at` where it exists.
    """
    deleted = {"deleted_at": values.pop("deleted_at", None)}
    own = {"user": owner, "project": project or private_project(owner), **values}
    run = Run.objects.create(
        **own,
        **deleted,
        endpoint=endpoint,
        form_token=uuid4().hex,
        title=word,
        arguments={"prompt": word},
        state="succeeded",
        output={"text": word, "chunks": [{"timestamp": [0, 1], "text": word}]},
    )
    Artifact.objects.create(
        run=run, position=0, path="x", kind="image", url="https://v3.fal.media/a.png",
        state="stored", file=file, poster=file, thumbnail=file,
    )  # fmt: skip
    Artifact.objects.create(
        run=run, position=1, path="y", kind="mesh", url="https://v3.fal.media/a.glb"
    )
    upload = Upload.objects.create(
        **own, digest=uuid4().hex * 2, file=file, file_name=f"{word}.png", content_type="image/png",
        size_bytes=1, thumbnail=file,
    )  # fmt: skip
    preset = Preset.objects.create(
        **own,
        **deleted,
        endpoint=endpoint,
        name=f"{word} {uuid4().hex}",
        arguments={"prompt": word},
    )
    board = Board.objects.create(
        **own, **deleted, source=endpoint, form_token=uuid4().hex, title=word
    )
    row = Row.objects.create(board=board, position=0, digest="r", label=word)
    column = Column.objects.create(
        board=board, position=0, endpoint=endpoint, digest="c", label=word
    )
    cell = Cell.objects.create(board=board, row=row, column=column, run=run)
    comment = BoardComment.objects.create(board=board, user=owner, text=word)
    row_request = RowRequest.objects.create(board=board, user=owner, label=word, digest="q")
    step = {"id": "s1", "endpoint": endpoint.endpoint_id, "arguments": {}}
    flow = Flow.objects.create(**own, **deleted, name=word, definition={"steps": [step]})
    flow_run = FlowRun.objects.create(
        **own, flow=flow, form_token=uuid4().hex, definition=flow.definition
    )
    prompt = Prompt.objects.create(**own, **deleted, name=word, text=word, folder=word)
    PromptTag.objects.create(prompt=prompt, name=word)
    series = Series.objects.create(
        **own, **deleted, name=word, mention=word, mention_key=word, words=word, note=word
    )
    SeriesItem.objects.create(series=series, run=run, place=0, caption=word)
    SeriesItem.objects.create(series=series, upload=upload, place=1, file_name=word)
    view = View.objects.create(**own, **deleted, name=word, line=word)
    share = Share.objects.create(
        **own, title=word, picks="some", takes_ratings=True, takes_comments=True
    )
    ShareItem.objects.create(share=share, number=1, place=1, run=run)
    reviewer = Reviewer.objects.create(share=share, user=owner, name=word[:60])
    shared = share.items.filter(is_input=False).first()
    share_comment = ShareComment.objects.create(
        share=share, item=shared, reviewer=reviewer, text=word
    )
    keys = {
        "view": view.pk,
        "run": run.pk, "artifact": run.pk, "upload": upload.pk, "preset": preset.pk,
        "board": board.pk, "vote": board.pk, "flow": flow.pk,
        "prompt": prompt.pk, "series": series.pk,
    }  # fmt: skip
    for kind in kinds():  # all kinds that are not listed above
        if kind.slug not in keys:
            thing = rows_of(kind).create(**own, **deleted, **{kind.searched[0]: word})
            keys[kind.slug] = thing.pk
    return Things(
        keys,
        {
            "endpoint_id": endpoint.endpoint_id, "address": endpoint.endpoint_id,
            "run_id": run.pk, "preset_id": preset.pk, "upload_id": upload.pk,
            "board_id": board.pk, "cell": cell.pk, "row": row.pk,
            "comment": comment.pk, "row_request": row_request.pk,
            "flow_run": flow_run.pk, "flow_id": flow.pk, "flow_run_id": flow_run.pk,
            "comment_id": share_comment.pk, "share": share.pk,
            "seriesitem": f"{series.pk}~{timezone.now().isoformat()}",
        },
        {"sharing": {"pk": share.pk, "token": share.token, "number": 1}},
    )  # fmt: skip

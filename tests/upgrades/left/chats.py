"""Chats became series of their answers."""

from datetime import UTC, datetime
from typing import Any

THEN = datetime(2026, 9, 1, tzinfo=UTC)
LATER = datetime(2026, 9, 2, tzinfo=UTC)
TITLE = "What is a lighthouse for, and who lives in it when nobody needs its lamp any more?"


def make(apps: Any) -> None:
    """Make a chat with two models' answers, a deleted one, and three without an answer."""
    user = apps.get_model("auth", "User").objects.create(username="of-chats")
    own = {
        "user": user,
        "project": apps.get_model("projects", "Project").objects.create(name="P", slug="of-chats"),
        "endpoint": apps.get_model("catalog", "Endpoint").objects.create(endpoint_id="of/chats"),
    }
    chats, turns = (apps.get_model("chats", name).objects for name in ("Chat", "Turn"))

    def chat(title: str, *answers: str | None, **more: Any) -> Any:
        row = chats.create(**own, title=title, said_at=LATER if answers else None, **more)
        for number, prompt in enumerate(answers):
            turns.create(
                chat=row,
                endpoint=own["endpoint"],
                run=prompt and _answer(apps, own, prompt),
                form_token=number,
                text=title,
            )
        return row

    first = chat(TITLE, "one", "two files", None, "three", is_hidden=True)
    chats.filter(pk=first.pk).update(created_at=THEN)
    chat("Deleted", "in the trash", deleted_at=LATER)
    chat("Purged", None)
    chat("", draft={"text": "never sent"})
    chat("Deleted before anything was said", deleted_at=LATER)
    apps.get_model("projects", "Move").objects.create(
        user=user,
        target=own["project"],
        rows=[["chats.Chat", own["project"].pk, [str(first.pk)]], ["playground.Run", 0, []]],
    )


def _answer(apps: Any, own: dict[str, Any], prompt: str) -> Any:
    run = apps.get_model("playground", "Run").objects.create(
        **own, form_token=f"chat-{prompt}", title=prompt, state="succeeded", arguments={}
    )
    apps.get_model("playground", "RecordedRun").objects.create(
        run=run, project=own["project"], endpoint=own["endpoint"], is_done=True
    )
    for position in range(2 if prompt == "two files" else 0):
        run.artifacts.create(position=position, path="images", kind="image", url="u")
    return run


def check(apps: Any) -> None:
    """Look at the series, which have the keys, titles, times and order of the chats."""
    series = apps.get_model("library", "Series").objects.filter(user__username="of-chats")
    first = series.get(deleted_at=None)
    deleted = series.exclude(deleted_at=None).get()
    assert (first.name, first.is_hidden) == (f"{TITLE[:79]}…", True)
    assert (first.created_at, first.changed_at) == (THEN, LATER)
    assert (first.project.slug, first.cover) == ("of-chats", None)
    assert _results(first) == [("one", 0), ("two files", 0), ("two files", 1), ("three", 0)]
    assert (deleted.name, deleted.deleted_at) == ("Deleted", LATER)
    assert _results(deleted) == [("in the trash", 0)]
    recorded = apps.get_model("playground", "RecordedRun").objects.filter(
        run__user__username="of-chats"
    )
    due = recorded.filter(is_due=True).values_list("run__title", flat=True)
    assert {*due} == {"one", "two files", "three"}
    (move,) = apps.get_model("projects", "Move").objects.filter(user__username="of-chats")
    assert [(label, keys) for label, _, keys in move.rows] == [
        ("library.Series", [str(first.pk)]),
        ("playground.Run", []),
    ]


def _results(series: Any) -> list[tuple[str, int]]:
    return list(series.items.order_by("place").values_list("run__title", "position"))

"""Fills a database as it was before there were projects: 300 runs of five people, and more.

DATABASE_URL=… python -m tests.upgrades.work_of_five
"""

from __future__ import annotations

import uuid
from typing import Any

import django

PEOPLE = ("ana", "ben", "cleo", "dora", "eli")
RUNS = 60  # of each
# The last migration of each app that knows nothing of projects.
BEFORE = (
    ("playground", "0030_webhook_names"),
    ("boards", "0008_board"),
    ("chats", "0002_second_model"),
    ("flows", "0001_squashed_0005"),
    ("training", "0001_training"),
)


def fill(apps: Any) -> None:
    """Write the rows, by the models of then."""
    model = apps.get_model
    endpoint = model("catalog", "Endpoint").objects.create(
        endpoint_id="fal-ai/flux/dev", owner="fal-ai", display_name="dev", category="text-to-image"
    )
    for name in PEOPLE:
        user = model("auth", "User").objects.create(username=name)
        own = {"user": user, "endpoint": endpoint}
        runs = [
            model("playground", "Run")(
                **own,
                arguments={"prompt": f"{name} {number}"},
                title=f"{name} {number}",
                form_token=f"form-{number}",
                webhook_token=uuid.uuid4().hex,
                state="succeeded",
                is_example=number % 10 == 0,
            )
            for number in range(RUNS)
        ]
        model("playground", "Run").objects.bulk_create(runs)
        model("playground", "Preset").objects.create(**own, name="mine", arguments={})
        model("playground", "Preset").objects.create(
            **own, name="ours", arguments={}, is_shared=True
        )
        model("playground", "Upload").objects.create(
            user=user, digest="d", file="d/d.png", file_name="x.png", content_type="image/png",
            size_bytes=1,
        )  # fmt: skip
        board = model("boards", "Board").objects.create(
            user=user, source=endpoint, form_token="b", title=f"of {name}"
        )
        row = model("boards", "Row").objects.create(board=board, position=0, digest="r")
        column = model("boards", "Column").objects.create(
            board=board, position=0, endpoint=endpoint, digest="c"
        )
        model("boards", "Cell").objects.create(board=board, row=row, column=column, run=runs[0])
        model("chats", "Chat").objects.create(**own, title=f"of {name}")
        flow = model("flows", "Flow").objects.create(user=user, name=f"of {name}", definition={})
        model("flows", "FlowRun").objects.create(
            user=user, flow=flow, form_token="f", definition={}
        )
        model("training", "Dataset").objects.create(**own, name=f"of {name}")
        training = model("training", "Training").objects.create(run=runs[1])
        model("training", "Weights").objects.create(
            user=user, training=training, position=0, name=f"of {name}"
        )


def main() -> None:
    """Migrate the empty database to before projects, then fill it."""
    django.setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    executor.migrate([*BEFORE])
    fill(executor.loader.project_state([*BEFORE]).apps)


if __name__ == "__main__":
    main()

"""Makes a review of a hundred pictures in an empty database. Prints its address and key as JSON.

python -m bench.results.review_program COUNT  (settings come from the environment)
"""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any

import django

SIZE = (512, 384)


def main(count: int) -> dict[str, Any]:
    """Return the path of a review of so many pictures, without an account to open it."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from bench.catalogue import filling
    from bench.results.program import PICTURES, store_pictures
    from catalog.models import Endpoint
    from library.selection import ResultKey
    from people.accounts.sign_in import local_owner
    from projects.models.project import private_project
    from runs.models import Artifact, Run
    from sharing import items
    from sharing.models import Share

    filling.fill(filling.sandbox())
    owner = local_owner.get_or_create()
    project = private_project(owner)
    endpoint = Endpoint.objects.get(endpoint_id="sandbox/aurora")
    store_pictures()
    keys = []
    for number in range(count):
        run = Run.objects.create(
            user=owner, project=project, endpoint=endpoint, form_token=uuid.uuid4().hex,
            arguments={"prompt": f"Poster {number}"}, state=Run.State.SUCCEEDED,
        )  # fmt: skip
        Artifact.objects.create(
            run=run, position=0, path="images.0", kind="image", url="https://v3.fal.media/a.webp",
            state=Artifact.State.STORED, file=f"bench/{number % PICTURES}.webp",
            thumbnail=f"bench/{number % PICTURES}.webp", content_type="image/webp",
            width=SIZE[0], height=SIZE[1],
        )  # fmt: skip
        keys.append(ResultKey(run.pk, 0))
    share = Share.objects.create(
        user=owner, project=project, title="Posters", picks=Share.Picks.SOME, takes_comments=True,
        takes_ratings=True, shows_models=False, shows_settings=False,
    )  # fmt: skip
    items.keep_in_step(share, keys)
    return {"path": share.get_absolute_url()}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))

"""A review of three pictures, and the people in it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.library.selection import ResultKey
from features.sharing import items
from features.sharing.models import Share
from runs.models import Artifact, Run

Post = Callable[..., Any]


@pytest.fixture
def make_picture(make_run: Any) -> Callable[..., Run]:
    """`make_picture()` → a successful run with one picture."""

    def make(**values: Any) -> Run:
        run: Run = make_run(state="succeeded", **values)
        Artifact.objects.create(
            run=run,
            position=0,
            kind="image",
            path="images[0]",
            url="https://fal.media/a.png",
            content_type="image/png",
            state=Artifact.State.STORED,
            file="aa/picture.png",
            width=400,
            height=300,
        )
        return run

    return make


@pytest.fixture
def share(user: User, make_picture: Callable[..., Run]) -> Share:
    """A share of three pictures on which guests pick up to two, rate and comment."""
    user.first_name, user.last_name = "Ana", "Ruiz"
    user.save()
    share = Share.objects.create(
        user=user,
        title="Posters",
        picks=Share.Picks.SOME,
        most_picks=2,
        takes_ratings=True,
        takes_comments=True,
    )
    items.keep_in_step(share, [ResultKey(make_picture().pk, 0) for _ in range(3)])
    return share


@pytest.fixture
def post(share: Share) -> Post:
    """`post(client, "picks/", name="Anna", pick=1)` posts to the review's address."""

    def send(client: Client, to: str = "", **fields: Any) -> Any:
        return client.post(f"{share.get_absolute_url()}review/{to}", fields)

    return send

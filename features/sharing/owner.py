"""Answers questions of `runs` about shares, which move and change hands like other work."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.db.models import Q
from django.urls import reverse

from features.sharing import feedback
from features.sharing.models import Share, ShareItem
from features.sharing.review import making, news, versions
from runs.promises.keeping import Keeps, UserRelation
from runs.promises.lifecycle import FillForm, Job, Lifecycle
from runs.promises.places import Place, Places

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    import fal
    from core.notify import channel
    from projects.models import InProject
    from runs.models import Run

MOST_REVIEWS = 5


class SharingOwner(Lifecycle, Keeps, Places):
    """A share belongs to a project, like the work that it shows."""

    models_of_places = (ShareItem,)

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return the live reviews that show the run, if the user may manage them.

        Each has its feedback on the run's results.
        """
        if not user.is_authenticated:
            return ()
        of_run = ShareItem.objects.filter(run=run.pk, is_gone=False, is_input=False)
        shares = Share.objects.managed_by(user).live()
        shares = shares.filter(pk__in=of_run.order_by().values("share"))
        newest = shares.order_by("-created_at")[:MOST_REVIEWS]
        reviews = {share.pk: share for share in newest if share.is_review}
        reviews_by_key = feedback.said_on(reviews, run.pk)
        return [
            Place(
                "review",
                str(share),
                reverse("sharing:answers", args=[key]),
                feedback.in_words(reviews_by_key[key]) if key in reviews_by_key else "",
            )
            for key, share in reviews.items()
        ]

    def stage_panel(self, run: Run) -> str:
        """Return the address of the panel from which a result goes to a comment's author."""
        is_answer = ShareItem.objects.filter(run=run.pk, answers__isnull=False).exists()
        return reverse("sharing:answer", args=[run.pk]) if is_answer else ""

    def handed_over(self) -> Sequence[UserRelation]:
        """Return the shares; guests' feedback goes with them."""
        return (UserRelation("shares", Share),)

    def movable(self) -> Mapping[str, type[InProject]]:
        """Return the model of shares."""
        return {"share": Share}

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs with shared or picked results."""
        in_use = Q(share__in=Share.objects.live()) | Q(picks__isnull=False)
        items = ShareItem.objects.filter(in_use, run__in=run_ids, is_gone=False)
        return set(items.values_list("run_id", flat=True))

    def uploads_in_use(self) -> Collection[uuid.UUID]:
        """Return the uploads that are items of shares."""
        uploaded = ShareItem.objects.exclude(upload=None)
        return set(uploaded.values_list("upload_id", flat=True))

    def chosen_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs with results that somebody chose to share, or that a guest picked.

        A review shows what is to be chosen from, and so does the share of a board or a view. That
        a share's time is over takes nothing back.
        """
        is_chosen = Q(share__kind=Share.Kind.RESULTS, share__picks="") | Q(picks__isnull=False)
        items = ShareItem.objects.filter(
            is_chosen, run__in=run_ids, is_input=False, is_gone=False, share__revoked_at=None
        )
        return set(items.values_list("run_id", flat=True))

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return the function that fills in a form from `?remark=`."""
        return {making.KIND: making.fill}

    def on_start(self, user: User, origins: Mapping[Run, Sequence[str]]) -> None:
        """Record the comments that the runs answer."""
        making.record_runs(user, origins)

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the jobs that notify about reviews and new versions."""
        return (
            Job("news of reviews", sync_to_async(news.tell_due), wakes_on_change=True),
            Job("news of versions", sync_to_async(versions.tell_due), wakes_on_change=True),
        )

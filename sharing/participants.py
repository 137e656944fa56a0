"""Who takes part in a shared board: a user, or a guest by the name that they gave on the share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boards.participants import Participant
from sharing import reviewers

if TYPE_CHECKING:
    from django.http import HttpRequest

    from sharing.access import Visit
    from sharing.models import Reviewer

GUEST = "guest:{}"


def participant_of(visit: Visit, reviewer: Reviewer) -> Participant:
    """Return the participant for whoever says something on the share."""
    if visit.user.is_authenticated:
        return Participant.of_user(visit.user)
    return Participant.of_guest(GUEST.format(reviewer.pk), reviewer.name)


def known_participant(request: HttpRequest, visit: Visit) -> Participant | None:
    """Return who the visitor is: their account, or the name that they gave on this share."""
    if visit.user.is_authenticated:
        return Participant.of_user(visit.user)
    reviewer = reviewers.reviewer_of(request, visit)
    return participant_of(visit, reviewer) if reviewer else None

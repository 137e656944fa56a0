"""The first request of a new token: an example to send, a trial run, and the run that arrived."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from api import submission, tokens
from api.reach import Reach
from catalog.models import Endpoint, Mark
from runs.models import Run, Transport
from runs.start.refused_starts import Forbidden

if TYPE_CHECKING:
    from api.models import Token

# Very cheap models that need only a prompt, at fal and in the sandbox.
EXAMPLES = ("fal-ai/flux/schnell", "sandbox/aurora")
ARGUMENTS = {"prompt": "a lighthouse at dusk"}
AWAITED_FOR = timedelta(hours=1)
CLOCKS = timedelta(minutes=1)  # allowed difference between two servers' clocks


def example_endpoint() -> Endpoint | None:
    """Return the model that the example calls; None if no model takes only a prompt."""
    rows = Endpoint.objects.listed().exclude(mark=Mark.BLOCKED)
    by_id = {endpoint.endpoint_id: endpoint for endpoint in rows.filter(endpoint_id__in=EXAMPLES)}
    known_examples = (by_id[name] for name in EXAMPLES if name in by_id)
    return next(known_examples, None) or rows.in_category("text-to-image").first()


def find_first_run(token: Token) -> Run | None:
    """Return the first run that a program started with this token; None if there is none."""
    began = Run.objects.owned_by(token.user).filter(
        charge__token_id=token.pk, created_at__gte=token.created_at - CLOCKS
    )
    return began.with_endpoint().light().select_related("charge").order_by("created_at").first()


def is_awaited(token: Token, run: Run | None) -> bool:
    """Return whether a page that shows the token's first request should look again."""
    if run is not None:
        return not run.is_final
    return timezone.now() - token.created_at < AWAITED_FOR


def try_out(token: Token) -> Run:
    """Run the example as this token's call; repeated calls return the same run.

    Raises refused_starts.StartRefused, and PermissionDenied if its user may start nothing there.
    """
    endpoint = example_endpoint()
    if endpoint is None:
        raise Forbidden("No model here makes a picture from a prompt.")
    if token.is_expired or tokens.RUN not in token.scope_list:
        raise Forbidden("This token cannot start runs. Create one that has the scope “run”.")
    project = Reach(token.user, token.project).require_maker()
    key = f"trial of token {token.pk}"
    wanted_run = submission.WantedRun(token, project, endpoint, ARGUMENTS, Transport.QUEUE, key)
    return submission.start(wanted_run)[0]

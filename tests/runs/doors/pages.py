"""The entry points of model pages, run pages and live sessions."""

import uuid

from asgiref.sync import async_to_sync
from django.urls import reverse

from api.fal_proxy.tickets import LiveToken
from api.gateway.sessions import ProxyTicket
from catalog.models import Endpoint
from runs.models import Run
from runs.realtime import tickets
from runs.realtime.sessions import LiveSession
from runs.start import refused_starts
from tests.runs.doors.world import PAINT, TRAINER, Use, World, read_answer


def form(world: World) -> Use:
    """Run on a model's page."""
    address = f"{world.endpoint(PAINT).get_absolute_url()}{world.here}"
    return lambda: read_answer(world.browser.post(address, {"prompt": "a cat"}))


def form_by_script(world: World) -> Use:
    """Run on a model's page, with htmx."""
    address = f"{world.endpoint(PAINT).get_absolute_url()}{world.here}"
    headers = {"HX-Request": "true"}
    return lambda: read_answer(world.browser.post(address, {"prompt": "a cat"}, headers=headers))


def form_of_variations(world: World) -> Use:
    """Run several variations on a model's page."""
    address = f"{world.endpoint(PAINT).get_absolute_url()}{world.here}"
    return lambda: read_answer(world.browser.post(address, {"prompt": "a cat", "~variations": "4"}))


def training(world: World) -> Use:
    """Train on a trainer's page."""
    address = f"{world.endpoint(TRAINER).get_absolute_url()}{world.here}"
    data = {"images_data_url": "https://files.test/data.zip"}
    return lambda: read_answer(world.browser.post(address, data))


def rerun(world: World) -> Use:
    address = reverse("playground:run-repetition", args=[world.run_of(PAINT).pk])
    return lambda: read_answer(world.browser.post(address, follow=True))


def rerun_alone(world: World) -> Use:
    """Make one result of a run again."""
    run = world.run_of(PAINT)
    for position in range(2):
        run.artifacts.create(position=position, path=f"images[{position}]", kind="image", url="u")
    address = reverse("playground:artifact-repetition", args=[run.pk, 0])
    return lambda: read_answer(world.browser.post(address, follow=True))


def takeover(world: World) -> Use:
    """Let a deputy make a run that its model did not."""
    paint = Endpoint.objects.get(endpoint_id=PAINT)
    down = world.make_endpoint(f"lab/{uuid.uuid4()}", category="llm", deputy=paint)
    Run.objects.filter(pk=(run := world.run_of(PAINT)).pk).update(
        endpoint=down, state="failed", error={"error": "UpstreamFailed", "status": 503}
    )
    address = reverse("playground:run-takeover", args=[run.pk])
    return lambda: read_answer(world.browser.post(address, {"to": PAINT}, follow=True))


def variation(world: World) -> Use:
    """ "More like this" on a run."""
    address = reverse("playground:run-variations", args=[world.run_of(PAINT).pk])
    return lambda: read_answer(world.browser.post(address, follow=True))


SAID = "100 unknown"  # the cost that the user has confirmed before the session opens


def live_ticket(world: World) -> Use:
    """Get a ticket, and open a live session with it if there is one."""
    address = f"{reverse('playground:ticket', args=[PAINT])}{world.here}"

    def use() -> str:
        answer = read_answer(world.browser.post(address, {"prompt": "a cat"}))
        return answer if answer[:1] == "4" else live(world)()

    return use


def live(world: World) -> Use:
    """Open a live session with a page's existing ticket."""
    ticket = tickets.Ticket(world.user.pk, PAINT, project_id=world.project.pk, confirmation=SAID)
    return _session(world, ticket)


def live_of_program(world: World) -> Use:
    """Open a live session with fal's client, through the gateway."""
    by = LiveToken(world.user.pk, None, "", "", (), world.project.pk, SAID)
    return _session(
        world,
        ProxyTicket(
            world.user.pk, PAINT, project_id=world.project.pk, confirmation=by.confirmation, by=by
        ),
    )


def _session(world: World, ticket: tickets.Ticket) -> Use:
    def use() -> str:
        begin = async_to_sync(LiveSession.begin)
        try:
            begin(ticket, world.endpoint(PAINT), {"prompt": "a cat"}, "live")
        except refused_starts.Forbidden as forbidden:
            return str(forbidden)
        return ""

    return use

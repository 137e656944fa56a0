"""The doors of pages of models and runs, of chats, and of live sessions."""

from __future__ import annotations

import uuid

from asgiref.sync import async_to_sync
from django.urls import reverse

from api.fal_proxy.tickets import LiveToken
from api.gateway.sessions import ProxyTicket
from features.chats.models import Chat
from features.chats.turns import sending
from runs.models import Run
from runs.realtime import tickets
from runs.realtime.sessions import LiveSession
from runs.start import refused_starts
from tests.runs.doors.world import LLM, PAINT, TRAINER, Use, World, said


def form(world: World) -> Use:
    """Run on a model's page."""
    address = f"{world.endpoint(PAINT).get_absolute_url()}{world.here}"
    return lambda: said(world.browser.post(address, {"prompt": "a cat"}))


def form_by_script(world: World) -> Use:
    """Run on a model's page, with htmx."""
    address = f"{world.endpoint(PAINT).get_absolute_url()}{world.here}"
    headers = {"HX-Request": "true"}
    return lambda: said(world.browser.post(address, {"prompt": "a cat"}, headers=headers))


def form_of_variations(world: World) -> Use:
    """Run several variations on a model's page."""
    address = f"{world.endpoint(PAINT).get_absolute_url()}{world.here}"
    return lambda: said(world.browser.post(address, {"prompt": "a cat", "~variations": "4"}))


def training(world: World) -> Use:
    """Train on the page of a trainer."""
    address = f"{world.endpoint(TRAINER).get_absolute_url()}{world.here}"
    data = {"images_data_url": "https://files.test/data.zip"}
    return lambda: said(world.browser.post(address, data))


def rerun(world: World) -> Use:
    """Run a run again."""
    address = reverse("playground:run-repetition", args=[world.run_of(PAINT).pk])
    return lambda: said(world.browser.post(address, follow=True))


def rerun_alone(world: World) -> Use:
    """Make one result of a run again."""
    run = world.run_of(PAINT)
    for position in range(2):
        run.artifacts.create(position=position, path=f"images[{position}]", kind="image", url="u")
    address = reverse("playground:artifact-repetition", args=[run.pk, 0])
    return lambda: said(world.browser.post(address, follow=True))


def variation(world: World) -> Use:
    """ "More like this" on a run."""
    address = reverse("playground:run-variations", args=[world.run_of(PAINT).pk])
    return lambda: said(world.browser.post(address, follow=True))


def chat(world: World) -> Use:
    """Send a message."""
    made = _chat(world)
    post = {"~text": "Hi", "~token": uuid.uuid4().hex, "model": "a/b"}
    return lambda: said(world.browser.post(made.get_absolute_url(), post, follow=True))


def chat_again(world: World) -> Use:
    """Ask for another answer."""
    made = _chat(world)
    turn = sending.send(made, None, "Hi", "", {"model": "a/b"}, uuid.uuid4().hex)
    Run.objects.filter(turns=turn).update(state="succeeded", output={"output": "Yes."})
    post = {"~do": f"again:{turn.pk}", "~token": uuid.uuid4().hex}
    address = f"{made.get_absolute_url()}turns/"
    return lambda: said(world.browser.post(address, post, follow=True))


def _chat(world: World) -> Chat:
    new = world.project.for_new_work()
    return Chat.objects.create(user=world.user, endpoint=world.endpoint(LLM), **new)


SAID = "100 unknown"  # what whoever opens a session has said yes to before


def live_ticket(world: World) -> Use:
    """The ticket for a live session, and the session where there is one."""
    address = f"{reverse('playground:ticket', args=[PAINT])}{world.here}"

    def use() -> str:
        answer = said(world.browser.post(address, {"prompt": "a cat"}))
        return answer if answer[:1] == "4" else live(world)()

    return use


def live(world: World) -> Use:
    """A live session of a page that has its ticket already."""
    ticket = tickets.Ticket(world.user.pk, PAINT, project_id=world.project.pk, confirmation=SAID)
    return _session(world, ticket)


def live_of_program(world: World) -> Use:
    """A live session of fal's client through the gateway."""
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

"""Run again: a drawn button makes one run, however often it is pressed; a new one another."""

import re
from decimal import Decimal
from functools import partial

import pytest
from django.test import Client

from playground import rerun
from runs.live import pages
from runs.models import Run
from tests.conftest import grant
from tests.features.boards.racing import run_at_once
from tests.runs.looks import let_look
from tests.sampling import sample


def draw(client: Client, run: Run, part: str = "") -> str:
    """Open the run's page; return the token of its button that runs it (or `part` of it) again."""
    page = client.get(run.get_absolute_url()).content.decode()
    form = page.partition(f'action="{run.get_absolute_url()}{part}repetition/"')[2]
    return str(re.findall(r'name="~token"\s+value="([^"]+)"', form)[0])


def press(client: Client, run: Run, token: str, part: str = "") -> str:
    """Press a drawn button; return the address of the new run."""
    address = f"{run.get_absolute_url()}{part}repetition/"
    return str(client.post(address, {"~token": token}).headers["Location"])


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled", "unconfirmed"])
def test_a_button_pressed_twice_starts_one_run(member, make_run, state):
    run = make_run(state=state, output={})
    token = draw(member, run)
    first = press(member, run, token)
    Run.objects.exclude(pk=run.pk).update(state="succeeded")  # before the second press arrives
    assert press(member, run, token) == first
    assert Run.objects.count() == 2


def test_each_drawn_button_starts_another_run_however_fast(member, make_run):
    run = make_run(state="succeeded", output={})
    tokens = [draw(member, run) for _ in range(12)]
    assert len({press(member, run, token) for token in tokens}) == 12


def test_an_unconfirmed_run_is_sent_again_once_by_whichever_button(member, make_run):
    run = make_run(state="unconfirmed")
    assert press(member, run, draw(member, run)) == press(member, run, "of another tab")


def test_a_fragment_for_all_pages_leaves_the_token_to_each_of_them(make_run):
    run = make_run(state="succeeded", output={})
    fragment = pages.render(run, "stage")
    assert "Run again" in fragment
    assert set(re.findall(r'name="~token"\s+value="([^"]*)"', fragment)) == {""}


def test_a_press_by_a_colleague_starts_a_separate_run(client, member, make_run, stranger):
    run = make_run(state="succeeded")
    mine = press(member, run, "t")
    grant(stranger, "playground.view_run")
    let_look(stranger, run)
    client.force_login(stranger)
    assert press(client, run, "t") != mine


@pytest.mark.django_db(transaction=True)
@pytest.mark.any_database
def test_concurrent_presses_start_one_run(make_run, user):
    run = make_run(state="succeeded")
    presses = run_at_once([partial(rerun.rerun, run, user, "t")] * 4)
    assert len({pressed.pk for pressed in presses}) == 1
    assert Run.objects.count() == 2


def test_on_a_model_page_the_new_run_replaces_the_old_one(member, flux, make_run):
    run = make_run(endpoint=flux, state="succeeded", output={})
    stage = f"http://testserver{flux.get_absolute_url()}?shown={run.pk}"
    address = f"{run.get_absolute_url()}repetition/"
    posted = {"~token": "t"}
    answer = member.post(address, posted, headers={"hx-request": "true", "hx-current-url": stage})
    again = Run.objects.exclude(pk=run.pk).get()
    assert answer.headers["HX-Retarget"] == "#stage"
    assert f'id="run-{again.pk}"' in answer.content.decode()
    assert answer.headers["HX-Push-Url"].endswith(f"?shown={again.pk}")
    plain = member.post(address, posted, headers={"referer": stage})
    assert plain.headers["Location"] == f"{flux.get_absolute_url()}?shown={again.pk}#result"


def test_on_a_run_page_running_again_opens_the_new_run(member, make_run):
    run = make_run(state="succeeded", output={})
    here = {"hx-request": "true", "hx-current-url": f"http://testserver{run.get_absolute_url()}"}
    answer = member.post(f"{run.get_absolute_url()}repetition/", headers=here)
    again = Run.objects.exclude(pk=run.pk).get()
    assert answer.headers["HX-Redirect"] == again.get_absolute_url()


@pytest.mark.parametrize(
    "state", sample(["succeeded", "failed", "cancelled", "unconfirmed"], 1, by_seed=1)
)
@pytest.mark.parametrize(
    ("price", "cost"), [("0.5", "about $0.50"), (None, "Price unknown"), ("0", "Free")]
)
def test_the_button_shows_what_another_run_costs_before_the_click(
    member, make_endpoint, make_run, state, price, cost
):
    endpoint = make_endpoint("lab/film", unit_price_usd=price, price_unit="videos")
    run = make_run(endpoint=endpoint, state=state, output={})
    page = " ".join(member.get(run.get_absolute_url()).content.decode().split())
    button = page.partition(f'id="again-{run.pk}"')[2].partition("</button>")[0]
    assert f'<span class="figures">{cost}</span>' in button


def test_one_of_several_results_is_made_again_alone(member, flux, make_run):
    type(flux).objects.update(unit_price_usd=Decimal("0.025"), price_unit="images")
    run = make_run(
        endpoint=flux,
        state="succeeded",
        arguments={"prompt": "a cat", "num_images": 4},
        output={"seed": 7},
    )
    for position in range(4):
        run.artifacts.create(position=position, kind="image", url="https://v3.fal.media/a.png")
    page = member.get(run.stage_address).content.decode()
    assert page.count("Make this one again") == 4
    assert "about $0.025" in page.split("Make this one again")[1][:120]
    token = draw(member, run, "artifacts/2/")
    addresses = {press(member, run, token, "artifacts/2/") for _ in range(2)}
    again = Run.objects.exclude(pk=run.pk).get()
    assert addresses == {again.get_absolute_url()}
    assert again.arguments == {"prompt": "a cat", "num_images": 1, "seed": 9}
    assert member.post(f"{run.get_absolute_url()}artifacts/4/repetition/").status_code == 404

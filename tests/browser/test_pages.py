"""axe finds nothing on pages whose content Django's client tests; they fit a screen and a phone."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page

from catalog.models import Endpoint, Note
from features.boards.models import Board
from features.flows.models import Flow
from projects.models import Project
from runs.models import Run, View
from tests.browser.axe import EXCESS, assert_usable
from tests.features.spending.spend.charges import charge, days_ago
from tests.projects.people import make_project, person
from tests.runs.records.worth import make_board, make_judged
from tests.sampling import sample

pytestmark = pytest.mark.browser
PAGES = [
    "/",
    "/spend/",
    "/models/fal-ai/flux-01/run/?tab=about",
    "/models/fal-ai/flux-01/run/?tab=api",
    "/projects/red-fox/settings/",
    "/leaderboard/",
    "/models/",
    "/spend/budgets/",
    "/collections/best/edition/",
    "/runs/",
    "/projects/red-fox/",
    "/models/?q=nothing-like-it&tag=fast",
    "/spend/rules/",
    "/people/",
    "/collections/of/fal-ai/flux-01/run/",
    "/runs/?as=list",
    "/categories/",
    "/categories/image-to-3d/",
    "/spend/runs/",
    "/changes/",
    "/collections/best/",
    "/series/",
    "/shares/",
    "/flows/",
    "/people/audit/",
    "/collections/",
    "/account/tokens/",
    "/account/tokens/clients/?client=nextjs",
    "/collections/import/",
    "/models/fal-ai/flux-01/run/dependants/",
    "/projects/red-fox/rules/",
    "/projects/",
    "/projects/new/",
    "/account/notifications/",
    "/inbox/",
    "/inbox/?show=running",
    "/account/",
    "/admin/",
    "/admin/status/",
    "/admin/playground/run/",
]
MORE_PAGES = [  # walked for their width alone
    *("/models/fal-ai/flux-01/run/", "/models/?q=flux&sort=price", "/favourites/", "/compare/"),
    *("/compare/new/", "/prompts/", "/presets/", "/restorations/"),
    *("/runs/?q=starred", "/admin/catalog/endpoint/", "/account/sessions/", "/account/password/"),
]
WIDTHS = [320, 390, 600, 768, 912, 1024, 1180, 1366, 1920]


@pytest.fixture
def used_house(gallery: None, user: User) -> None:
    """A house with votes, spending, a project, a run and a note; Ana is its admin."""
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    project = make_project("Red Fox", ana="manager", ben="maker")
    model = Endpoint.objects.get(endpoint_id="fal-ai/flux-01/run")
    for day in range(9):
        charge(user, "3.10", days_ago(day), project, model)
    charge(person("ben"), "60.00", days_ago(3), project, model, door="board")
    models = [Endpoint.objects.get(display_name=f"Flux {n}") for n in (4, 8)]
    make_judged(user, models[0], 25, 8)
    make_board(user, models, rows=7, wins=7)
    View.objects.create(user=user, name="Mine", line="q=flux", of="models")
    step = {"id": "s1", "endpoint": model.endpoint_id, "arguments": {}}
    targets = [["s1", "prompt"]]
    inputs = [{"name": "prompt", "label": "Prompt", "targets": targets}]
    Flow.objects.create(user=user, name="Fox", definition={"steps": [step], "inputs": inputs})
    Note.objects.create(endpoint=model, user=user, text="See https://a.test")
    Run.objects.create(
        endpoint=model, user=user, form_token="t", arguments={}, output={}, title="A fox",
        state="succeeded", is_example=True, ended_at=timezone.now(),
    )  # fmt: skip


def test_no_page_is_wider_than_the_screen(open_page, used_house):
    page: Page = open_page(PAGES[0])
    base = page.url.rstrip("/")
    run = Run.objects.get(title="A fox").get_absolute_url()
    board = Board.objects.earliest("created_at").get_absolute_url()
    flow = Flow.objects.get().get_absolute_url()
    User.objects.update(first_name="Anastasia Maximiliana")
    Project.objects.filter(name="Red Fox").update(name="Campaign of the red fox in the snow")
    too_wide = {}
    for address in ("/?project=red-fox", *PAGES, *MORE_PAGES, run, board, flow):
        answer = page.goto(base + address)
        assert answer
        assert answer.ok, address
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if excess := page.evaluate(EXCESS):
                too_wide[address, width] = excess
    assert not too_wide, "\n".join(f"{place} {px}" for place, px in too_wide.items())


def test_everybody_can_use_every_page(open_page, used_house):
    page: Page = open_page(PAGES[0])
    base = page.url.rstrip("/")
    for address in sample(PAGES, 3, by_seed=4):
        answer = page.goto(base + address)
        assert answer
        assert answer.ok, address
        page.evaluate("document.querySelectorAll('main details').forEach((d) => (d.open = true))")
        assert_usable(page, address)

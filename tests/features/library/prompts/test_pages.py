"""The pages that write, find, use, change, delete and restore saved prompts."""

import html
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from features.library.models import Prompt, PromptRun
from features.library.prompts import saving
from features.library.prompts.saving import Values
from projects.models.project import private_project
from runs.models import Run
from tests.features.boards import documents
from tests.features.pages import read_text
from tests.projects.people import logged_in, make_project, person, working_in
from tests.tables import each_row

pytestmark = pytest.mark.django_db
FLUX = "lab/flux"
HTMX = {"hx-request": "true"}


@pytest.fixture(autouse=True)
def flux(make_endpoint: Any) -> Any:
    price = {"unit_price_usd": Decimal("0.01"), "price_unit": "images", "currency": "USD"}
    return make_endpoint(FLUX, documents.FLUX, **price)


def save(
    user: User, text: str = "a {red|green} {subject}", name: str = "Fox", **more: Any
) -> Prompt:
    project = more.pop("project", None) or private_project(user)
    is_hidden = more.pop("is_hidden", False)
    return saving.create(user, project, Values(name, text, **more), is_hidden=is_hidden)


def test_a_prompt_is_written_found_and_changed(member, user):
    posted = {
        "name": " My  fox ",
        "text": "a {red|green} fox\r\n",
        "folder": "/campaign//fox/",
        "tags": "Red, red,fur",
    }
    answer = member.post("/prompts/new/", posted, follow=True)
    prompt = Prompt.objects.get()
    assert answer.redirect_chain[-1][0] == prompt.get_absolute_url()
    assert (prompt.name, prompt.text, prompt.folder) == (
        "My fox",
        "a {red|green} fox",
        "campaign/fox",
    )
    assert [tag.name for tag in prompt.tags.all()] == ["fur", "red"]
    page = f"/prompts/{prompt.pk}/form/"
    member.post(page, {**posted, "text": "an owl", "tags": "owl"})
    prompt.refresh_from_db()
    assert (prompt.text, prompt.tags.get().name) == ("an owl", "owl")


def test_search_folders_and_tags_narrow_the_list(member, user):
    save(user, name="Fox", folder="campaign/fox", tags=("fur",))
    save(user, name="Owl", folder="campaign")
    save(user, name="Rain", text="heavy rain")

    def find_names(**query: str) -> list[str]:
        page = member.get("/prompts/", query).content.decode()
        return sorted(
            re.findall(r"<a\s+href=\"/prompts/[0-9a-f-]{36}/\"\s*><bdi>(\w+)</bdi>", page)
        )

    assert find_names() == ["Fox", "Owl", "Rain"]
    assert find_names(q="HEAVY rain") == ["Rain"]
    assert (
        find_names(q="fur") == find_names(tag="fur") == find_names(folder="campaign/fox") == ["Fox"]
    )
    assert find_names(folder="campaign") == ["Fox", "Owl"]


@each_row(
    ("field", "typed", "sentence"),
    [
        ("text", "", "Write the prompt."),
        ("text", "x" * 10_001, "Keep it to 10000 characters: this has 10001."),
        ("tags", ",".join(f"t{n}" for n in range(21)), "There are 21 tags; the most is 20."),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_is_saved(member, field, typed, sentence):
    answer = member.post("/prompts/new/", {"name": "Fox", "text": "a fox", field: typed})
    assert answer.status_code == 422
    assert sentence in html.unescape(answer.content.decode())
    assert not Prompt.objects.exists()


def test_running_all_opens_a_plan_with_a_row_each(member, user):
    page = save(user).get_absolute_url()
    text = read_text(member, page, **{"for": FLUX, "use": "1", "v.subject": "fox"})
    table = re.search(r'name="table" value="(.*?)">', text)
    assert table
    assert json.loads(table[1]) == [{"prompt": "a red fox"}, {"prompt": "a green fox"}]
    posted = {"model": FLUX, "table": table[1], "~do": "update", "title": "Fox"}
    plan = member.post("/compare/new/", posted).content.decode()
    assert "data-board-plan" in plan
    assert "2 runs" in plan
    assert not Run.objects.exists()


def test_a_prompt_fills_the_form_in_beside_what_is_typed_there(member, user):
    prompt = save(user)
    member.post(f"/drafts/{FLUX}/", {"prompt": "before", "num_inference_steps": "7"})
    values = {"v.subject": "fox", "v.1": "green"}
    page = read_text(member, prompt.get_absolute_url(), **{"for": FLUX, "use": "1", **values})
    address = re.search(r'href="(/models/[^"]+)"', page[page.index("prompt-outcome") :])
    assert address
    form = html.unescape(member.get(address[1]).content.decode())
    assert "a green fox</textarea>" in form
    assert 'value="7"' in form
    assert f'name="~origin" value="prompt:{prompt.pk}"' in " ".join(form.split())


def test_a_run_remembers_the_prompt_that_filled_in_its_form(member, user):
    prompt, other = save(user), save(person("bea"), name="Hers")
    origins = [f"prompt:{prompt.pk}", f"prompt:{other.pk}", "prompt:x", "nothing:1"]
    posted = {"prompt": "a red fox", "~origin": origins, "~token": "t"}
    response = member.post(f"/models/{FLUX}/", posted, headers=HTMX)
    assert f'value="prompt:{prompt.pk}"' in response.content.decode()
    run = Run.objects.get()
    assert [(made.prompt, made.run) for made in PromptRun.objects.all()] == [(prompt, run)]
    assert f'data-run-id="{run.pk}"' in read_text(member, prompt.get_absolute_url())


def test_runs_of_a_prompt_are_shown_to_who_may_see_them(user):
    project = make_project("Acme", ana="maker", ben="viewer")
    prompt = save(user, project=project)
    ana, ben = logged_in(user), logged_in(person("ben"))
    for is_private in (False, True):
        where = "" if is_private else f"?project={project.slug}"
        ana.post(
            f"/models/{FLUX}/{where or '?project=private'}",
            {"prompt": f"fox {is_private}", "~origin": f"prompt:{prompt.pk}"},
        )
    assert PromptRun.objects.count() == 2
    assert read_text(ana, prompt.get_absolute_url()).count('class="run-tile stack"') == 2
    assert read_text(ben, prompt.get_absolute_url()).count('class="run-tile stack"') == 1


def test_the_menu_offers_the_projects_and_ones_own_prompts_alone(user):
    project = make_project("Acme", ana="viewer", ben="maker")
    ben = person("ben")
    save(user, name="Mine")
    save(ben, name="Theirs", project=project)
    save(ben, name="Hidden", project=project, is_hidden=True)
    save(ben, name="Private")
    client = working_in(project, user)
    names = re.findall(r"<b>\s*<bdi>(\w+)", client.get("/prompts/offered/").content.decode())
    assert sorted(names) == ["Mine", "Theirs"]
    assert "Theirs" in client.get("/prompts/offered/", {"q": "heir"}).content.decode()
    assert "<li" not in client.get("/prompts/offered/", {"q": "Hidden"}).content.decode()


def test_the_text_of_a_field_is_made_of_a_prompt(member, user):
    page = f"/prompts/{save(user).pk}/text/"
    html = member.get(page).content.decode()
    assert re.findall(r'name="(v\.[^"]+)"', html) == ["v.1", "v.subject"]
    values = {"v.subject": "owl", "v.1": "green"}
    assert member.post(page, values).content.decode() == "a green owl"
    assert member.post(page, {}).content.decode() == "a red {subject}"
    around = save(user, "{prompt}, ink drawing", "Ink")
    page = f"/prompts/{around.pk}/text/"
    answer = member.post(page, {"v.prompt": "a {fox|owl}"})
    assert answer.content.decode() == "a {fox|owl}, ink drawing"
    often = save(user, "{subject}" * 11)
    page, values = f"/prompts/{often.pk}/text/", {"v.subject": "x" * 2000}
    assert member.post(page, values).status_code == 422


def test_a_change_over_somebody_elses_is_told_before_it_replaces_theirs(user):
    project = make_project("Acme", ana="maker", ben="maker")
    prompt = save(user, "first", project=project)
    ana, ben, page = logged_in(user), logged_in(person("ben")), f"/prompts/{prompt.pk}/form/"

    def seen(html: str) -> str:
        match = re.search(r'name="seen" value="(\w+)"', html)
        assert match
        return match[1]

    before = seen(read_text(ana, page))
    ben.post(page, {"name": "Fox", "text": "second", "seen": before})
    answer = ana.post(page, {"name": "Fox", "text": "third", "seen": before})
    assert answer.status_code == 422
    shown = html.unescape(answer.content.decode())
    assert "Somebody has changed the text since you opened it" in shown
    assert "“second”" in shown
    newest = {"name": "Fox", "text": "third", "seen": seen(shown)}
    assert ana.post(page, newest).status_code == 302
    prompt.refresh_from_db()
    assert (prompt.text, prompt.user) == ("third", user)

"""Drafts: typed values survive, two tabs do not overwrite each other, replaced values return."""

import re
from functools import partial
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Endpoint
from playground.form import drafts
from playground.form.form_state import FormContents
from runs.models import Draft, Run
from tests.features.boards.racing import run_at_once

FLUX = "fal-ai/flux/dev"
TABS = 20
pytestmark = pytest.mark.usefixtures("flux")
PAGE = f"/models/{FLUX}/"
SAVE = f"/drafts/{FLUX}/"
HTMX = {"hx-request": "true", "hx-current-url": f"http://testserver{PAGE}?preset=1&shown=x"}
UNDO = f"/forms/undo/{FLUX}/"


def save(member: Client, prompt: str, tab: str, version: int, **more: str) -> Any:
    return member.post(SAVE, {"prompt": prompt, "~tab": tab, "~version": str(version), **more})


def prompt(page: str) -> str:
    match = re.search(r'name="prompt"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert match
    return unescape(match[1])


def read_in_front_tab(member: Client, tab: str) -> str:
    """Return the page that a browser gets while this tab is the front one."""
    member.cookies["vitrine_tab_8000"] = tab
    return member.get(PAGE).content.decode()


OTHER = "This form has other contents in another tab."


def test_two_tabs_have_two_drafts(member):
    save(member, "from one", "one", 0)
    save(member, "from two", "two", 0)
    save(member, "from one, on", "one", 0)
    for tab, text in (("one", "from one, on"), ("two", "from two")):
        page = read_in_front_tab(member, tab)
        assert prompt(page) == text
        assert OTHER not in page


def test_a_new_tab_starts_with_the_newest_draft_and_offers_the_other(member):
    save(member, "from one", "one", 0)
    save(member, "from two", "two", 0)
    page = read_in_front_tab(member, "three")
    assert prompt(page) == "from two"
    assert OTHER in page
    post = {"prompt": "from two", "~tab": "three"}
    page = member.post(f"/forms/other-draft/{FLUX}/", post, headers=HTMX).content.decode()
    assert prompt(page) == "from one"
    assert UNDO in page
    back = member.post(UNDO, {**post, "prompt": "from one"}).content.decode()
    assert prompt(back) == "from two"
    assert prompt(read_in_front_tab(member, "one")) == "from one"


def test_a_new_tab_does_not_offer_drafts_already_run_or_old(member):
    save(member, "from one", "one", 0)
    save(member, "from two", "two", 0)
    member.post(PAGE, {"prompt": "from one", "~tab": "one", "~token": "t", "~variations": "4"})
    assert OTHER not in read_in_front_tab(member, "three")
    save(member, "from one, changed", "one", 0)
    save(member, "from two, changed", "two", 0)
    assert OTHER in read_in_front_tab(member, "three")
    Draft.objects.filter(tab="one").update(updated_at=timezone.now() - drafts.OFFERED_FOR)
    assert OTHER not in read_in_front_tab(member, "three")


def test_a_run_in_one_tab_keeps_the_draft_of_another(member):
    save(member, "from one", "one", 0)
    member.post(PAGE, {"prompt": "from two", "~tab": "two", "~token": "t"})
    address = f"{PAGE}?shown={Run.objects.get().pk}"
    member.cookies["vitrine_tab_8000"] = "one"
    assert prompt(member.get(address).content.decode()) == "from one"


def test_undo_in_a_tab_affects_only_its_own_changes(member):
    save(member, "from one", "one", 0)
    save(member, "from two", "two", 0)
    member.post(f"/forms/blank/{FLUX}/", {"prompt": "from one", "~tab": "one"})
    member.post(f"/forms/blank/{FLUX}/", {"prompt": "from two", "~tab": "two"})
    for tab, text in (("one", "from one"), ("two", "from two")):
        back = member.post(UNDO, {"prompt": "", "~tab": tab})
        assert prompt(back.content.decode()) == text


def test_only_drafts_of_the_latest_tabs_are_kept(member):
    for number in range(drafts.MAX_TABS + 3):
        save(member, f"text {number}", f"tab {number}", 0)
    prompts = {draft.post["prompt"][0] for draft in Draft.objects.all()}
    assert prompts == {f"text {number}" for number in range(3, drafts.MAX_TABS + 3)}


@pytest.mark.both_databases
def test_an_untouched_form_is_not_a_draft(member):
    save(member, "something", "one", 0)
    save(member, "", "one", 1)
    assert Draft.objects.get().post == {}
    assert "version" in save(member, "new", "two", 0).json()


def test_a_too_large_draft_is_refused_and_the_old_one_kept(member):
    save(member, "small", "one", 0)
    answer = save(member, "x" * (drafts.MAX_CHARS + 1), "one", 1)
    assert answer.status_code == 422
    assert "more than 1 MB" in answer.json()["error"]
    assert Draft.objects.get().post["prompt"] == ["small"]


def test_start_over_can_be_undone_and_redone(member):
    cleared = member.post(f"/forms/blank/{FLUX}/", {"prompt": "an hour's work", "seed": "7"})
    page = cleared.content.decode()
    assert "Cleared." in page
    assert UNDO in page
    assert prompt(page) == ""
    undone = member.post(UNDO, {"prompt": ""}).content.decode()
    assert prompt(undone) == "an hour's work"
    assert 'value="7"' in undone
    assert prompt(member.get(PAGE).content.decode()) == "an hour's work"


def test_a_post_without_script_is_saved_as_the_draft(member):
    member.post(PAGE, {"prompt": "a cat", "num_images": "99", "~do": "run"})
    assert prompt(member.get(PAGE).content.decode()) == "a cat"
    member.post(PAGE, {"prompt": "a dog", "~do": "run", "~token": "t"})
    assert Run.objects.get().arguments == {"prompt": "a dog"}
    assert prompt(member.get(PAGE).content.decode()) == "a dog"


def test_a_form_filled_by_an_address_keeps_the_draft_until_edited(member):
    save(member, "my own", "one", 0)
    page = member.get(PAGE, {"input": '{"prompt": "theirs"}'}).content.decode()
    assert prompt(page) == "theirs"
    assert "Back to what you had typed" in page
    back = member.post(UNDO, {"prompt": "theirs", "~filled": "1", "~version": "1"})
    assert prompt(back.content.decode()) == "my own"
    assert prompt(member.get(PAGE).content.decode()) == "my own"


def submits_of(page: str) -> list[str]:
    """Return the submit buttons of the model's form in order: Enter presses the first."""
    begin = page.index('id="playground-form"')
    end = page.index("</form>", begin)
    own = [
        re.findall(r'(?:value|formaction)="([^"?]*)', match[1]) or [""]
        for match in re.finditer(r"<button\b([^>]*)>", page)
        if 'form="playground-form"' in match[1] or begin < match.start() < end
        if 'type="button"' not in match[1]
    ]
    return [value for value, *_ in own]


def test_enter_presses_run_whatever_stands_above_the_form(member):
    save(member, "my own", "one", 0)
    save(member, "another", "two", 0)
    queries: tuple[dict[str, str], ...]
    queries = ({}, {"input": '{"prompt": "theirs"}'}, {"input": '{"prompt": 5}'}, {"saved": "gone"})
    pages = [member.get(PAGE, query).content.decode() for query in queries]
    pages += [
        read_in_front_tab(member, "three"),
        member.post(PAGE, {"num_images": "x"}).content.decode(),
    ]
    assert [submits_of(page)[0] for page in pages] == ["run"] * len(pages)
    assert {UNDO, f"/forms/other-draft/{FLUX}/"} <= {
        does for page in pages for does in submits_of(page)[1:]
    }


def test_editing_a_form_filled_by_an_address_sets_the_draft_aside(member):
    save(member, "my own", "one", 0)
    assert "version" in save(member, "theirs!", "two", 1, **{"~filled": "1"}).json()
    back = member.post(UNDO, {"prompt": "theirs!", "~tab": "two"})
    assert prompt(back.content.decode()) == "my own"


def test_a_save_takes_few_queries(member, django_assert_max_num_queries):
    save(member, "a", "one", 0)
    with django_assert_max_num_queries(7):  # session, person, model, draft in a transaction
        save(member, "b", "one", 1)


def test_a_draft_is_private(client, member, stranger):
    save(member, "a secret", "one", 0)
    client.force_login(stranger)
    assert "a secret" not in client.get(PAGE).content.decode()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_many_tabs_save_at_once_and_each_makes_one_draft(user):
    endpoint = Endpoint.objects.get(endpoint_id=FLUX)

    def save(tab: int) -> None:
        for number in range(5):
            contents = FormContents(endpoint, {"prompt": [f"{tab} {number}"]})
            drafts.save(user, contents, drafts.Tab(f"{tab // 2} {number % 2}"))

    assert run_at_once([partial(save, tab) for tab in range(TABS)]) == [None] * TABS
    assert 0 < Draft.objects.count() <= drafts.MAX_TABS

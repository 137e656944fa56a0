"""Drafts: nothing typed is lost, two tabs never fight, what was replaced comes back."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from playground.form import drafts
from playground.models import Draft, Run

FLUX = "fal-ai/flux/dev"
pytestmark = pytest.mark.usefixtures("flux")
PAGE = f"/models/{FLUX}/"
SAVE = f"/drafts/{FLUX}/"
HTMX = {"hx-request": "true", "hx-current-url": f"http://testserver{PAGE}?preset=1&shown=x"}
UNDO = 'value="undo"'


def save(member: Client, prompt: str, tab: str, version: int, **more: str) -> Any:
    return member.post(SAVE, {"prompt": prompt, "~tab": tab, "~version": str(version), **more})


def prompt(page: str) -> str:
    found = re.search(r'name="prompt"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return unescape(found[1])


def test_a_tab_goes_on_saving_whatever_version_it_was_drawn_with(member: Client) -> None:
    assert save(member, "a", "one", 0).json()["version"] == 1
    assert save(member, "a b", "one", 0).json()["version"] == 2
    assert prompt(member.get(PAGE).content.decode()) == "a b"
    assert re.search(r'name="~version" value="2"', member.get(PAGE).content.decode())


def test_a_tab_that_has_not_seen_the_newest_version_is_refused_and_both_are_kept(
    member: Client,
) -> None:
    save(member, "from one", "one", 0)
    refused = save(member, "from two", "two", 0)
    assert (refused.status_code, refused.json()["clash"]) == (200, 1)
    assert "version" not in refused.json()
    save(member, "from two, longer", "two", 0)
    page = member.get(PAGE).content.decode()
    assert prompt(page) == "from one"
    assert "Another tab had something else in this form" in page
    shown = member.post(PAGE, {"prompt": "from one", "~do": "undo"}).content.decode()
    assert prompt(shown) == "from two, longer"
    back = member.post(PAGE, {"prompt": "from two, longer", "~do": "undo"}).content.decode()
    assert prompt(back) == "from one"


def test_who_sees_a_run_beside_what_another_tab_ran_is_told_where_its_own_form_is(
    member: Client,
) -> None:
    def run(prompt: str, tab: str) -> str:
        member.post(PAGE, {"prompt": prompt, "~tab": tab, "~version": "0", "~token": prompt})
        return f"{PAGE}?shown={Run.objects.latest('created_at').pk}"

    save(member, "from one", "one", 0)
    save(member, "from two", "two", 0)
    one, two = run("from one", "one"), run("from two", "two")
    run("from two, on", "two")
    words = "Another tab had something else in this form. It is kept."
    page = member.get(one).content.decode()
    assert words in page
    assert prompt(page) == "from two, on"
    assert words not in member.get(two).content.decode()
    assert words not in member.get(PAGE).content.decode()
    shown = member.post(PAGE, {"prompt": "from two, on", "~do": "undo"}).content.decode()
    assert prompt(shown) == "from one"


def test_who_typed_on_or_chose_a_preset_after_a_run_is_told_of_no_other_tab(
    member: Client,
) -> None:
    member.post(PAGE, {"prompt": "a", "~tab": "one", "~token": "t"})
    shown = f"{PAGE}?shown={Run.objects.get().pk}"
    save(member, "a b", "one", 1)
    assert "Another tab" not in member.get(shown).content.decode()
    member.post(PAGE, {"prompt": "a", "~do": "clear", "~tab": "one", "~version": "2"})
    assert "Another tab" not in member.get(shown).content.decode()


def test_keep_mine_overwrites_and_the_other_can_be_brought_back(member: Client) -> None:
    save(member, "from one", "one", 0)
    save(member, "from two", "two", 0)
    kept = save(member, "from two", "two", 0, **{"~do": "keep-mine"})
    assert "version" in kept.json()
    page = member.get(PAGE).content.decode()
    assert prompt(page) == "from two"
    assert "Another tab" not in page
    back = member.post(PAGE, {"prompt": "from two", "~do": "undo"}).content.decode()
    assert prompt(back) == "from one"


def test_take_that_over_shows_the_other_tabs_version(member: Client) -> None:
    save(member, "from one", "one", 0)
    save(member, "from two", "two", 0)
    post = {"prompt": "from two", "~do": "draft", "~tab": "two", "~version": "0"}
    page = member.post(PAGE, post, headers=HTMX).content.decode()
    assert prompt(page) == "from one"
    assert UNDO in page
    assert "version" in save(member, "from one and two", "two", 0).json()


def test_the_same_text_in_two_tabs_is_no_conflict(member: Client) -> None:
    save(member, "same", "one", 0)
    assert "version" in save(member, "same", "two", 0).json()


def test_an_untouched_form_is_no_draft(member: Client) -> None:
    save(member, "something", "one", 0)
    save(member, "", "one", 1)
    assert Draft.objects.get().post == {}
    assert "version" in save(member, "new", "two", 0).json()  # nothing there to be overwritten


def test_a_draft_too_large_is_refused_in_words_and_the_old_one_stays(member: Client) -> None:
    save(member, "small", "one", 0)
    answer = save(member, "x" * (drafts.MAX_CHARS + 1), "one", 1)
    assert answer.status_code == 422
    assert "more than 1 MB" in answer.json()["error"]
    assert Draft.objects.get().post["prompt"] == ["small"]


def test_start_over_can_be_undone_and_redone(member: Client) -> None:
    cleared = member.post(PAGE, {"prompt": "an hour's work", "seed": "7", "~do": "clear"})
    page = cleared.content.decode()
    assert "Cleared." in page
    assert UNDO in page
    assert prompt(page) == ""
    undone = member.post(PAGE, {"prompt": "", "~do": "undo"}).content.decode()
    assert prompt(undone) == "an hour's work"
    assert 'value="7"' in undone
    assert prompt(member.get(PAGE).content.decode()) == "an hour's work"


def test_clearing_an_untouched_form_offers_no_undo(member: Client) -> None:
    assert UNDO not in member.post(PAGE, {"prompt": "", "~do": "clear"}).content.decode()


def test_with_htmx_the_fields_the_head_and_the_notice_come_and_the_address_is_bare(
    member: Client,
) -> None:
    answer = member.post(PAGE, {"prompt": "x", "~do": "clear", "~tab": "one"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.headers["HX-Retarget"] == "#fields"
    assert answer.headers["HX-Replace-Url"] == f"{PAGE}?shown=x"
    assert 'id="form-notice" role="status" hx-swap-oob="innerHTML"' in page
    assert 'name="~tab" value="one"' in page
    assert "<html" not in page


def test_what_a_page_without_script_posts_is_the_draft(member: Client) -> None:
    member.post(PAGE, {"prompt": "a cat", "num_images": "99", "~do": "run"})
    assert prompt(member.get(PAGE).content.decode()) == "a cat"
    member.post(PAGE, {"prompt": "a dog", "~do": "run", "~token": "t"})
    assert Run.objects.get().arguments == {"prompt": "a dog"}
    assert prompt(member.get(PAGE).content.decode()) == "a dog"


def test_what_an_address_fills_in_leaves_the_draft_alone_until_it_is_typed_into(
    member: Client,
) -> None:
    save(member, "my own", "one", 0)
    page = member.get(PAGE, {"input": '{"prompt": "theirs"}'}).content.decode()
    assert prompt(page) == "theirs"
    assert "Back to what you had typed" in page
    back = member.post(PAGE, {"prompt": "theirs", "~do": "undo", "~filled": "1", "~version": "1"})
    assert prompt(back.content.decode()) == "my own"
    assert prompt(member.get(PAGE).content.decode()) == "my own"


def test_typing_into_what_an_address_filled_in_puts_the_draft_aside(member: Client) -> None:
    save(member, "my own", "one", 0)
    assert "version" in save(member, "theirs!", "two", 1, **{"~filled": "1"}).json()
    back = member.post(PAGE, {"prompt": "theirs!", "~do": "undo", "~tab": "two"})
    assert prompt(back.content.decode()) == "my own"


def test_an_address_with_broken_json_is_shown_to_be_put_right(member: Client) -> None:
    page = member.get(PAGE, {"input": '{"prompt": "x",\n}'}).content.decode()
    assert 'name="~mode" value="json"' in page
    assert "Line " in page
    assert '{"prompt": "x",\n}' in unescape(page)


def test_an_address_of_100_kilobytes_fills_the_form_in(member: Client) -> None:
    text = json.dumps({"prompt": "x" * 100_000})
    assert "x" * 100_000 in member.get(PAGE, {"input": text}).content.decode()


def test_a_few_earlier_contents_are_kept_and_no_more(member: Client) -> None:
    for number in range(20):
        member.post(PAGE, {"prompt": f"text {number}", "~do": "clear"})
    kept = [one["post"]["prompt"][0] for one in Draft.objects.get().earlier]
    assert kept[-1] == "text 19"
    assert len(kept) == drafts.MAX_EARLIER


def test_a_save_takes_few_queries(member: Client, django_assert_max_num_queries: Any) -> None:
    save(member, "a", "one", 0)
    with django_assert_max_num_queries(7):  # session, person, model, draft in a transaction
        save(member, "b", "one", 1)


def test_nobody_else_reads_a_draft(client: Client, member: Client, stranger: Any) -> None:
    save(member, "a secret", "one", 0)
    client.force_login(stranger)
    assert "a secret" not in client.get(PAGE).content.decode()


def test_a_models_own_example_is_called_by_its_name(member: Client) -> None:
    """Whoever presses its button has followed no link."""
    empty = unescape(member.get(PAGE).content.decode())
    link = re.search(r'href="([^"]+)">Fill in the model\'s own example', empty)
    assert link
    save(member, "my own", "one", 0)
    page = unescape(member.get(link[1]).content.decode())
    assert "The model's own example is filled in." in page
    assert "Back to what you had typed" in page
    assert "What the link holds" not in page

"""Presets, links and carried-over values: how they fill a form in, who uses and changes them."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from playground.form import presets, share_links
from playground.form.presets import Scope
from runs.models import Artifact, Draft, Preset, Run, Share, Upload
from tests.tables import each_row

FLUX = "fal-ai/flux/dev"
PAGE = f"/models/{FLUX}/"
PRESETS = f"/presets/of/{FLUX}/"
HTMX = {"hx-request": "true"}
SAID = "Filled in with “Ours”, the house"


@pytest.fixture
def make_preset(flux: Any, user: User) -> Any:
    def make(**values: Any) -> Preset:
        defaults = {"user": user, "name": "Night", "arguments": {"prompt": "a night"}}
        return Preset.objects.create(endpoint=flux, **(defaults | values))

    return make


@pytest.fixture
def stored_png(settings: Any, tmp_path: Path) -> None:
    """A stored file, `a.png`."""
    settings.MEDIA_ROOT = str(tmp_path)
    (tmp_path / "a.png").write_bytes(b"\x89PNG")


@pytest.fixture
def video_page(make_endpoint: Any, documents: dict[str, Any], stored_png: None) -> str:
    """The page of a model that takes a picture."""
    endpoint_id = "fal-ai/pixverse/v5.6/image-to-video"
    make_endpoint(endpoint_id, documents[endpoint_id])
    return f"/models/{endpoint_id}/"


def test_without_script_the_form_can_be_saved_as_a_preset(member, flux):
    page = member.post(
        f"/forms/preset/{FLUX}/", {"prompt": "a <b>", "num_images": "2"}
    ).content.decode()
    match = re.search(r'name="arguments" hidden>\n(.*?)</textarea>', page, re.DOTALL)
    assert match
    answer = member.post(PRESETS, {"arguments": unescape(match[1]), "name": "  Two   cats "})
    assert answer.headers["Location"] == PRESETS
    preset = Preset.objects.get()
    assert (preset.name, preset.arguments) == ("Two cats", {"prompt": "a <b>", "num_images": 2})
    assert preset.schema_digest == flux.schema_id
    assert "Two cats" in member.get(PRESETS).content.decode()
    assert "a &lt;b&gt;" in member.get(preset.get_absolute_url()).content.decode()


def test_a_taken_preset_name_asks_for_confirmation(member, make_preset):
    old = make_preset()
    post = {"arguments": '{"seed": 1}', "name": "Night"}
    question = member.post(PRESETS, post, headers=HTMX)
    assert question.status_code == 422
    assert "Replace the existing preset" in question.content.decode()
    assert member.post(PRESETS, post | {"replace": "1"}, headers=HTMX).status_code == 200
    old.refresh_from_db()
    assert old.arguments == {"seed": 1}
    assert Preset.objects.count() == 1


@each_row(("name", "arguments"), [("", "{}"), ("x" * 81, "{}"), ("x", "[1]"), ("x", "{")])
def test_an_invalid_preset_reports_why_and_keeps_the_input(member, flux, name, arguments):
    answer = member.post(PRESETS, {"arguments": arguments, "name": name})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert f"\n{arguments}</textarea>" in answer.content.decode()
    assert not Preset.objects.exists()


def test_a_lost_session_keeps_the_preset_to_be_saved(client, user, flux):
    post = {"arguments": '{"prompt": "an hour"}', "name": "Mine"}
    # htmx leaves the page as it is
    assert client.post(PRESETS, post, headers=HTMX).status_code == 401
    assert "What you typed is kept in this page" in client.post(PRESETS, post).content.decode()
    client.post("/login/", {"login": "ana", "password": "pw"})
    assert "an hour" in client.get(PAGE).content.decode()


def test_a_shared_preset_can_be_used_by_all_and_changed_by_its_owner(client, stranger, make_preset):
    private, shared = make_preset(), make_preset(name="For all", is_shared=True)
    client.force_login(stranger)
    menu = client.get(PRESETS, headers=HTMX).content.decode()
    assert "For all" in menu
    assert "ana" in menu
    assert "Night" not in menu
    assert "a night" in client.get(PAGE, {"preset": str(shared.pk)}).content.decode()
    refused = client.get(PAGE, {"preset": str(private.pk)}).content.decode()
    assert "a night" not in refused
    assert "not shared with you" in refused
    stranger.is_staff = stranger.is_superuser = True
    stranger.save()
    assert client.post(f"/presets/{shared.pk}/", {"name": "Tidied"}).status_code == 302


def test_a_preset_can_be_renamed_shared_deleted_and_restored(member, make_preset):
    preset = make_preset()
    member.post(f"/presets/{preset.pk}/", {"name": "Daylight", "used_by": "house"}, headers=HTMX)
    preset.refresh_from_db()
    assert (preset.name, preset.is_shared) == ("Daylight", True)
    deleted = member.post(f"/presets/{preset.pk}/deletion/", headers=HTMX).content.decode()
    assert "Undo" in deleted
    assert "Daylight" not in member.get(PRESETS).content.decode()
    make_preset(name="Daylight")
    member.post(f"/undo/preset/{preset.pk}/", headers=HTMX)
    preset.refresh_from_db()
    assert preset.name == "Daylight (2)"
    refused = member.post(f"/presets/{preset.pk}/", {"name": "Daylight"})
    assert refused.status_code == 422
    assert "already" in refused.content.decode()


def link_in(page: str) -> str:
    match = re.search(r'id="made-link" readonly value="http://testserver([^"]*)"', page)
    assert match
    return match[1].replace("&amp;", "&")


@pytest.mark.parametrize(("size", "key"), [(10, "?input="), (7000, "?saved=")])
def test_a_link_fills_in_the_form_for_everybody(client, member, stranger, flux, size, key):
    text = "é" * size
    page = member.post(f"/forms/link/{FLUX}/", {"prompt": text}, headers=HTMX).content.decode()
    address = link_in(page)
    assert key in address
    assert len(address) < share_links.MAX_ADDRESS_CHARS
    client.force_login(stranger)
    assert text in client.get(address).content.decode()


@pytest.fixture
def upload(user: User, stored_png: None) -> Upload:
    """A private upload of the user."""
    return Upload.objects.create(
        user=user, digest="c", file="a.png", file_name="a.png", content_type="image/png",
        size_bytes=4,
    )  # fmt: skip


def test_a_link_gives_access_to_exactly_its_files(client, member, user, stranger, video_page):
    linked_file, other = (
        Upload.objects.create(
            user=user, digest=d, file="a.png", file_name="a.png", content_type="image/png",
            size_bytes=4,
        )
        for d in "ab"
    )  # fmt: skip
    post = {"prompt": "go", "image_url": linked_file.get_absolute_url()}
    page = member.post(link_of(video_page), post).content.decode()
    assert "Colleagues with this link can see 1 of your files" in page
    client.force_login(stranger)
    assert client.get(linked_file.get_absolute_url()).getvalue() == b"\x89PNG"
    assert client.get(other.get_absolute_url()).status_code == 404
    refused = client.post(link_of(video_page), post | {"image_url": other.get_absolute_url()})
    assert "can see" not in refused.content.decode()
    assert client.get(other.get_absolute_url()).status_code == 404


def test_a_link_gives_access_to_results_by_the_same_rule(
    client, member, stranger, video_page, make_run
):
    run = make_run(state="succeeded", output={})
    linked_file, other = (
        Artifact.objects.create(
            run=run, position=at, path="x", kind="image", url="https://v3.fal.media/a.png",
            state="stored", file="a.png", file_name="a.png", content_type="image/png",
        )
        for at in (0, 1)
    )  # fmt: skip
    post = {"prompt": "go", "image_url": linked_file.get_absolute_url()}
    page = member.post(link_of(video_page), post).content.decode()
    assert "can see 1 of your files (uploads and results)" in join_lines(page)
    client.force_login(stranger)
    assert client.get(linked_file.get_absolute_url()).getvalue() == b"\x89PNG"
    assert client.get(other.get_absolute_url()).status_code == 404
    assert client.get(run.get_absolute_url()).status_code == 404
    refused = client.post(link_of(video_page), post | {"image_url": other.get_absolute_url()})
    assert "You may not share 1 of the files in it" in join_lines(refused.content.decode())
    assert client.get(other.get_absolute_url()).status_code == 404


def test_access_to_a_file_ends_with_its_link(client, member, stranger, video_page, upload):
    post = {"prompt": "go", "image_url": upload.get_absolute_url()}
    link = link_in(member.post(link_of(video_page), post).content.decode())
    listed = member.get("/shares/").content.decode()
    share = Share.objects.get()
    assert re.search(rf'aria-describedby="link-{share.pk}"\s*>\s*End this link', listed)
    client.force_login(stranger)
    assert client.get(upload.get_absolute_url()).getvalue() == b"\x89PNG"
    assert client.post(f"/links/{share.pk}/deletion/").status_code == 404
    client.force_login(upload.user)
    client.post(f"/links/{share.pk}/deletion/")
    client.force_login(stranger)
    assert client.get(upload.get_absolute_url()).status_code == 404
    assert "does not work" in client.get(link).content.decode()


def test_access_to_a_file_ends_with_its_preset(client, stranger, upload, make_preset):
    address = upload.get_absolute_url()
    preset = make_preset(arguments={"image_url": address}, is_shared=True)
    client.force_login(stranger)
    assert client.get(address).getvalue() == b"\x89PNG"
    preset.delete_by(preset.user)
    assert client.get(address).status_code == 404
    preset.restore_by(preset.user)
    assert client.get(address).getvalue() == b"\x89PNG"
    presets.change(preset, preset.name, Scope.ME, by=preset.user)
    assert client.get(address).status_code == 404


def test_a_preset_gives_no_access_to_files_of_others(client, stranger, upload, flux):
    arguments = {"image_url": upload.get_absolute_url()}
    presets.create(stranger, flux, "Mine", arguments, Scope.HOUSE)
    client.force_login(stranger)
    assert client.get(upload.get_absolute_url()).status_code == 404


def link_of(page: str) -> str:
    return page.replace("/models/", "/forms/link/")


def join_lines(page: str) -> str:
    return " ".join(page.split())


def test_the_inputs_of_an_example_are_visible_to_all(client, stranger, make_run, stored_png):
    first = make_run(state="succeeded", output={})
    artifact = Artifact.objects.create(
        run=first, position=0, path="x", kind="image", url="https://v3.fal.media/a.png",
        state="stored", file="a.png", file_name="a.png", content_type="image/png",
    )  # fmt: skip
    later = make_run(
        state="succeeded", output={}, arguments={"image_url": artifact.get_absolute_url()}
    )
    client.force_login(stranger)
    assert client.get(artifact.get_absolute_url()).status_code == 404
    later.is_example = True
    later.save()
    response = client.get(artifact.get_absolute_url())
    assert response.getvalue() == b"\x89PNG"


def test_a_run_of_another_model_fills_what_fits_and_names_the_rest(
    member, flux, make_endpoint, make_run
):
    other = make_endpoint("some/other", display_name="Other")
    arguments = {"prompt": "shared", "seed": 5, "num_images": "two", "loras": [{"path": "x"}]}
    run = make_run(endpoint=other, arguments=arguments)
    page = member.get(PAGE, {"run": str(run.pk)}).content.decode()
    assert "on Other." in page
    assert "<strong>Taken over</strong> prompt, seed" in page
    assert "<strong>Does not fit here</strong> num_images (" in page
    assert "<strong>Not in this model</strong> loras" in page
    assert ">\nshared</textarea>" in page
    assert '"loras"' not in unescape(page)


def test_an_earlier_run_fills_in_the_form_on_the_same_page(member, flux, make_run):
    run = make_run(endpoint=flux, arguments={"prompt": "from before"})
    assert f'value="run:{run.pk}"' in member.get(PAGE).content.decode()
    post = {"prompt": "typed", "~source": f"run:{run.pk}"}
    page = member.post(f"/forms/source/{FLUX}/", post, headers=HTMX).content.decode()
    assert ">\nfrom before</textarea>" in page
    assert f"/forms/undo/{FLUX}/" in page


def test_an_unknown_source_leaves_the_form_unchanged(member, flux, stranger, make_run):
    theirs = make_run(endpoint=flux, user=stranger, arguments={"prompt": "a secret"})
    for source in (
        f"run:{theirs.pk}",
        "run:nonsense",
        "preset:9",
        "preset:x",
        "saved:",
        "example:",
    ):
        answer = member.post(f"/forms/source/{FLUX}/", {"prompt": "mine", "~source": source})
        if source == "example:":
            assert answer.status_code == 200
            continue
        assert answer.status_code == 422
        assert ">\nmine</textarea>" in answer.content.decode()
        assert "a secret" not in answer.content.decode()


def test_invalid_json_stays_in_the_json_tab_with_error_paths(member, flux):
    broken = {"~mode": "json", "~json": '{"prompt": "a" "b": 1}', "~do": "to-form"}
    answer = member.post(PAGE, broken)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Line 1, column 16: a comma is missing." in page
    assert "Fill in as a form" in page
    wrong = {"~mode": "json", "~json": json.dumps({"prompt": "a", "num_images": 99, "x": 1})}
    page = member.post(PAGE, wrong).content.decode()
    assert "num_images: " in page
    turned = member.post(PAGE, wrong | {"~do": "to-form"}).content.decode()
    assert 'value="99"' in turned
    assert '"x"' in unescape(turned)


# A house default fills an untouched form for everybody. Values from an address and typed values
# win.


@pytest.fixture
def house(flux: Any, stranger: User) -> Preset:
    """A colleague's shared preset that a curator has made the house default."""
    return Preset.objects.create(
        endpoint=flux, user=stranger, name="Ours", is_shared=True, is_house_default=True,
        arguments={"guidance_scale": 7, "prompt": "our own lighthouse"},
    )  # fmt: skip


def read_page(client: Client, **query: str) -> str:
    return client.get(PAGE, query).content.decode()


def test_an_untouched_form_has_the_house_default_and_says_so(member, house):
    text = read_page(member)
    assert SAID in text
    assert "our own lighthouse" in text
    assert not Draft.objects.exists()
    assert "our own lighthouse" in read_page(member, tab="api")


@pytest.mark.parametrize("how", ["input", "run", "preset", "draft"])
def test_filled_in_values_take_precedence_over_the_house_default(
    member, house, flux, make_run, user, how
):
    arguments = {"prompt": "a cat of mine"}
    mine = Preset.objects.create(endpoint=flux, user=user, name="Mine", arguments=arguments)
    query = {
        "input": json.dumps(arguments),
        "run": str(make_run(endpoint=flux, arguments=arguments).pk),
        "preset": str(mine.pk),
    }
    if how == "draft":
        member.post(f"/drafts/{FLUX}/", {**arguments, "~house": "1"})
    text = read_page(member, **({how: query[how]} if how in query else {}))
    assert "a cat of mine" in text
    assert "our own lighthouse" not in text


def test_the_models_own_defaults_can_be_chosen_and_stay(member, house):
    posted = {"prompt": "our own lighthouse", "guidance_scale": "7", "~house": "1"}
    answer = member.post(f"/forms/own-defaults/{FLUX}/", posted, headers=HTMX).content.decode()
    assert "our own lighthouse" not in answer
    assert "own defaults are back" in answer
    assert SAID not in read_page(member)
    assert "our own lighthouse" not in read_page(member)
    back = member.post(f"/forms/undo/{FLUX}/", {"prompt": "", "~house": "1"}, headers=HTMX)
    assert "our own lighthouse" in back.content.decode()


def test_a_cleared_form_stays_empty(member, house):
    member.post(f"/drafts/{FLUX}/", {"prompt": "", "guidance_scale": "3.5", "~house": "1"})
    assert "our own lighthouse" not in read_page(member)


def test_starting_over_restores_the_house_default(member, house):
    text = member.post(f"/forms/blank/{FLUX}/", {"prompt": "x", "~house": "1"}).content.decode()
    assert SAID in text
    assert "our own lighthouse" in text


def test_values_of_the_house_default_are_sent(member, house):
    posted = {"prompt": "our own lighthouse", "guidance_scale": "7", "~house": "1", "~token": "t"}
    member.post(PAGE, posted)
    assert Run.objects.get().arguments == house.arguments


def test_only_curators_can_set_the_single_house_default(member, user, flux, house):
    mine = Preset.objects.create(endpoint=flux, user=user, name="Mine", arguments={})
    change = {"name": "Mine", "used_by": "start"}
    assert b"filled in for everybody" not in member.get(f"/presets/{mine.pk}/").content
    member.post(f"/presets/{mine.pk}/", change)
    mine.refresh_from_db()
    assert not mine.is_house_default
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    assert b"filled in for everybody" in member.get(f"/presets/{mine.pk}/").content
    member.post(f"/presets/{mine.pk}/", change)
    assert [preset.name for preset in Preset.objects.filter(is_house_default=True)] == ["Mine"]
    assert SAID not in read_page(member)


def test_an_unshared_or_deleted_preset_is_no_house_default(member, stranger, house):
    theirs = Client()
    theirs.force_login(stranger)
    theirs.post(f"/presets/{house.pk}/deletion/")
    assert SAID not in read_page(member)
    theirs.post(f"/undo/preset/{house.pk}/")
    assert SAID in read_page(member)
    theirs.post(f"/presets/{house.pk}/", {"name": "Ours", "used_by": "me"})
    assert SAID not in read_page(member)
    house.refresh_from_db()
    assert not house.is_house_default

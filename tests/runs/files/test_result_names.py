"""A saved file is named after prompt, model and seed, in every way to save it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client

from accounts.profile import preferences
from api import tokens
from core.file_names import slug
from projects.creation import create
from runs.files import result_names, stored_files
from runs.models import Artifact, Preset, Run

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
HASH = "kRz2_c7d0e1f.png"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A mill, at dusk!", "A-mill-at-dusk"),
        ("Fu\u0308chse im Schnee", "F\u00fcchse-im-Schnee"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("../../etc/passwd", "etc-passwd"),
        ("word " * 40, "-".join(["word"] * 12)),
        ("x" * 100, "x" * 60),
        ("\u2028\x00 \u202e", ""),
    ],
)
def test_a_file_name_keeps_the_words_of_a_prompt_in_any_script(text, name):
    assert slug(text) == name


@pytest.fixture
def run(make_run: Any) -> Run:
    """A run with two stored pictures, to which upstream gave hashes as names."""
    new_run: Run = make_run(
        state="succeeded", title="a mill at dusk", arguments={"prompt": "a mill at dusk"},
        output={"seed": SEED, "images": []},
    )  # fmt: skip
    file = stored_files.store(ContentFile(PNG, "x.png"), "image/png")
    for position in range(2):
        Artifact.objects.create(
            run=new_run, position=position, path=f"images[{position}]", kind="image",
            url="https://v3.fal.media/x", file_name=HASH, content_type="image/png",
            state="stored", file=file.name, digest=file.digest,
        )  # fmt: skip
    return new_run


SEED = 2**53 + 1  # more than a number in JavaScript holds


def default_names(run: Run) -> list[str]:
    day = f"{run.created_at:%Y-%m-%d}"
    return [f"{day}-a-mill-at-dusk-flux-dev-{SEED}-{number}.png" for number in (1, 2)]


def disposition(client: Client, address: str) -> str:
    return client.head(address).headers["Content-Disposition"]


def test_page_download_and_api_give_a_result_the_same_name(member, run, user):
    names = default_names(run)
    for position, name in enumerate(names):
        address = f"/runs/{run.pk}/artifacts/{position}/"
        assert disposition(member, address) == f'inline; filename="{name}"'
    page = member.get(run.get_absolute_url()).content.decode()
    assert f"Download {names[1]}" in page
    assert HASH not in page
    _, secret = tokens.create(user, "program", ["read"])
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    whole = program.get(f"/api/v1/runs/{run.pk}").json()
    (card,) = program.get("/api/v1/runs").json()["items"]
    for html in (whole, card):
        assert [artifact["file_name"] for artifact in html["artifacts"]] == names


def test_downloads_and_api_follow_the_template_of_whoever_asks(
    member, run, user, django_assert_num_queries
):
    team = create(user, name="Spring campaign")
    Run.objects.filter(pk=run.pk).update(project=team)
    template = "{project} {model}_{n} ({run})"
    preferences.set_file_names(user, template)
    names = [f"Spring-campaign flux-dev_{number} ({str(run.pk)[:8]}).png" for number in (1, 2)]
    address = f"/runs/{run.pk}/artifacts/1/"
    assert disposition(member, address) == f'inline; filename="{names[1]}"'
    assert f"flux-dev ({str(run.pk)[:8]}).json" in disposition(
        member, f"/runs/{run.pk}/output.json"
    )
    _, secret = tokens.create(user, "program", ["read"])
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    (card,) = program.get("/api/v1/runs?project=spring-campaign").json()["items"]
    assert [artifact["file_name"] for artifact in card["artifacts"]] == names
    namer = result_names.Namer(User.objects.get(pk=user.pk))
    with django_assert_num_queries(1 + 1 + 2):  # the template, the projects; the run, its endpoint
        loaded = Run.objects.get(pk=run.pk)
        assert [namer.result(loaded, file) for file in run.artifacts.all()] == names


def test_a_name_tells_the_project_to_its_members_alone(run, stranger):
    team = create(run.user, name="Secret launch")
    Run.objects.filter(pk=run.pk).update(project=team, is_example=True)
    preferences.set_file_names(stranger, "{project}-{model}")
    file = run.artifacts.first()
    assert file is not None
    assert result_names.served_name(file, stranger) == "flux-dev.png"


def test_weights_and_archives_keep_their_names(member, run):
    Artifact.objects.filter(position=0).update(kind="file", file_name="lora.safetensors")
    served = member.head(f"/runs/{run.pk}/artifacts/0/")
    assert 'filename="lora.safetensors"' in served.headers["Content-Disposition"]


def test_a_name_of_upstream_turns_no_text_and_is_no_device(member, run):
    for given, safe in [("a\u202egnp.exe", "agnp.exe"), ("con.bin", "_con.bin"), ("x.", "x")]:
        Artifact.objects.filter(position=0).update(kind="file", file_name=given)
        assert f'filename="{safe}' in disposition(member, f"/runs/{run.pk}/artifacts/0/")


def test_a_reader_of_a_file_without_access_to_its_run_sees_no_prompt(client, run, stranger):
    named = {"image_url": f"/runs/{run.pk}/artifacts/0/"}
    Preset.objects.create(
        user=run.user, endpoint=run.endpoint, name="p", arguments=named, is_shared=True
    )
    client.force_login(stranger)
    served = client.head(f"/runs/{run.pk}/artifacts/0/")
    assert served.headers["Content-Disposition"] == 'inline; filename="image.png"'

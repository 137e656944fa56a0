"""Saved files are named after prompt, model and seed, in every way in which they are saved."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from api import tokens
from core.file_names import slug
from runs.files import stored_files
from runs.models import Artifact, Preset, Run

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
HASH = "kRz2_c7d0e1f.png"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A mill, at dusk!", "A-mill-at-dusk"),
        ("Fu\u0308chse im Schnee", "F\u00fcchse-im-Schnee"),
        ("\u092b\u093c\u0949\u0915\u094d\u0938 \U0001f98a", "\u092b\u093c\u0949\u0915\u094d\u0938"),
        ("../../etc/passwd", "etc-passwd"),
        ("word " * 40, "-".join(["word"] * 12)),
        ("x" * 100, "x" * 60),
        ("\u2028\x00 \u202e", ""),
    ],
)
def test_a_file_name_keeps_the_words_of_a_prompt_in_any_script(text: str, name: str) -> None:
    assert slug(text) == name


@pytest.fixture
def run(make_run: Any) -> Run:
    """A run with two stored pictures, whose upstream names are hashes."""
    new_run: Run = make_run(
        state="succeeded", title="a mill at dusk", arguments={"prompt": "a mill at dusk"},
        output={"seed": 2**53 + 1, "images": []},
    )  # fmt: skip
    file = stored_files.store(ContentFile(PNG, "x.png"), "image/png")
    for position in range(2):
        Artifact.objects.create(
            run=new_run, position=position, path=f"images[{position}]", kind="image",
            url="https://v3.fal.media/x", file_name=HASH, content_type="image/png",
            state="stored", file=file.name, digest=file.digest,
        )  # fmt: skip
    return new_run


NAMES = [
    "a-mill-at-dusk-flux-dev-9007199254740993.png",
    "a-mill-at-dusk-flux-dev-9007199254740993-2.png",
]


def test_page_download_and_api_give_a_result_the_same_name(
    member: Client, run: Run, user: Any
) -> None:
    served = [member.head(f"/runs/{run.pk}/artifacts/{position}/") for position in range(2)]
    assert [response.headers["Content-Disposition"] for response in served] == [
        f'inline; filename="{name}"' for name in NAMES
    ]
    page = member.get(run.get_absolute_url()).content.decode()
    assert f"Download {NAMES[1]}" in page
    assert HASH not in page
    _, secret = tokens.create(user, "program", ["read"])
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    whole = program.get(f"/api/v1/runs/{run.pk}").json()
    (card,) = program.get("/api/v1/runs").json()["items"]
    for shown in (whole, card):
        assert [artifact["file_name"] for artifact in shown["artifacts"]] == NAMES


def test_weights_and_archives_keep_their_names(member: Client, run: Run) -> None:
    Artifact.objects.filter(position=0).update(kind="file", file_name="lora.safetensors")
    served = member.head(f"/runs/{run.pk}/artifacts/0/")
    assert 'filename="lora.safetensors"' in served.headers["Content-Disposition"]


def test_a_reader_of_a_file_without_access_to_its_run_sees_no_prompt(
    client: Client, run: Run, stranger: Any
) -> None:
    named = {"image_url": f"/runs/{run.pk}/artifacts/0/"}
    Preset.objects.create(
        user=run.user, endpoint=run.endpoint, name="p", arguments=named, is_shared=True
    )
    client.force_login(stranger)
    served = client.head(f"/runs/{run.pk}/artifacts/0/")
    assert served.headers["Content-Disposition"] == 'inline; filename="image.png"'

"""The commands against the API: their output, the files they save, their exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from api.cli import main as program
from api.cli.completion import complete
from api.cli.main import main
from api.cli.output import print_json, print_line
from runs.files import stored_files
from runs.models import Artifact, Run, Upload
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db
FLUX = "fal-ai/flux/dev"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.fixture
def vitrine(client_of: Any, capsys: Any) -> Any:
    """`vitrine("search", "flux")` → exit code, stdout, stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments, lambda: client_of)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


@pytest.fixture
def flux(make_endpoint: Any, documents: Any) -> Any:
    return make_endpoint(FLUX, documents[FLUX], unit_price_usd="0.025", price_unit="images")


def test_search_lists_models(vitrine: Any, flux: Any) -> None:
    code, out, err = vitrine("search", "flux")
    assert (code, err) == (0, "1 found\n")
    assert FLUX in out
    assert "$0.025 per image" in out
    code, out, _ = vitrine("search", "flux", "--json")
    assert [model["endpoint_id"] for model in json.loads(out)] == [FLUX]


def test_show_lists_the_inputs(vitrine: Any, flux: Any) -> None:
    code, out, _ = vitrine("show", FLUX)
    assert code == 0
    assert "prompt *" in out
    assert "num_inference_steps" in out


def test_price_prints_an_estimate(vitrine: Any, flux: Any) -> None:
    code, out, _ = vitrine("price", FLUX, "prompt=x", "num_images=2")
    assert (code, out.splitlines()[0]) == (0, "about $0.05")


def test_run_prints_the_id(vitrine: Any, flux: Any, tmp_path: Path) -> None:
    code, out, err = vitrine("run", FLUX, "prompt=a cat", "--key", "k", "num_images=2")
    run = Run.objects.get()
    assert (code, out) == (0, f"{run.pk}\n")
    assert run.arguments == {"prompt": "a cat", "num_images": 2}
    assert "created" in err
    again = vitrine("run", FLUX, "prompt=a cat", "num_images=2", "--key", "k", "--json")
    assert json.loads(again[1])["id"] == str(run.pk)


def test_run_uploads_files(vitrine: Any, make_endpoint: Any, tmp_path: Path) -> None:
    make_endpoint("fal-ai/any")
    (tmp_path / "cat.png").write_bytes(PNG)
    code, _, _ = vitrine("run", "fal-ai/any", f"image_url=@{tmp_path}/cat.png")
    assert code == 0
    upload = Upload.objects.get()
    assert Run.objects.get().arguments == {"image_url": upload.get_absolute_url()}


def test_unknown_inputs_are_sent_with_allow_unknown(vitrine: Any, flux: Any) -> None:
    code, _, err = vitrine("run", FLUX, "prompt=x", "newer=1", "--allow-unknown")
    assert code == 0, err
    assert Run.objects.get().arguments == {"prompt": "x", "newer": 1}


def test_a_command_says_how_long_a_run_may_wait(vitrine: Any, flux: Any) -> None:
    wait = ["--start-timeout", "120", "--priority", "low", "--no-retry"]
    code, _, err = vitrine("run", FLUX, "prompt=x", *wait)
    assert code == 0, err
    chosen = {"start_timeout_s": 120.0, "priority": "low", "no_retry": True}
    assert Run.objects.get().options == chosen


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", FLUX, "promt=x"], 2, "Did you mean prompt"),
        (["run", FLUX, "--input", '{"prompt": "x", "sede": 1}'], 3, "did you mean `seed`"),
        (["price", FLUX, "--input", '{"prompt": "x", "sede": 1}'], 3, "did you mean `seed`"),
        (["run", FLUX, "prompt=x", "num_images=many"], 3, "num_images"),
        (["run", FLUX, "prompt=x", "num_images=many"], 3, f"inputs: vitrine show {FLUX}"),
        (["show", "fal-ai/nowhere"], 3, "Search for it: vitrine search"),
        (
            ["run", FLUX, "prompt=x", "--transport", "stream"],
            3,
            "does not offer the transport “stream”",
        ),
        (["run", "fal-ai/nowhere", "--input", "{}"], 3, "no model"),
        (["run", "--preset", "99", "--input", "{}"], 3, "no such preset"),
        (
            ["run", FLUX, "prompt=x", "--max-cost", "0.001"],
            3,
            "--max-cost allows 0.001. Nothing was run",
        ),
        (["run", FLUX, "prompt=x", "--start-timeout", "1"], 3, "minimum of 2"),
        (["run", FLUX, "--input", "@nowhere.json"], 2, "cannot be read"),
        (["run"], 2, "Name a model"),
        (["show", "fal-ai/nowhere"], 3, "no model"),
        (["cancel", "nonsense"], 3, "nothing at this address"),
    ],
)
def test_a_failure_has_an_exit_code_and_a_message(
    vitrine: Any, flux: Any, arguments: list[str], code: int, message: str
) -> None:
    exit_code, out, err = vitrine(*arguments)
    assert (exit_code, out) == (code, "")
    assert message in err
    assert Run.objects.count() == 0


def test_the_version_is_printed(capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    project = Path(program.__file__).parents[2] / "pyproject.toml"
    version = tomllib.loads(project.read_text())["project"]["version"]
    assert (ended.value.code, capsys.readouterr().out) == (0, f"vitrine {version}\n")


def test_runs_are_listed_by_date(vitrine: Any, flux: Any, make_run: Any) -> None:
    run = make_run(endpoint=flux)
    assert str(run.pk) in vitrine("runs", "--after", "2020-01-01")[1]
    assert str(run.pk) not in vitrine("runs", "--before", "2020-01-01")[1]
    code, _, err = vitrine("runs", "--after", "yesterday")
    assert (code, "--after must be a date" in err) == (3, True)


def test_a_reused_key_is_reported_as_its_option(vitrine: Any, flux: Any) -> None:
    vitrine("run", FLUX, "prompt=a cat", "--key", "k")
    code, _, err = vitrine("run", FLUX, "prompt=a dog", "--key", "k")
    assert (code, "This --key was sent with another request" in err) == (3, True)


def test_wait_exits_by_the_state_of_the_run(vitrine: Any, flux: Any, make_run: Any) -> None:
    body = ("run", FLUX, "prompt=a cat", "--key", "k")
    vitrine(*body)
    assert vitrine(*body, "--wait", "--timeout", "0.1")[0] == 5
    for state, code in (("succeeded", 0), ("failed", 1), ("cancelled", 1)):
        Run.objects.update(state=state)
        assert vitrine(*body, "--wait")[0] == code


def test_our_files_are_recognised_by_their_absolute_address(
    vitrine: Any, make_endpoint: Any, documents: Any
) -> None:
    endpoint_id = "fal-ai/bytedance/seedream/v4/edit"
    make_endpoint(endpoint_id, documents[endpoint_id])
    path = f"/runs/{uuid.uuid4()}/artifacts/0/"
    inputs = ["prompt=a cat", f"image_urls= http://localhost:8400{path}"]
    code, _, err = vitrine("run", endpoint_id, *inputs)
    assert code == 0, err
    assert Run.objects.get().arguments["image_urls"] == [path]


def test_results_are_saved_under_safe_names(
    vitrine: Any, flux: Any, make_run: Any, tmp_path: Path
) -> None:
    from django.core.files.base import ContentFile

    run = make_run(endpoint=flux, state="succeeded", output={"seed": 7}, title="../a mill: *")
    stored = stored_files.store(ContentFile(PNG, "x.png"), "image/png")
    for position, name in enumerate(["../../etc/passwd", "a.png", "a.png", "", "💫 🦊.png"]):
        Artifact.objects.create(
            run=run, position=position, path="x", kind="image", url="https://v3.fal.media/a",
            state="stored", file=stored.name, file_name=name, content_type="image/png",
            digest=stored.digest,
        )  # fmt: skip
    code, out, _ = vitrine("runs", str(run.pk), "-o", str(tmp_path / "out"))
    assert code == 0
    saved = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert saved == [
        f"{run.created_at:%Y-%m-%d}-a-mill-flux-dev-7-{number}.png" for number in range(1, 6)
    ]
    assert {file.read_bytes() for file in (tmp_path / "out").iterdir()} == {PNG}
    assert len(out.splitlines()) == 6


def test_an_output_without_files_is_saved_as_json(
    vitrine: Any, make_run: Any, tmp_path: Path
) -> None:
    run = make_run(state="succeeded", output={"text": "words"})
    vitrine("runs", str(run.pk), "-o", str(tmp_path))
    assert json.loads((tmp_path / f"{run.pk}.json").read_text()) == {"text": "words"}


def test_runs_are_listed(vitrine: Any, make_run: Any) -> None:
    run = make_run(title="a cat")
    code, out, _ = vitrine("runs")
    assert code == 0
    assert str(run.pk) in out
    assert "a cat" in out
    assert vitrine("cancel", str(run.pk))[0] == 0
    assert json.loads(vitrine("runs", "--json", "--state", "cancelled")[1])[0]["id"] == str(run.pk)


def test_completion_knows_models_inputs_and_choices(client_of: Any, flux: Any) -> None:
    def completed(*typed: str) -> list[str]:
        return complete(typed, program.MANAGEMENT, client_of)

    assert completed("s") == ["sync", "sandbox"]
    assert completed("run", "fal-ai/fl") == [FLUX]
    assert completed("run", FLUX, "num_") == ["num_inference_steps=", "num_images="]
    assert "image_size=square_hd" in completed("run", FLUX, "image_size=sq")
    assert completed("run", FLUX, "--wa") == []


def test_a_remote_vitrine_needs_address_and_token(monkeypatch: Any, capsys: Any) -> None:
    for url, token, code, message in [
        ("nonsense", "x", 2, "must be an address"),
        ("https://vitrine.example", "", 3, "account/tokens/"),
        ("https://vitrine.example", "ü", 3, "is not a token"),
        ("http://127.0.0.1:1", "vitrine_x", 4, "cannot be reached"),
    ]:
        monkeypatch.setenv("VITRINE_URL", url)
        monkeypatch.setenv("VITRINE_TOKEN", token)
        assert main(["runs"]) == code
        assert message in capsys.readouterr().err


UNPRINTABLE = "a\x1b]0;owned\x07 cat\x9b31m \u202egnp\u2066\ud83d"


def test_control_characters_are_escaped_on_the_terminal(
    vitrine: Any, flux: Any, make_run: Any
) -> None:
    run = make_run(
        endpoint=flux, title="a\x1b]0;owned\x07 cat\u202e", state="failed",
        error={"type": "x", "message": "no\x1b[2J\x9b31m", "retryable": False},
    )  # fmt: skip
    flux.description = "x\x1b[2J\r\u2066"
    flux.save()
    for arguments in (
        ("runs",), ("runs", str(run.pk)), ("runs", str(run.pk), "--json"), ("runs", "--json"),
        ("search", "flux"), ("show", FLUX), ("price", FLUX, "\x1b[2J=1"),
    ):  # fmt: skip
        _, out, err = vitrine(*arguments)
        assert not set(out + err) & set("\x1b\x07\x9b\r\u202e\u2066"), arguments
        assert "u001b" in out + err or "x1b" in out + err, arguments
        if "--json" in arguments:
            json.loads(out)


def test_unprintable_characters_are_escaped_and_json_stays_json(capsys: Any) -> None:
    print_line(UNPRINTABLE)
    assert capsys.readouterr().out == (
        "a\\u001b]0;owned\\u0007 cat\\u009b31m \\u202egnp\\u2066\\ud83d\n"
    )
    print_json({"text": UNPRINTABLE, "lines": "a\tb\nc"})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"text": UNPRINTABLE, "lines": "a\tb\nc"}
    assert not set(printed) & set("\x1b\x9b\u202e\ud83d")


def test_a_run_and_its_files_go_to_the_named_project(
    vitrine: Any, make_endpoint: Any, tmp_path: Path
) -> None:
    acme = make_project("Acme", ana="maker")
    (tmp_path / "cat.png").write_bytes(PNG)
    make_endpoint("fal-ai/any")
    file = f"image_url=@{tmp_path}/cat.png"
    vitrine("run", "fal-ai/any", "image_url=x")
    code, out, _ = vitrine("run", "fal-ai/any", file, "--project", "acme")
    assert code == 0
    assert (Run.objects.get(pk=out.strip()).project, Upload.objects.get().project) == (acme, acme)
    _, listed, _ = vitrine("runs", "--project", "acme", "--json")
    assert [run["id"] for run in json.loads(listed)] == [out.strip()]
    code, _, err = vitrine("run", "fal-ai/any", file, "--project", "elsewhere")
    assert code == 3
    assert err.strip().endswith("You are not a member of a project “elsewhere”.")


def test_the_assistants_server_needs_no_settings() -> None:
    """It may run far from any Vitrine, where Django's models cannot be imported."""
    program = "import api.cli.mcp, api.assistants.server"
    subprocess.run([sys.executable, "-c", program], env={}, cwd=settings.BASE_DIR, check=True)

"""How long a run may wait: chosen on the form, kept by drafts, reruns and Remix."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

import fal
from catalog.models import Endpoint
from playground.form import form_state
from runs.models import Run
from runs.results import timeline
from runs.start import starting, transport_choices, wait_choices
from runs.state.transitions import gave_up

CHOSEN: dict[str, Any] = {"start_timeout_s": 120.0, "priority": "low", "no_retry": True}
CHOSEN["disable_fallback"] = True
POSTED = {"~start_timeout_s": "120", "~priority": "low", "~no_retry": "1"}
POSTED["~disable_fallback"] = "1"
TIMED_OUT = {"error": "RunFailed", "type": "startup_timeout", "status": 504}
TOO_LONG = TIMED_OUT | {"type": "request_timeout"}


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_controls_of_a_form_and_the_options_of_a_run_are_inverses():
    assert wait_choices.of_post({name: [text] for name, text in POSTED.items()}) == CHOSEN
    assert wait_choices.of_post(wait_choices.as_post(CHOSEN)) == CHOSEN
    assert wait_choices.as_post({"hint": "r-7"}) == {}
    for text in ("", "soon", "1", "nan", "1e9"):
        assert wait_choices.of_post({"~start_timeout_s": [text]}) == {}
    assert wait_choices.chosen({"priority": "urgent"}) == {}
    assert wait_choices.chosen({"priority": "normal", "no_retry": False}) == {}
    assert fal.SubmitOptions(**CHOSEN).headers()["X-Fal-Queue-Priority"] == "low"
    assert (45.0, "45 seconds") in wait_choices.offered_timeouts({"start_timeout_s": 45.0})
    assert not transport_choices.is_default(Endpoint(), {"~priority": ["low"]})
    assert transport_choices.is_default(
        Endpoint(), {"~transport": ["queue"], "~start_timeout_s": [""]}
    )


@pytest.mark.django_db
def test_the_choice_survives_the_form_a_rerun_and_remix(member, flux):
    member.post(flux.get_absolute_url(), {"prompt": "a cat", **POSTED})
    run = Run.objects.get()
    assert (run.options, run.arguments) == (CHOSEN, {"prompt": "a cat"})
    assert form_state.from_run(flux, run).post["~start_timeout_s"] == ["120.0"]
    drafted = text_of(member.get(flux.get_absolute_url()))
    assert 'value="120" selected' in drafted
    assert 'name="~priority" value="low" checked' in drafted
    assert 'name="~disable_fallback" value="1" checked' in drafted
    member.post(f"/runs/{run.pk}/repetition/", {"token": "again"})
    assert {str(again.options) for again in Run.objects.all()} == {str(CHOSEN)}
    facts = dict(timeline.facts(run))
    assert facts["Gives up"] == "if it has not started within 2 minutes"
    assert (facts["Priority"], facts["Retries by fal"]) == ("low", "none")
    assert "Fallback" not in facts


@pytest.mark.django_db
@pytest.mark.parametrize("source", [*starting.Source])
def test_fal_may_let_no_other_model_answer_what_is_compared(flux, user, source):
    request = starting.StartRequest(
        user=user, endpoint=flux, arguments={"prompt": "a"}, source=source, key="1"
    )
    run = starting.start(request).run
    is_refused = source in {"cell", "check"}
    headers = fal.SubmitOptions(**run.options).headers()
    assert ("x-app-fal-disable-fallback" in headers) == is_refused
    assert ("fal may answer from an equivalent" in str(timeline.facts(run))) != is_refused
    run.transport = "websocket"
    assert "Fallback" not in dict(timeline.facts(run))


@pytest.mark.django_db
def test_a_rerun_of_a_boards_cell_is_not_kept_behind_others(member, make_run):
    run = make_run(state="succeeded", form_token="cell-1", options={"priority": "low"})
    member.post(f"/runs/{run.pk}/repetition/", {"token": "again"})
    assert Run.objects.exclude(pk=run.pk).get().options == {}


@pytest.mark.parametrize(
    ("error", "waited_s", "has_started", "gives_up"),
    [
        (TIMED_OUT, 120, False, True),
        (TIMED_OUT | {"type": "startup_timeout", "status": None}, 121, False, True),
        (TIMED_OUT, 60, False, False),  # the model's own limit
        (TIMED_OUT | {"is_retryable": True}, 4000, True, False),  # likewise, of a run that works
        (TIMED_OUT | {"is_retryable": False}, 120, True, True),  # of a run over one connection
        (TIMED_OUT | {"type": "generation_timeout"}, 120, False, False),
        (TOO_LONG, 120, False, False),  # the processing, of which no stream has told
        (TOO_LONG | {"is_retryable": True}, 4000, True, False),
        (TOO_LONG | {"is_retryable": False}, 120, False, True),  # the caller's, says fal
        (None, 120, False, False),
    ],
)
def test_a_run_gives_up_only_by_its_own_start_timeout(error, waited_s, has_started, gives_up):
    run = Run(options={"start_timeout_s": 120.0}, created_at=timezone.now())
    run.started_at = run.created_at if has_started else None
    kept = gave_up(run, error, run.created_at + timedelta(seconds=waited_s))
    assert kept == ({**error, "start_timeout_s": 120.0} if gives_up else error)
    assert gave_up(Run(created_at=timezone.now()), error, timezone.now()) == error

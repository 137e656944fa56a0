"""Transcripts of models as lines with times and speakers, and as files with subtitles."""

from typing import Any

import pytest

from runs.models import Run
from runs.results import transcripts
from runs.results.transcripts import Line

WHISPER = {
    "text": "Good morning. Who is it?",
    "chunks": [
        {"timestamp": [0.0, 1.5], "text": " Good morning.", "speaker": "SPEAKER_00"},
        {"timestamp": [1.5, None], "text": " Who is it?", "speaker": "SPEAKER_01"},
    ],
}
SCRIBE = {
    "words": [
        {"text": "Good", "start": 0.1, "end": 0.4, "type": "word", "speaker_id": "speaker_0"},
        {"text": " ", "start": 0.4, "end": 0.5, "type": "spacing", "speaker_id": "speaker_0"},
        {"text": "morning.", "start": 0.5, "end": 1.0, "type": "word", "speaker_id": "speaker_0"},
        {"text": "Who", "start": 1.1, "end": 1.3, "type": "word", "speaker_id": "speaker_0"},
        {"text": "(laughs)", "start": 4.0, "end": 5.0, "type": "audio_event", "speaker_id": "Eva"},
    ]
}
SEGMENTS = {"result": {"segments": [{"start": 3661, "end": 3662.25, "text": "Late"}]}}


def test_each_shape_becomes_lines():
    assert [*transcripts.lines_of(WHISPER)] == [
        Line(0.0, 1.5, "Good morning.", "Speaker 1"),
        Line(1.5, None, "Who is it?", "Speaker 2"),
    ]
    assert [*transcripts.lines_of(SCRIBE)] == [
        Line(0.1, 1.0, "Good morning.", "Speaker 1"),
        Line(1.1, 1.3, "Who", "Speaker 1"),
        Line(4.0, 5.0, "(laughs)", "Eva"),
    ]
    (late,) = transcripts.lines_of(SEGMENTS)
    assert (late.at, late.text) == ("1:01:01", "Late")


@pytest.mark.parametrize(
    "output",
    [
        None,
        [],
        {"text": "no times"},
        {"chunks": "none"},
        {"chunks": [{"text": "no time"}, 3, None]},
        {"chunks": [{"timestamp": [True, 2], "text": "x"}]},
        {"segments": [{"start": -1, "end": 2, "text": "x"}]},
        {"segments": [{"start": 1, "end": 2, "text": " \x00 "}]},
    ],
)
def test_an_output_without_timed_text_has_no_lines(output):
    assert [*transcripts.lines_of(output)] == []


def test_files_have_text_times_and_speakers():
    lines = [*transcripts.lines_of(WHISPER)]
    assert transcripts.as_txt(lines) == "Speaker 1: Good morning.\nSpeaker 2: Who is it?\n"
    assert transcripts.as_srt(lines) == (
        "1\n00:00:00,000 --> 00:00:01,500\nSpeaker 1: Good morning.\n\n"
        "2\n00:00:01,500 --> 00:00:04,500\nSpeaker 2: Who is it?\n"
    )
    tags = [Line(0, 9, "a <b> & c", ""), Line(3599.9996, 3601, "on", "Eva")]
    assert transcripts.as_vtt(tags) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:09.000\na &lt;b&gt; &amp; c\n\n"
        "01:00:00.000 --> 01:00:01.000\n<v Eva>on\n"
    )


@pytest.mark.django_db
def test_a_runs_page_has_the_lines_and_files_to_save(member, make_run):
    run: Run = make_run(state="succeeded", output=WHISPER)
    page = member.get(f"/runs/{run.pk}/").content.decode()
    assert "Who is it?" in page
    assert page.count("Speaker 1") == 1
    subtitles: Any = member.get(f"/runs/{run.pk}/transcript.srt")
    assert subtitles.getvalue().startswith(b"1\n00:00:00,000 --> ")
    assert ".srt" in subtitles.headers["Content-Disposition"]
    assert member.get(f"/runs/{run.pk}/transcript.doc").status_code == 404
    silent = make_run(state="succeeded", output={"text": "none"})
    assert member.get(f"/runs/{silent.pk}/transcript.srt").status_code == 404


@pytest.mark.django_db
def test_a_page_shows_the_first_lines_of_a_long_transcript_and_more_on_demand(member, make_run):
    rows = [{"timestamp": [n, n + 1], "text": f"Line {n} ends."} for n in range(6200)]
    run: Run = make_run(state="succeeded", output={"text": "x", "chunks": rows})
    page = member.get(f"/runs/{run.pk}/").content.decode()
    assert page.count("<li data-start=") == transcripts.ON_PAGE
    address = f"/runs/{run.pk}/transcript.html?after="
    assert f"{address}{transcripts.ON_PAGE}" in page
    more = member.get(f"{address}5500").content.decode()
    assert "Line 5500 ends." in more
    assert f"{address}6000" in more
    last = member.get(f"{address}6000").content.decode()
    assert last.count("<li data-start=") == 200
    assert "after=" not in last
    text: Any = member.get(f"/runs/{run.pk}/transcript.txt")
    assert len(text.getvalue().splitlines()) == 6200
    for after in ("-1", "x", "9" * 30, str(2**63 - 1)):
        assert member.get(f"{address}{after}").status_code == 200

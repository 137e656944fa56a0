"""A file's playing time is measured; a guess that FFmpeg makes from a bit rate does not count."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from runs.files.media import probe_program
from tests.tables import each_row

SECONDS, RATE = 12, 48_000


def sound(path: Path, container: str, codec: str, **options: str) -> Path:
    """Write a sound that is loud at first, so that its first packets are larger than the others."""
    noise = np.random.default_rng(1).uniform(-0.8, 0.8, RATE).astype(np.float32)
    with av.open(path, "w", format=container, options=options) as file:
        stream: Any = file.add_stream(codec, rate=RATE, options={"q": "4"})
        stream.layout = "mono"
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=RATE)
        for second in range(SECONDS):
            loud = noise * (second < 2)
            frame = av.AudioFrame.from_ndarray(loud[None, :], "fltp", "mono")
            frame.sample_rate, frame.pts = RATE, second * RATE
            for converted in resampler.resample(frame):
                file.mux(stream.encode(converted))
        file.mux(stream.encode())
    return path


def film(path: Path, container: str, codec: str, sound_s: int = 0) -> Path:
    with av.open(path, "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        audio: Any = file.add_stream("aac", rate=RATE) if sound_s else None
        for number in range(SECONDS * 10):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
        for second in range(sound_s):
            silence = np.zeros((1, RATE), np.float32)
            noise = av.AudioFrame.from_ndarray(silence, "fltp", "mono")
            noise.sample_rate, noise.pts = RATE, second * RATE
            file.mux(audio.encode(noise))
        file.mux(audio.encode() if audio else ())
    return path


def still_end(path: Path) -> Path:
    """Write a film of twelve seconds by its header, whose last picture comes after one."""
    film(path, "webm", "libvpx")
    content = path.read_bytes()
    with av.open(path) as file:
        second = next(packet.pos for packet in file.demux() if packet.pts and packet.pts > 1000)
    path.write_bytes(content[:second])
    return path


def playing_time_s(path: Path) -> float:
    """Return the playing time as the probe measures it, rounded; 0 if it is unknown."""
    kind = "video/" if path.suffix in {".264", ".avi", ".ts"} else "audio/"
    return round(float(probe_program.probe(str(path), kind).get("duration_s", 0)), 1)


@each_row(
    "seconds, name, make, container, codec, options",
    [
        (12, "a.aac", sound, "adts", "aac", {}),
        (12, "a.mp3", sound, "mp3", "libmp3lame", {"write_xing": "0", "id3v2_version": "0"}),
        (12, "b.mp3", sound, "mp3", "libmp3lame", {}),
        (12, "a.m4a", sound, "ipod", "aac", {}),
        (12, "live.webm", sound, "webm", "libopus", {"live": "1"}),
        (12, "a.latm", sound, "latm", "aac", {}),
        (12, "a.avi", film, "avi", "mpeg4", {}),
        (0, "a.264", film, "h264", "libx264", {}),  # FFmpeg guesses 25 frames a second
    ],
)
def test_a_file_plays_as_long_as_its_packets(
    seconds, name, make, container, codec, options, tmp_path
):
    path = make(tmp_path / name, container, codec, **options)
    assert abs(playing_time_s(path) - seconds) <= 0.1, playing_time_s(path)


def test_parts_that_were_joined_and_cut_off_count_as_they_are(tmp_path):
    path = film(tmp_path / "a.ts", "mpegts", "mpeg4")
    path.write_bytes(path.read_bytes() * 2)
    assert playing_time_s(path) == 2 * SECONDS
    cut = sound(tmp_path / "a.mka", "matroska", "flac")
    cut.write_bytes(cut.read_bytes()[: 150 << 10])  # its header says twelve seconds
    assert playing_time_s(cut) == SECONDS
    assert 0 < probe_program.probe(str(cut), "audio/")["shortest_s"] < 3


@each_row(
    "name, make, shortest",
    [
        ("a.webm", lambda path: still_end(path), 1),
        ("sound.mp4", lambda path: film(path, "mp4", "mpeg4", sound_s=2), 2),
        ("whole.mp4", lambda path: film(path, "mp4", "mpeg4", sound_s=SECONDS), None),
        ("silent.mp4", lambda path: film(path, "mp4", "mpeg4"), None),
    ],
)
def test_a_film_whose_picture_or_sound_stops_early_may_be_as_long_as_its_header_says(
    name, make, shortest, tmp_path
):
    measured = probe_program.probe(str(make(tmp_path / name)), "video/mp4")
    assert measured["duration_s"] == pytest.approx(SECONDS, abs=0.1)
    assert measured["shortest_s"] == (shortest and pytest.approx(shortest, abs=0.2))


def test_what_is_not_read_in_time_plays_as_long_as_its_header_says(tmp_path, monkeypatch):
    monkeypatch.setattr(probe_program, "MOST_S", -1.0)
    assert playing_time_s(sound(tmp_path / "a.m4a", "ipod", "aac")) == SECONDS
    assert playing_time_s(sound(tmp_path / "a.aac", "adts", "aac")) == 0

"""Durations, resolutions, ratios and sizes, by the fields that set them."""

from __future__ import annotations

from tests.schemas.facts.documents import (
    IMAGES,
    VIDEO,
    Case,
    Node,
    check,
    enum,
    file,
    for_each,
    number,
)

CASES: list[Case] = [
    # durations
    (
        "seconds as text",
        {"duration": enum("5s", "9s", default="5s")},
        VIDEO,
        "out:video duration:5 duration:9 default-duration:5",
    ),
    (
        "seconds and auto",
        {"duration": enum("auto", "4", "12")},
        VIDEO,
        "out:video duration:4 duration:12",
    ),
    (
        "whole seconds",
        {"duration": {"enum": [4, 8, 12], "type": "integer", "default": 4}},
        VIDEO,
        "out:video duration:4 duration:8 duration:12 default-duration:4",
    ),
    (
        "a number or auto",
        {"duration": {"anyOf": [number(3, 15), enum("auto")]}},
        VIDEO,
        "out:video duration:3-15",
    ),
    (
        "a range",
        {"seconds_total": number(1, 47, 30)},
        {"audio": file},
        "out:audio duration:1-47 default-duration:30",
    ),
    (
        "milliseconds",
        {"music_length_ms": number(10000, 300000)},
        {"audio": file},
        "out:audio duration:10-300",
    ),
    (
        "no upper limit",
        {"duration": number(1, None, 8)},
        {"audio": file},
        "out:audio duration:8 default-duration:8",
    ),
    (
        "frames",
        {"num_frames": number(17, 161, 81), "frames_per_second": number(4, 60, 16)},
        VIDEO,
        "out:video duration:1.1-10.1 default-duration:5.1 fps:4-60",
    ),
    (
        "frames to choose from",
        {"num_frames": {"enum": ["129", "85"], "default": "129"}, "fps": number(24, 24, 24)},
        VIDEO,
        "out:video duration:5.4 duration:3.5 default-duration:5.4 fps:24",
    ),
    ("frames at a rate that nobody knows", {"num_frames": number(16, 160, 80)}, VIDEO, "out:video"),
    (
        "a duration in frames",
        {"duration": number(16, 160, 80) | {"description": "Number of frames."}},
        VIDEO,
        "out:video",
    ),
    (
        "other durations",
        {
            "min_silence_duration_ms": number(0, 2000),
            "fade_duration": number(0, 5),
            "seconds_start": number(0, 47),
        },
        {"audio": file},
        "out:audio",
    ),
    (
        "a length that is no time",
        {"max_length": number(1, 500), "length": number(1, 10)},
        {"audio": file},
        "out:audio",
    ),
    ("a picture lasts no time", {"duration": number(1, 10)}, IMAGES, "out:image"),
    # resolutions, ratios, sizes
    (
        "lines in capitals",
        {"resolution": enum("768P", "1080P")},
        VIDEO,
        "out:video resolution:768p resolution:1080p",
    ),
    (
        "lines as numbers",
        {"resolution": {"enum": [480, 720], "type": "integer"}},
        VIDEO,
        "out:video resolution:480p resolution:720p",
    ),
    (
        "pixels are lines",
        {"resolution": enum("1920x1080", "1080x1920", "3840x2160")},
        VIDEO,
        "out:video resolution:1080p resolution:4k ratio:16:9 ratio:9:16 size:1920x1080 "
        "size:1080x1920 size:3840x2160 megapixels:2.1-8.3",
    ),
    (
        "thousands of pixels",
        {"resolution": enum("1K", "2K", "4K")},
        IMAGES,
        "out:image resolution:1k resolution:2k resolution:4k",
    ),
    (
        "long videos are coarser",
        {
            "resolution": enum("768P", "1080P"),
            "duration": enum("6", "10")
            | {
                "description": "The duration of the video in seconds. "
                "10 seconds videos are not supported for 1080p resolution."
            },
        },
        VIDEO,
        "out:video resolution:768p resolution:1080p@6 duration:6 duration:10",
    ),
    (
        "a limit that all keep",
        {
            "resolution": enum("720p", "1080p") | {"description": "1080p is limited to 8s."},
            "duration": enum("5", "8"),
        },
        VIDEO,
        "out:video resolution:720p resolution:1080p duration:5 duration:8",
    ),
    (
        "words on resolutions that limit none",
        {
            "resolution": enum("720p", "1080p")
            | {"description": "Only supports 720p and 1080p (no 480p). Choose 5 or 10 seconds."},
            "duration": enum("5", "10"),
        },
        VIDEO,
        "out:video resolution:720p resolution:1080p duration:5 duration:10",
    ),
    ("a bit rate is no resolution", {"bitrate": enum("2k", "4k", "128k")}, VIDEO, "out:video"),
    (
        "voxels are no lines",
        {"resolution": {"enum": [512, 1024], "type": "integer"}},
        {"model_glb": file},
        "out:3d",
    ),
    (
        "a video that is as large as it says",
        {"width": number(256, 1920), "height": number(256, 1080)},
        VIDEO,
        "out:video resolution:480p resolution:720p resolution:1080p megapixels:0.07-2.1",
    ),
    (
        "limits that are none",
        {
            "image_size": {
                "type": "object",
                "properties": {"width": number(1, 14142), "height": number(1, 14142)},
            }
        },
        IMAGES,
        "out:image",
    ),
    (
        "ratios",
        {"aspect_ratio": enum("auto", "21:9", "16:9", "1:1")},
        VIDEO,
        "out:video ratio:21:9 ratio:16:9 ratio:1:1",
    ),
    ("a grid is no ratio", {"grid": enum("2x2", "3x3")}, IMAGES, "out:image"),
    (
        "buckets of pixels",
        {"image_size": enum("1024x1024", "1344x768", "832x1216")},
        IMAGES,
        "out:image ratio:1:1 ratio:16:9 ratio:2:3 size:1024x1024 size:1344x768 size:832x1216 "
        "megapixels:1-1.1",
    ),
]


@for_each(CASES)
def test_fields_become_facts(takes: Node, gives: Node, expected: str) -> None:
    check(takes, gives, expected)

"""Models that create, edit and analyse video."""

from sandbox.contract.registry import Model
from sandbox.contract.schema import (
    array,
    boolean,
    choice,
    mapping,
    media,
    number,
    record,
    ref,
    text,
    wrapped,
)
from sandbox.models.common import FILM, MUSIC, OBJECT, PICTURE, SEED, USED_SEED, output

RESOLUTION = choice(
    ["360p", "480p", "720p"], "The resolution of the generated video.", default="360p"
)
RATIO = choice(
    ["16:9", "4:3", "1:1", "9:16"], "The aspect ratio of the generated video.", default="16:9"
)
DURATION = choice(
    ["2", "3", "5", "8"], "The duration of the generated video in seconds.", default="2"
)
VIDEO = output("VideoOutput", ["video", "seed"], video=ref("Video"), seed=USED_SEED)


def interlude(tier: str, price: float, day: int) -> Model:
    """Return one tier of Interlude: the same video at another price per second."""
    return Model(
        f"sandbox/interlude/{tier}/first-last-frame-to-video",
        f"Interlude {tier.capitalize()}",
        "image-to-video",
        "A film from one picture to another, with its sound.",
        record(
            "FirstLastFrameInput",
            {
                "prompt": text("What happens in between.", examples=["A calm evening falls"]),
                "first_frame_url": media(
                    "image", "The URL of the first frame of the video.", examples=[PICTURE]
                ),
                "last_frame_url": media(
                    "image",
                    "The URL of the last frame of the video.",
                    examples=[OBJECT],
                ),
                "duration": choice(
                    ["3", "5", "10"],
                    "The duration of the generated video in seconds.",
                    default="5",
                    examples=["3"],
                ),
                "resolution": choice(
                    ["480p", "720p", "1080p"],
                    "The resolution of the generated video.",
                    default="720p",
                    examples=["480p"],
                ),
                "generate_audio": boolean("Whether to generate audio for the video.", default=True),
                "seed": SEED,
            },
            ["prompt", "first_frame_url", "last_frame_url"],
        ),
        VIDEO,
        "recordings.film:interlude",
        group=("interlude", tier.capitalize()),
        price=price,
        unit="seconds",
        minutes=0.3,
        tags=("transition",),
        date=f"2026-10-{day:02}T08:00:00.000Z",
    )


MODELS = [
    Model(
        "sandbox/drift/image-to-video",
        "Drift",
        "image-to-video",
        "A slow camera over a still picture.",
        record(
            "ImageToVideoInput",
            {
                "image_url": {
                    **media(
                        "image",
                        "The URL of the image to use as the first frame.",
                        examples=[PICTURE],
                    ),
                    "max_file_size": 10485760,
                    "min_width": 64,
                    "min_height": 64,
                    "max_pixels": 16777216,
                    "limit_description": "Max file size: 10.0MB, Min width: 64px, Min height: 64px",
                },
                "motion": choice(
                    ["zoom_in", "zoom_out", "pan_left", "pan_right", "orbit"],
                    "How the camera moves.",
                    default="zoom_in",
                    ui={"important": True},
                ),
                "duration": DURATION,
                "resolution": RESOLUTION,
                "strength": number("How far it moves.", 0, 1, default=0.6),
                "seed": SEED,
            },
            ["image_url"],
        ),
        VIDEO,
        "recordings.film:drift_image",
        group=("drift", "Image to Video"),
        price=0.05,
        unit="seconds",
        minutes=0.1,
        tags=("camera",),
        date="2026-09-01T08:00:00.000Z",
    ),
    Model(
        "sandbox/drift/text-to-video",
        "Drift Flight",
        "text-to-video",
        "A recorded flight past mountains in the light your words ask for.",
        record(
            "TextToVideoInput",
            {
                "prompt": text("What the flight looks like.", examples=["Autumn hills at sunset"]),
                "duration": DURATION,
                "aspect_ratio": RATIO,
                "resolution": RESOLUTION,
                "seed": SEED,
            },
            ["prompt"],
        ),
        output(
            "VideoOutput",
            ["video", "seed"],
            video=wrapped("Video", "The flight."),
            seed=USED_SEED,
            prompt=text("The prompt used."),
        ),
        "recordings.film:drift_text",
        group=("drift", "Text to Video"),
        price=0.05,
        unit="seconds",
        minutes=0.15,
        highlighted=True,
        tags=("new",),
        date="2026-11-01T08:00:00.000Z",
    ),
    Model(
        "sandbox/drift/video-to-video",
        "Drift Again",
        "video-to-video",
        "Plays a film backwards, slower, there and back, or in one colour.",
        record(
            "VideoToVideoInput",
            {
                "video_url": {
                    **media("video", "The film to change.", examples=[FILM]),
                    "x-fal": {
                        "max_frames": 600,
                        "min_frames": 2,
                        "min_duration": 0.1,
                        "max_duration": 25,
                        "min_fps": 1,
                        "max_fps": 60,
                    },
                },
                "effect": choice(
                    ["reverse", "boomerang", "slow_motion", "tint"],
                    "What to do.",
                    default="reverse",
                ),
                "tint": text(
                    "The colour, for the effect `tint`.",
                    pattern="^#[0-9a-fA-F]{6}$",
                    default="#b8860b",
                ),
            },
            ["video_url"],
        ),
        output("VideoOnlyOutput", ["video"], video=ref("Video")),
        "recordings.film:transform",
        group=("drift", "Video to Video"),
        price=0.02,
        unit="seconds",
        date="2026-09-02T08:00:00.000Z",
    ),
    Model(
        "murmur/visualiser",
        "Visualiser",
        "audio-to-video",
        "Sound as moving bars, with the sound.",
        record(
            "VisualiserInput",
            {
                "audio_url": media("audio", "The sound to show.", examples=[MUSIC]),
                "prompt": text("Words for the colours.", default="violet night"),
                "aspect_ratio": RATIO,
                "sync_mode": choice(
                    ["smooth", "exact"],
                    "How the bars follow the sound. Has nothing to do with data URIs here.",
                    default="smooth",
                ),
            },
            ["audio_url"],
        ),
        output("VisualiserOutput", ["video"], video=ref("Video")),
        "recordings.film:visualise",
        price=0.01,
        unit="seconds",
        date="2026-08-15T08:00:00.000Z",
    ),
    Model(
        "murmur/foley",
        "Foley",
        "video-to-audio",
        "Sound for a silent film: movement becomes wind, words become music.",
        record(
            "FoleyInput",
            {
                "video_url": media("video", "The film to listen to.", examples=[FILM]),
                "prompt": text("What it should sound like.", default="calm evening"),
                "seed": SEED,
            },
            ["video_url"],
        ),
        output("FoleyOutput", ["audio"], audio=ref("Audio")),
        "recordings.sound:foley",
        price=0.008,
        unit="seconds",
        license="research",
        date="2026-08-20T08:00:00.000Z",
    ),
    Model(
        "sandbox/eye/video",
        "Eye on Film",
        "video-to-text",
        "Finds the scenes of a film and measures their movement.",
        record(
            "VideoUnderstandingInput",
            {
                "video_url": media("video", "The film to watch.", examples=[FILM]),
                "sensitivity": number("How large a change is a cut.", 0.01, 1, default=0.15),
            },
            ["video_url"],
        ),
        output(
            "VideoUnderstandingOutput",
            ["output", "scenes"],
            output=text("What happens, in a sentence."),
            scenes=array(mapping(True), "Start, end, description and movement of each scene."),
            duration=number("Seconds."),
            fps=number("Frames a second."),
        ),
        "recordings.media_description:watch",
        group=("eye", "Video"),
        price=0.001,
        unit="seconds",
        date="2026-06-11T08:00:00.000Z",
    ),
    interlude("standard", 0.07, 2),
    interlude("fast", 0.05, 1),
    interlude("pro", 0.09, 3),
    interlude("cinema", 0.2, 4),
]

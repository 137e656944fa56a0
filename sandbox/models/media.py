"""Models that create films, speech and meshes, and one that listens."""

from sandbox.contract.registry import Model
from sandbox.contract.schema import (
    array,
    choice,
    integer,
    media,
    number,
    record,
    ref,
    text,
    wrapped,
)
from sandbox.models.common import PICTURE, SEED, SPEECH, USED_SEED, output

RESOLUTION = choice(
    ["360p", "480p", "720p"], "The resolution of the generated video.", default="360p"
)
RATIO = choice(
    ["16:9", "4:3", "1:1", "9:16"], "The aspect ratio of the generated video.", default="16:9"
)
DURATION = choice(
    ["2", "3", "5", "8"], "The duration of the generated video in seconds.", default="2"
)

DRIFT = Model(
    "sandbox/drift/image-to-video",
    "Drift",
    "image-to-video",
    "Moves a slow camera over a still picture, and into a second picture if there is one.",
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
            "last_frame_url": {
                "anyOf": [{"type": "string", "_fal_ui_field": "image"}, {"type": "null"}],
                "description": "The URL of the image to use as the last frame.",
            },
            "prompt": text("What happens in the film. The model ignores it.", default=""),
            "duration": DURATION,
            "resolution": RESOLUTION,
            "seed": SEED,
        },
        ["image_url"],
    ),
    output("VideoOutput", ["video", "seed"], video=ref("Video"), seed=USED_SEED),
    "film:drift_image",
    group=("drift", "Image to Video"),
    price=0.05,
    unit="seconds",
    minutes=0.1,
    tags=("camera",),
    date="2026-09-01T08:00:00.000Z",
)

FLIGHT = Model(
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
    "film:drift_text",
    group=("drift", "Text to Video"),
    price=0.05,
    unit="seconds",
    minutes=0.15,
    enterprise="pending",
    highlighted=True,
    tags=("new",),
    date="2026-11-01T08:00:00.000Z",
)

VOICE = Model(
    "murmur/voice",
    "Voice",
    "text-to-speech",
    "Reads your text aloud from recorded sounds.",
    record(
        "SpeechInput",
        {
            "text": text(
                "The text to read.",
                minLength=1,
                maxLength=2000,
                examples=["Hello, this is the sandbox speaking. How are you today?"],
            ),
            "voice": choice(
                ["Aria", "Bram", "Cleo", "Dov", "Echo"], "The voice that reads.", default="Aria"
            ),
            "speed": number("The speed of speech; 1 is normal.", 0.5, 2, default=1),
        },
        ["text"],
    ),
    output(
        "SpeechOutput",
        ["audio", "duration_ms"],
        audio=ref("Audio"),
        duration_ms=integer("The length in milliseconds."),
    ),
    "speech:speak",
    group=("murmur", "Speech"),
    price=0.03,
    unit="1000 characters",
    tags=("speech",),
    date="2026-08-06T08:00:00.000Z",
)

LISTEN = Model(
    "murmur/listen",
    "Listen",
    "speech-to-text",
    "Measures how loud each second of a recording is. It does not recognize words.",
    record(
        "ListenInput",
        {
            "audio_url": media("audio", "The recording.", examples=[SPEECH]),
        },
        ["audio_url"],
    ),
    output(
        "ListenOutput",
        ["text", "chunks"],
        text=text("A summary."),
        chunks=array(ref("HeardChunk"), "What was heard at which time."),
        duration=number("Seconds."),
    ),
    "speech:listen",
    components={
        "HeardChunk": record(
            "HeardChunk",
            {
                "timestamp": {
                    "type": "array",
                    "prefixItems": [{"type": "number"}, {"type": "number"}],
                    "minItems": 2,
                    "maxItems": 2,
                },
                "text": text(),
                "speaker": text("Who spoke: the loud one or the quiet one."),
            },
            ["timestamp", "text"],
        )
    },
    price=0.0006,
    unit="seconds",
    tags=("speech", "measurement"),
    date="2026-08-08T08:00:00.000Z",
)

KILN = Model(
    "sandbox/relief/text-to-3d",
    "Kiln",
    "text-to-3d",
    "A recorded vessel, planet or piece of land, chosen by your words.",
    record(
        "TextTo3DInput",
        {
            "prompt": text(
                "Words that choose the glaze.", examples=["A coral vase from a tropical market"]
            ),
            "shape": choice(["vessel", "planet", "terrain"], "What to make.", default="vessel"),
            "seed": SEED,
        },
        ["prompt"],
    ),
    output(
        "MeshOutput",
        ["model_mesh", "seed"],
        model_mesh=ref("File"),
        seed=USED_SEED,
    ),
    "mesh:carve",
    group=("relief", "Text to 3D"),
    price=0.05,
    unit="models",
    date="2026-07-02T08:00:00.000Z",
    tags=("glb", "new"),
)

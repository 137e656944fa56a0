"""Models that produce or analyse audio."""

from sandbox.contract.registry import Model
from sandbox.contract.schema import (
    array,
    boolean,
    choice,
    integer,
    media,
    number,
    record,
    ref,
    text,
    wrapped,
)
from sandbox.models.common import SEED, SPEECH, USED_SEED, output

COMPONENTS = {
    "AudioSetting": record(
        "AudioSetting",
        {
            "format": choice(["mp3", "wav"], "Audio format", default="mp3"),
            "sample_rate": choice(
                ["22050", "32000", "44100"], "Sample rate of generated audio", default="44100"
            ),
            "bitrate": {
                "enum": ["64000", "128000", "192000"],
                "type": "string",
                "default": "128000",
            },
        },
    ),
    "VoiceSetting": record(
        "VoiceSetting",
        {
            "name": text(
                "Any name; unknown ones get a voice of their own.", minLength=1, maxLength=40
            ),
            "pitch": integer("Semitones up or down.", -12, 12, default=0),
        },
        ["name"],
    ),
}
SPEAKERS = ["Aria", "Bram", "Cleo", "Dov", "Echo"]

MODELS = [
    Model(
        "murmur/tones",
        "Tones",
        "text-to-audio",
        "Quiet recorded music: chords under a plucked melody, in the scale of your words.",
        record(
            "MusicInput",
            {
                "prompt": text(
                    "What it should feel like.", examples=["Slow rain on a paper window"]
                ),
                "duration": number("Seconds.", 1, 60, default=6),
                "tempo": {
                    "type": "number",
                    "exclusiveMinimum": 20,
                    "exclusiveMaximum": 240,
                    "default": 84,
                    "description": "Beats a minute.",
                },
                "scale": {
                    "anyOf": [
                        {"enum": ["major", "minor", "lydian", "dorian"], "type": "string"},
                        {"type": "null"},
                    ],
                    "description": "Follows from the words if not given.",
                },
                "seed": SEED,
                "audio_setting": wrapped("AudioSetting", "Audio configuration settings"),
            },
            ["prompt"],
        ),
        output("MusicOutput", ["audio", "seed"], audio=ref("Audio"), seed=USED_SEED, prompt=text()),
        "recordings.sound:tones",
        components=COMPONENTS,
        group=("murmur", "Music"),
        price=0.002,
        unit="seconds",
        minutes=0.05,
        tags=("music",),
        date="2026-08-05T08:00:00.000Z",
    ),
    Model(
        "murmur/voice",
        "Voice",
        "text-to-speech",
        "Reads your text aloud from recorded sounds and tells when each word is spoken.",
        record(
            "SpeechInput",
            {
                "text": text(
                    "The text to read.",
                    minLength=1,
                    maxLength=2000,
                    examples=["Hello, this is the sandbox speaking. How are you today?"],
                ),
                "voice": {
                    "oneOf": [
                        {"type": "string", "minLength": 1},
                        {
                            "type": "object",
                            "properties": COMPONENTS["VoiceSetting"]["properties"],
                            "required": ["name"],
                            "additionalProperties": False,
                        },
                    ],
                    "description": "A name, or a name and a pitch.",
                    "default": "Aria",
                    "examples": ["Aria"],
                },
                "preset": {
                    "anyOf": [{"enum": SPEAKERS, "type": "string"}, {"type": "string"}],
                    "description": "Deprecated: use `voice`.",
                    "deprecated": True,
                },
                "speed": number("1 is normal.", 0.5, 2, default=1),
                "expressiveness": number("How much the pitch moves.", 0, 1, default=0.5),
                "output_format": choice(["mp3", "wav"], "Format of the output.", default="mp3"),
            },
            ["text"],
        ),
        output(
            "SpeechOutput",
            ["audio", "duration_ms", "words"],
            audio=ref("Audio"),
            duration_ms=integer("The length in milliseconds."),
            words=array(ref("SpokenWord"), "When each word is spoken."),
        ),
        "recordings.voice:speak",
        components=COMPONENTS
        | {
            "SpokenWord": record(
                "SpokenWord",
                {"text": text(), "start": number("Seconds."), "end": number("Seconds.")},
                ["text", "start", "end"],
            )
        },
        group=("murmur", "Speech"),
        price=0.03,
        unit="1000 characters",
        tags=("speech",),
        date="2026-08-06T08:00:00.000Z",
    ),
    Model(
        "murmur/chamber",
        "Chamber",
        "audio-to-audio",
        "Puts a sound into another room, at another pitch and speed.",
        record(
            "ChamberInput",
            {
                "audio_url": media("audio", "The sound to change.", examples=[SPEECH]),
                "semitones": integer("Up or down.", -12, 12, default=0, examples=[-3]),
                "speed": number("1 is normal.", 0.5, 2, default=1),
                "wet": number("How much of the room is heard.", 0, 1, default=0.4),
                "room_seconds": number("How long the room echoes.", 0.1, 6, default=2),
                "reverse": boolean("Backwards.", default=False),
                "output_format": choice(["wav", "mp3"], None, default="wav"),
            },
            ["audio_url"],
        ),
        output("ChamberOutput", ["audio"], audio=ref("Audio")),
        "recordings.sound:chamber",
        price=0.001,
        unit="seconds",
        date="2026-08-07T08:00:00.000Z",
    ),
    Model(
        "murmur/listen",
        "Listen",
        "speech-to-text",
        "Hears where there is sound, how loud and how high. It measures; it does not guess words.",
        record(
            "ListenInput",
            {
                "audio_url": media("audio", "The recording.", examples=[SPEECH]),
                "silence_db": number("Quieter than this is silence.", -90, 0, default=-42),
                "min_segment": number(
                    "Shorter sounds are left out, in seconds.", 0, 5, default=0.08
                ),
                "diarize": boolean("Tell low voices from high ones.", default=False),
                "task": choice(["measure"], "There is one only.", default="measure"),
            },
            ["audio_url"],
        ),
        output(
            "ListenOutput",
            ["text", "chunks"],
            text=text("A summary."),
            chunks=array(ref("HeardChunk"), "What was heard when."),
            duration=number("Seconds."),
            language={"anyOf": [{"type": "string"}, {"type": "null"}]},
        ),
        "recordings.voice:listen",
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
                    "level_db": number(),
                    "pitch_hz": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                    "speaker": text("low or high", nullable=True),
                },
                ["timestamp", "text"],
            )
        },
        price=0.0006,
        unit="seconds",
        tags=("speech", "measurement"),
        date="2026-08-08T08:00:00.000Z",
    ),
    Model(
        "murmur/morph",
        "Morph",
        "speech-to-speech",
        "The same words in a deeper or brighter voice, without a room.",
        record(
            "MorphInput",
            {
                "audio_url": media("audio", "The recording.", examples=[SPEECH]),
                "semitones": integer("Up or down.", -12, 12, default=-4),
                "speed": number(None, 0.5, 2, default=1, ui={"hidden": True}),
                "wet": number(None, 0, 1, default=0, ui={"hidden": True}),
                "room_seconds": number(None, 0.1, 6, default=1, ui={"hidden": True}),
                "reverse": boolean(default=False, ui={"hidden": True}),
                "output_format": choice(["mp3", "wav"], default="mp3", ui={"hidden": True}),
            },
            ["audio_url"],
        ),
        output("MorphOutput", ["audio"], audio=ref("Audio")),
        "recordings.sound:chamber",
        price=0.001,
        unit="seconds",
        date="2026-10-18T08:00:00.000Z",
    ),
]

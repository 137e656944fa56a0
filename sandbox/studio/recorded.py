"""Models that return recordings: films, speech, meshes and a transcript, whatever is asked for.

This project's own painters, synthesiser and lathe made them once (commit 7c4f2899); they are small
on purpose. A bill follows the arguments, as upstream's would.
"""

import json
from pathlib import Path
from typing import Any

from sandbox.contract.registry import Arguments
from sandbox.errors import ModelError
from sandbox.execution.context import Context

FOLDER = Path(__file__).parents[1] / "recordings"
SPEECH = {"duration": 3.125, "channels": 1, "sample_rate": 8000}
FILM = {"fps": 24, "num_frames": 48, "duration": 2.0}
LIGHTS = {  # the flight by the palette of the words; `autumn` for the others
    **dict.fromkeys(("ocean", "arctic", "ink"), "winter"),
    **dict.fromkeys(("night", "rose"), "night"),
    **dict.fromkeys(("forest", "meadow"), "meadow"),
}


def read(name: str) -> bytes:
    """Return a recording, as in `films/night.mp4`."""
    return (FOLDER / name).read_bytes()


def film_of_text(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return a flight past mountains, in the light of the prompt."""
    from sandbox.studio.pictures.colour import palette

    seed, prompt = context.seed(arguments), arguments["prompt"]
    light = LIGHTS.get(palette(prompt, seed).name, "autumn")
    film = _film(arguments, context, light, width=480, height=270)
    return {"video": film, "seed": seed, "prompt": prompt}


def film_of_image(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return a slow camera movement over the example picture; refuse what is no picture."""
    from sandbox.studio.pictures import canvas

    for name in ("image_url", "last_frame_url"):
        if url := arguments.get(name):
            canvas.load(context, url, name)
    film = _film(arguments, context, "camera", width=480, height=360)
    return {"video": film, "seed": context.seed(arguments)}


def _film(arguments: Arguments, context: Context, name: str, **sides: Any) -> dict[str, Any]:
    context.billed = int(arguments["duration"])
    for part in range(1, 5):
        context.step(part, 4, "Filmed", 0.1)
    return context.save(read(f"films/{name}.mp4"), "video/mp4", "drift.mp4", **FILM, **sides)


def mesh(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return a vessel, planet or terrain."""
    seed, shape = context.seed(arguments), arguments["shape"]
    context.step(1, 1, f"Carved a {shape}", 0.5)
    data = read(f"solids/{shape}.glb")
    return {"model_mesh": context.save(data, "model/gltf-binary", f"{shape}.glb"), "seed": seed}


def speech(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return a spoken sentence."""
    context.step(1, 1, f"Spoken by {arguments['voice']}", 0.4)
    context.billed = round(len(arguments["text"]) / 1000, 3)
    audio = context.save(read("examples/speech.wav"), "audio/wav", "speech.wav", **SPEECH)
    return {"audio": audio, "duration_ms": round(SPEECH["duration"] * 1000)}


def transcript(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return what the example says and who says it; refuse what has no sound."""
    _, kind = context.load(arguments["audio_url"], "audio_url")
    if not kind.startswith(("audio/", "video/")):
        ctx = {"supported_formats": ["wav", "mp3", "ogg", "flac", "m4a"]}
        raise ModelError("unsupported_audio_format", f"{kind} has no sound", ("audio_url",), ctx)
    context.step(1, 1, "Listened", 0.3)
    result: dict[str, Any] = json.loads(read("transcript.json"))
    context.billed = result["duration"]
    return result

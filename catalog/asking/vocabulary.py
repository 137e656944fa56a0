"""The words that a question may use: `in:image`, `duration:>=10`, their other names, and what each key means.

A fact is one such word that holds of an endpoint (`facts.py`); a condition is one that is asked
for (`conditions.py`). Both keep to the keys that stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NEW_FOR_DAYS = 30
FAVOURITE = "is:favourite"  # of the asker's stars: holds of nothing that is common to all


@dataclass(frozen=True)
class Key:
    """What may stand before the colon.

    `values` are all that there are, in the order of the page; a key without them is open, its
    values being what the catalogue holds. Of an `is_number` key `plain` says what a bare number
    asks for, and `steps` are what the page offers. Several picks of a key are alternatives unless
    `joins_all`: then every one must hold, and counts are taken with the other picks in force.
    """

    name: str
    title: str
    example: str
    help: str
    values: tuple[str, ...] = ()
    is_number: bool = False
    plain: Literal["=", ">=", "<="] = "="
    steps: tuple[str, ...] = ()
    joins_all: bool = False
    is_facet: bool = True
    shown: int = 8  # how many the page offers
    unfolded: int = 6  # how many of them at once


_PICTURES = ("text", "image", "images", "video", "videos", "audio", "audios", "3d", "file")
_LINES = ("360p", "480p", "540p", "580p", "720p", "768p", "1080p", "1440p", "1k", "2k", "4k", "8k")
_ALL = (
    Key("category", "Category", "category:text-to-video", "what it is filed under", shown=40),
    Key("in", "Takes", "in:image", "what it takes; images are two or more", _PICTURES,
        joins_all=True, shown=9),
    Key("out", "Makes", "out:video", "what comes out",
        ("image", "video", "audio", "3d", "text", "lora", "data", "file"), joins_all=True),
    Key("can", "Can", "can:seed", "what its settings allow",
        ("sound", "lora", "seed", "mask", "negative-prompt", "batch", "end-frame", "controlnet", "upscale",
         "transparent", "loop", "streaming", "realtime"), joins_all=True, shown=13),
    Key("resolution", "Resolution", "resolution:1080p", "of its pictures or videos; also >=720p", _LINES, shown=12),
    Key("duration", "Duration", "duration:>=10", "seconds of what it makes", is_number=True,
        steps=(">=5", ">=8", ">=10", ">=15", ">=30", ">=60")),
    Key("price", "Price", "price:<0.5", "dollars for a typical run; of the length that duration: asks for",
        is_number=True, plain="<=", steps=("0", "<0.01", "<0.05", "<0.1", "<0.5", "<1")),
    Key("license", "Licence", "license:commercial", "what the results may be used for"),
    Key("tag", "Tags", "tag:stylized", "upstream's labels", shown=16),
    Key("ratio", "Shape", "ratio:16:9", "width to height", shown=12),
    Key("per", "Priced per", "per:second", "what the price is for"),
    Key("time", "Typical time", "time:<30", "seconds until the result is there", is_number=True, plain="<=",
        steps=("<10", "<30", "<60", "<300")),
    Key("kind", "Kind", "kind:training", "inference or training"),
    Key("language", "Language", "language:german", "of speech or text", shown=30),
    Key("group", "Family", "group:klein", "models that belong together", shown=12),
    Key("owner", "Owner", "owner:bria", "who publishes it", is_facet=False),
    Key("fps", "Frames a second", "fps:>=30", "of its videos", is_number=True, is_facet=False),
    Key("outputs", "Results at once", "outputs:>=4", "how many one run may make", is_number=True, is_facet=False),
    Key("megapixels", "Megapixels", "megapixels:>=4", "of its pictures", is_number=True, is_facet=False),
    Key("size", "Size", "size:1024x1024", "width and height in pixels", is_facet=False),
    Key("voices", "Voices", "voices:>=10", "how many to choose from", is_number=True, plain=">=", is_facet=False),
    Key("languages", "Languages", "languages:>=20", "how many to choose from", is_number=True, plain=">=",
        is_facet=False),
    Key("is", "Is", "is:new", f"new is of the last {NEW_FOR_DAYS} days",
        ("new", "free", "favourite", "approved", "experimental", "blocked", "active", "deprecated", "gone"),
        joins_all=True, is_facet=False),
)  # fmt: skip
KEYS = {key.name: key for key in _ALL}

_KEY_SYNONYMS = {
    "in": "input inputs from takes take accepts",
    "out": "output to makes make gives",
    "can": "has with supports does feature",
    "resolution": "res quality",
    "ratio": "aspect aspect-ratio ar shape",
    "duration": "seconds secs length dur long",
    "price": "cost costs usd",
    "per": "unit price-unit",
    "time": "eta takes-time runtime",
    "license": "licence licensed use",
    "category": "cat",
    "tag": "tags label",
    "group": "family series",
    "owner": "by author company publisher",
    "language": "lang speaks",
    "fps": "framerate frame-rate frames",
    "outputs": "num count batch images-at-once",
    "megapixels": "mp mpx",
    "voices": "voice",
    "is": "status state",
}
SYNONYMS = {word: key for key, words in _KEY_SYNONYMS.items() for word in words.split()}

_MEDIA = {
    "image": "photo picture pic img still frame",
    "images": "photos pictures pics imgs frames",
    "video": "movie clip film",
    "videos": "movies clips films",
    "audio": "sound speech voice music song",
    "audios": "sounds voices songs",
    "3d": "mesh model glb object",
    "text": "prompt words",
    "file": "zip archive document",
}
_VALUE_SYNONYMS: dict[str, dict[str, str]] = {
    "in": _MEDIA,
    "out": _MEDIA | {"image": _MEDIA["image"] + " images photos pictures", "video": _MEDIA["video"] + " videos",
                     "lora": "weights adapter", "data": "json number numbers"},
    "can": {
        "sound": "audio music speech", "lora": "loras", "seed": "seeds", "mask": "masks inpaint inpainting",
        "negative-prompt": "negative negativeprompt neg-prompt", "batch": "many several num-images",
        "end-frame": "last-frame tail-image first-last-frame", "controlnet": "control controlnets",
        "upscale": "upscaling upscaler", "transparent": "transparency alpha", "loop": "looping",
        "streaming": "stream", "realtime": "real-time live",
    },
    "resolution": {"4k": "2160p uhd ultra-hd 3840x2160 2160x3840", "1080p": "1920x1080 1080x1920 fullhd full-hd fhd",
                   "720p": "1280x720 720x1280 hd", "1440p": "2560x1440 1440x2560 qhd", "480p": "sd 854x480 480x854",
                   "8k": "4320p 7680x4320"},
    "ratio": {"1:1": "square", "16:9": "wide widescreen landscape", "9:16": "portrait vertical tall"},
    "per": {"second": "seconds s sec", "image": "images picture", "video": "videos", "megapixel": "megapixels mp",
            "minute": "minutes min", "run": "request generation"},
    "is": {"favourite": "favorite starred favourites favorites", "free": "gratis", "gone": "removed"},
}  # fmt: skip
VALUE_SYNONYMS = {
    key: {word: value for value, words in table.items() for word in words.split()}
    for key, table in _VALUE_SYNONYMS.items()
}


def lines(resolution: str) -> float | None:
    """How many lines a resolution has, so that they can be compared: `1080p` → 1080, `4k` → 2160.

    A fact may say how long a video of it may be: `1080p@8`.
    """
    resolution = resolution.partition("@")[0]
    if resolution[-1:] == "k" and resolution[:-1].isdecimal():
        return {"1k": 1024, "4k": 2160, "8k": 4320}.get(resolution, int(resolution[:-1]) * 1024)
    digits = resolution.removesuffix("p")
    return int(digits) if digits.isascii() and digits.isdecimal() and 0 < len(digits) < 6 else None

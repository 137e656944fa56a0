"""What the ZIP for a field, mostly of a trainer, has to contain: kinds, numbers, names, captions.

Works for any schema, like `schemas/facts/capabilities.py`: rules come from names and descriptions,
so unknown trainers get rules, too. Properties that these do not mention are not checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.fields import Field, find
from schemas.uses.inputs import ROW, inputs_of, names_in

_KINDS = {
    "image": re.compile(r"(?i)\b(?:images?|pictures?|photos?|portraits?)\b"),
    "video": re.compile(r"(?i)\b(?:videos?|clips?|films?)\b"),
    "audio": re.compile(r"(?i)\b(?:audios?|sounds?|songs?|music|speech|voices?|recordings?)\b"),
}
_NOUN = (
    r"(?:[a-z]+ ){0,2}(?:images?|pictures?|photos?|portraits?|videos?|clips?|files?|samples?"
    r"|examples?|pairs?|audios?|songs?|sounds?|recordings?)\b"
)
_LOW = r"at least|minimum(?: of)?|min\.?|no fewer than"
_HIGH = r"at most|maximum(?: of)?|max\.?|up to|no more than"
_COUNTS = (  # whether the first number is the minimum, and the last the maximum
    (re.compile(rf"(?i)\b(\d+)\s*(?:to|-|\u2013|and)\s*(\d+) {_NOUN}"), True, True),
    (re.compile(rf"(?i)\b(?:{_LOW}) (\d+) {_NOUN}"), True, False),
    (re.compile(rf"(?i)\b(?:{_HIGH}) (\d+) {_NOUN}"), False, True),
)
_ADVICE = re.compile(r"(?i)\b(?:try|recommend\w*|suggest\w*|ideally|prefer\w*|best)\b")
_PAIRS = re.compile(r"(?i)_start\b.*_end\b", re.DOTALL)
_MASKS = re.compile(r"(?i)_mask\b|\bmask (?:files?|images?)\b|\bmasks? (?:for|of) (?:each|the)\b")
_CAPTIONS = re.compile(r"(?i)\bcaptions?\b|\btext files?\b|\.txt\b")
# Anything but files side by side with a caption each: ROOT_start.EXT, before_control.png, folders,
# a table of captions.
_LAYOUT = re.compile(
    r"(?i)\b[a-z]\w{0,40}_(?:start|end|control|condition|reference|input|target|before|after)\d*\.\w+"
    r"|\b[\w-]{1,40}\.(?:jsonl?|csv|tsv|parquet)\b|\b(?:jsonl?|csv|tsv|parquet) files?\b"
    r"|(?<!root )(?<!no )(?<!without )\b(?:sub)?(?:folders?|directory|directories)\b"
)
_CAPTION_NEEDED = re.compile(r"(?i)no default_?\s?caption.{0,60}\bfail")


@dataclass(frozen=True)
class Rules:
    """The rules for a ZIP; `path` is the path of the field that takes it."""

    path: str
    label: str
    kinds: tuple[str, ...] = ("image",)
    fewest: int = 0  # fewer are rejected
    most: int = 0  # 0: no limit is known
    advised: int = 0  # fewer give poor weights
    is_of_pairs: bool = False  # ROOT_start.EXT, ROOT_end.EXT and ROOT.txt
    layout: str = ""  # words for anything but files side by side: `ROOT_start.EXT`
    has_masks: bool = False
    has_captions: bool = False
    needs_caption: bool = False  # files without a caption fail unless the form has a default


def rules_at(root: Field, control: str, name: str = "") -> Rules | None:
    """Return the rules of the field with a form's control; None if it takes no archive.

    `control` is `images_data_url`, `archives.0` for a row of a list, or `data~2.url` for an
    alternative.
    """
    parts = (part.partition("~")[0] for part in control.split("."))
    path = ".".join(ROW if part.isdecimal() else part for part in parts)
    taker = next(
        (item for item in inputs_of(root) if item.kind == "archive" and item.path == path), None
    )
    # The description of an object's `url` is that of the object.
    return _rules(find(root, tuple(names_in(path)[:1])), path, name) if taker else None


def _rules(field: Field, path: str, name: str) -> Rules:
    text = f"{field.help} {field.more}"
    layout = _LAYOUT.search(text)
    counts = _counts(text)
    return Rules(
        path=path,
        label=field.label,
        kinds=_kinds(field, text, name),
        is_of_pairs=bool(_PAIRS.search(text)),
        layout=layout[0] if layout else "",
        has_masks=bool(_MASKS.search(text)),
        has_captions=bool(_CAPTIONS.search(text)),
        needs_caption=bool(_CAPTION_NEEDED.search(text)),
        **counts,
    )


def _kinds(field: Field, text: str, name: str) -> tuple[str, ...]:
    """Return the kinds of files named in the text, else in the field's or the model's name."""
    for source in (text, field.name.replace("_", " "), re.sub(r"[/_-]", " ", name)):
        if kinds := tuple(k for k, pattern in _KINDS.items() if pattern.search(source)):
            return kinds
    return ("image",)


def _counts(text: str) -> dict[str, int]:
    """Return the counts in a description, read by sentence to separate advice from limits."""
    counts = {"fewest": 0, "most": 0, "advised": 0}
    for sentence in re.split(r"(?<=[.!?])\s+|\n", text[:4000]):
        is_advice = bool(_ADVICE.search(sentence))
        for pattern, is_low, is_high in _COUNTS:
            match = pattern.search(sentence)
            if not match or re.search(r"(?i)\b(?:for|per) each\b|\bper\b", sentence):
                continue
            numbers = [min(int(number), 10**6) for number in match.groups()]
            if is_low:
                counts["advised" if is_advice else "fewest"] = numbers[0]
            if is_high and not is_advice:
                counts["most"] = numbers[-1]
    return counts

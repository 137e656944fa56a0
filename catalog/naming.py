"""The names of models for people: upstream's titles, extended until no two are the same.

Upstream calls `fal-ai/pixverse/v5.6/image-to-video` "Pixverse", as it does nine others, and
`fal-ai/kling-video/v2.6/pro/image-to-video` "V2.6". A name includes the version in the id. If
several models would still share a name, a comma and the shortest of these that tells them apart
follow: variant, category, owner, words of the id, a number. No name contains an id.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import chain, count
from typing import NamedTuple

from core.byte_cache import byte_cached
from core.formatting import category_name

_SIGNS = re.compile(r"[^a-z0-9]+")
_ONLY_VERSION = re.compile(r"(?i)v?\d++(?:\.\d++)*+")
# v5.6, 2.5, q2; a number behind a name (veo3.1). No sizes, such as 720p, 13b, 512.
_VERSION = re.compile(
    r"v\d++(?:\.\d++)*+|\d{1,2}(?:\.\d++)*+|[a-z]\d(?:\.\d)?|[a-z]{2,}(\d(?:\.\d+)?)"
)
_SAID = re.compile(r"(?<!\d)(\d++(?:\.\d++)*+)(?![\da-z]|\.\d)", re.IGNORECASE)  # no 3D, no 13B
_CATEGORY = re.compile(r"(?i)\w+-to-\w+|[a-z]2[a-z]")
# Parts of names of models that need more than a prompt to show what they can do.
_SPECIAL = re.compile(r"(?i)(?<![a-z])(?:loras?|base|train(?:er|ing)?)(?![a-z])")
_VARIANTS = frozenset(
    """pro standard master fast turbo lite max ultra plus preview dev mini flash distilled base lora
    hd api stream""".split()  # noqa: SIM905
)


_MEDIUM = r"(?:text|images?|videos?|audio|speech|music|3d|json)"
_DEED = re.compile(rf"(?i)(?P<model>.*?[\w\])]),? +\(?(?P<deed>{_MEDIUM} to {_MEDIUM})\)?")


class Title(NamedTuple):
    """The parts of a model's name, and its primary key."""

    key: int
    endpoint_id: str
    display_name: str
    category: str


def is_special(endpoint_id: str, display_name: str) -> bool:
    """Whether a model needs more than a prompt, by its name: a base, a LoRA, a trainer."""
    return bool(_SPECIAL.search(f"{endpoint_id} {display_name}"))


@byte_cached(1 << 20)
def in_parts(name: str, base: str) -> tuple[str, str]:
    """Return a model's name and what tells its variants apart: `Kling 1.0`, `text to video`.

    `base` is the name before it was told apart (`with_version`). What a variant does is no part of
    the name, even if upstream's title says it: `Hailuo 02 [Pro] (Image to Video)`.
    """
    variant = name.removeprefix(base).strip(" ,") if name.startswith(base) else ""
    model = name[: len(name) - len(variant)].rstrip(" ,") if variant else name
    if match := _DEED.fullmatch(model):
        deed = match["deed"].lower()
        said = (deed, *([variant] if variant and deed not in variant else ()))
        model, variant = match["model"], variant if deed in variant else ", ".join(said)
    return model, variant


@byte_cached(1 << 20)
def with_version(display_name: str, endpoint_id: str) -> str:
    """Return upstream's title with the version in the id, and a name if it is only a version."""
    owner, _, model_path = endpoint_id.partition("/")
    parts = [part for part in (model_path or owner).split("/") if part]
    if _ONLY_VERSION.fullmatch(display_name.strip()):
        family = next(filter(_is_name, parts), owner)
        return f"{_spell_out(family)} {display_name.strip().lower()}"
    if parts and _signs(display_name) == _signs(parts[0]) and any(map(_is_name, parts[1:])):
        return f"{display_name}{_unsaid(parts[1:], display_name)}"
    version = _version(parts)
    is_said = not version or _plain(version) in map(_plain, _SAID.findall(display_name))
    return display_name if is_said else f"{display_name} {version}"


def full_names(titles: Iterable[Title]) -> dict[int, str]:
    """Return a name for each model; no two are the same."""
    entries = list(titles)
    names = {title.key: with_version(title.display_name, title.endpoint_id) for title in entries}
    for suffix in (_variant, _deed, _variant_and_deed, _owner):
        names = _told_apart(entries, names, suffix)
    # Nothing tells all of them apart: categories tell some, words of the ids and numbers the rest.
    names = _told_apart(entries, names, _deed, is_partial=True)
    taken = {name.casefold() for name in names.values()}
    first: dict[str, Title] = {}
    for title in entries:
        name = names[title.key]
        namesake = first.setdefault(name.casefold(), title)
        if namesake is title:
            continue
        words = [
            part
            for part in title.endpoint_id.split("/")
            if part not in namesake.endpoint_id.split("/")
        ]
        own = [f"{name}, {' '.join(map(_spell_out, words))}"] if words else []
        choices = chain(own, (f"{name}, {number}" for number in count(2)))
        names[title.key] = next(choice for choice in choices if choice.casefold() not in taken)
        taken.add(names[title.key].casefold())
    return names


def _told_apart(
    titles: list[Title],
    names: dict[int, str],
    suffix: Callable[[Title, str], str],
    *,
    is_partial: bool = False,
) -> dict[int, str]:
    """Add the suffix to names that several models share, if it tells all (or some) apart."""
    sharing: dict[str, list[Title]] = defaultdict(list)
    for title in titles:
        sharing[names[title.key].casefold()].append(title)
    counts = Counter(name.casefold() for name in names.values())
    distinct = dict(names)
    for shared, group in sharing.items():
        if len(group) < 2:
            continue
        longer = {title.key: names[title.key] + suffix(title, names[title.key]) for title in group}
        longer_counts = Counter(name.casefold() for name in longer.values())
        is_new = all(
            longer_name == shared or not counts[longer_name] for longer_name in longer_counts
        )
        if is_new and (len(longer_counts) > 1 if is_partial else len(longer_counts) == len(group)):
            distinct |= longer
            counts.update(longer_counts)
    return distinct


def _variant(title: Title, name: str) -> str:
    return _unsaid(title.endpoint_id.partition("/")[2].split("/"), name)


def _unsaid(parts: Iterable[str], name: str) -> str:
    """Return the parts of an id that the name lacks, without categories, each once."""
    name_signs = _signs(name)
    parts = [part for part in dict.fromkeys(parts) if not _CATEGORY.fullmatch(part)]
    return "".join(f" {_spell_out(part)}" for part in parts if _signs(part) not in name_signs)


def _deed(title: Title, name: str) -> str:
    return f", {category_name(title.category).lower()}" if title.category else ""


def _variant_and_deed(title: Title, name: str) -> str:
    return f"{_variant(title, name)}{_deed(title, name)}"


def _owner(title: Title, name: str) -> str:
    return f", {_spell_out(title.endpoint_id.partition('/')[0])}"


def _version(parts: Iterable[str]) -> str:
    """Return the first version in the parts of an id; of `veo3.1` only the number."""
    for word in (word for part in parts for word in part.lower().split("-")):
        if match := _VERSION.fullmatch(word):
            version = match[1] or word
            return version if version[0] == "v" or version[0].isdigit() else version.upper()
    return ""


def _is_version(part: str) -> bool:
    return bool(_VERSION.fullmatch(part.lower()))


def _is_name(part: str) -> bool:
    """Whether a part of an id is a name of its own: not a version, a category or a variant."""
    words = set(part.lower().split("-"))
    return not (_is_version(part) or _CATEGORY.fullmatch(part) or words <= _VARIANTS) and any(
        re.fullmatch(r"[a-z]{3,}", word) for word in words
    )


def _spell_out(part: str) -> str:
    """Return a part of an id as words: `kling-video` → `Kling Video`; versions stay."""
    words = re.split(r"[-_]+", part)
    is_number = re.compile(r"v?\d").match
    return " ".join(word if is_number(word) else word[:1].upper() + word[1:] for word in words)


def _plain(version: str) -> str:
    """Return the digits of a version for comparison: `v2.0`, `2` and `02` are the same."""
    numbers = [str(int(number)) for number in re.findall(r"\d+", version)]
    return "".join(numbers[:-1] if len(numbers) > 1 and numbers[-1] == "0" else numbers)


def _signs(text: str) -> str:
    return _SIGNS.sub("", text.casefold())

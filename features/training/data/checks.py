"""Checks a data set against its trainer's rules before anything is uploaded or paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from features.training.data.items import Item
from runs.file_kinds import KINDS
from schemas.uses.archives import Rules

_NAMED = 3  # examples in a sentence


@dataclass(frozen=True)
class Finding:
    """One sentence about a problem of a data set; a blocking problem prevents its use."""

    text: str
    is_blocking: bool = False


@dataclass(frozen=True)
class Counts:
    """The numbers of a data set's parts, and its size."""

    examples: int
    masks: int
    captions: int
    size_bytes: int


def counts_of(items: Sequence[Item], rules: Rules) -> Counts:
    """Count examples (a pair counts as one), masks and captions."""
    counted_items = [item for item in items if not (rules.has_masks and item.is_mask)]
    roots = {item.root for item in counted_items} if rules.is_of_pairs else counted_items
    return Counts(
        examples=len(roots),
        masks=len(items) - len(counted_items),
        captions=len(captioned(counted_items, rules)),
        size_bytes=sum(item.size_bytes for item in items),
    )


def captioned(items: Sequence[Item], rules: Rules) -> set[str]:
    """Return the names that have a caption; for pairs, their common names."""
    return {item.root if rules.is_of_pairs else item.stem for item in items if item.caption.strip()}


def noun(rules: Rules, count: int) -> str:
    """Return the trainer's examples in words: `4 pairs of pictures`, `1 film`."""
    if rules.is_of_pairs:
        return f"{count} pair{'' if count == 1 else 's'} of {KINDS[rules.kinds[0]].noun}s"
    nouns = [f"{KINDS[kind].noun}{'' if count == 1 else 's'}" for kind in rules.kinds]
    return f"{count} {' or '.join(nouns)}"


def findings_of(items: Sequence[Item], rules: Rules) -> list[Finding]:
    """Return the problems, blocking ones first."""
    counts = counts_of(items, rules)
    findings = [*_of_number(counts, rules), *_of_kinds(items, rules)]
    findings += _of_pairs(items) if rules.is_of_pairs else []
    findings += _of_masks(items) if rules.has_masks else []
    findings += _of_captions(counts, rules)
    return sorted(findings, key=lambda finding: not finding.is_blocking)


def _of_number(counts: Counts, rules: Rules) -> list[Finding]:
    has = counts.examples
    if not has:
        return [Finding("The data set is empty. Add files.", True)]
    if has < rules.fewest:
        return [
            Finding(f"The model needs at least {noun(rules, rules.fewest)}; it has {has}.", True)
        ]
    if rules.most and has > rules.most:
        return [Finding(f"The model takes at most {noun(rules, rules.most)}; it has {has}.", True)]
    if has < rules.advised:
        return [
            Finding(f"The model recommends at least {noun(rules, rules.advised)}; it has {has}.")
        ]
    return []


def _of_kinds(items: Sequence[Item], rules: Rules) -> list[Finding]:
    wrong = [item for item in items if item.kind not in rules.kinds]
    if not wrong:
        return []
    kind_names = " or ".join(f"{KINDS[kind].noun}s" for kind in rules.kinds)
    return [Finding(f"The model learns from {kind_names}, not from {_names(wrong)}.", True)]


def _of_pairs(items: Sequence[Item]) -> list[Finding]:
    findings = []
    loose = [item for item in items if not item.part.startswith(("start", "end"))]
    if loose:
        rule = "Each file's name has to end in _start or _end"
        findings.append(Finding(f"{rule}: {_names(loose)} does not. Rename it.", True))
    for part, other in (("start", "end"), ("end", "start")):
        having = {item.root for item in items if item.part == other}
        alone = [item for item in items if item.part == part and item.root not in having]
        if alone:
            findings.append(Finding(f"There is no _{other} picture for {_names(alone)}.", True))
    return findings


def _of_masks(items: Sequence[Item]) -> list[Finding]:
    pictures = {item.stem for item in items if not item.is_mask}
    alone = [item for item in items if item.is_mask and item.root not in pictures]
    return [Finding(f"There is no picture for the mask {_names(alone)}.", True)] if alone else []


def _of_captions(counts: Counts, rules: Rules) -> list[Finding]:
    missing = counts.examples - counts.captions
    if counts.captions and not rules.has_captions:
        return [Finding("The model's description does not mention captions; it may ignore them.")]
    if missing <= 0 or not (rules.needs_caption or counts.captions > 0):
        return []
    advice = "in its form, give a default caption" if rules.default_caption else "caption them"
    return [Finding(f"{missing} of {noun(rules, counts.examples)} have no caption: {advice}.")]


def _names(items: Sequence[Item]) -> str:
    names = ", ".join(item.name for item in items[:_NAMED])
    more_count = len(items) - _NAMED
    return f"{names} and {more_count} more" if more_count > 0 else names

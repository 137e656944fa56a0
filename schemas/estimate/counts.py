"""The number of outputs, steps, characters and tokens of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from schemas.estimate.amounts import Amount, counted, decimal, exactly, plain
from schemas.estimate.settings import RunInputs, Setting
from schemas.fields import Field, quantities
from schemas.fields.media import words_in
from schemas.vocabulary import WORDS

ONE = Decimal(1)
_CHARACTERS_PER_TOKEN = 4  # of English text
_SPOKEN = WORDS["spoken"]
_TEXTS = WORDS["prompt"] | _SPOKEN
_ASIDE = WORDS["aside"] | WORDS["spoken-aside"]
_MOST_TEXTS, _DEEPEST = 500, 5


def output_field(fields: Sequence[Field]) -> Field | None:
    """The field with the number of results of a run, or None.

    The batch size of a training does not count.
    """
    # A learning rate means a training: its `batch_size` is not a number of results.
    if any("learning" in words_in(field.name) for field in fields):
        return None
    counts = (field for field in fields if quantities.is_count(field.name) and not _is_limit(field))
    return next(
        (field for field in counts if field.traits.is_numeric or field.kind == "choice"), None
    )


def outputs(run_inputs: RunInputs, noun: str = "output") -> Amount:
    """The number of results; a range if a field is only a maximum, such as `max_images`."""
    amount = exactly(ONE, counted(ONE, noun))
    for setting in run_inputs.settings:
        value = decimal(setting.value)
        if not quantities.is_count(setting.field.name) or not value:
            continue
        # In seedream/v4/edit each of the `num_images` may become up to `max_images`.
        if not _is_limit(setting.field):
            amount = exactly(value, counted(value, noun) + setting.by_default, *amount.notes)
        elif value > 1:
            most = (amount.high or ONE) * value
            amount = Amount(amount.low, most, f"{plain(amount.low)} to {counted(most, noun)}")
    return amount


def _is_limit(field: Field) -> bool:
    return words_in(field.name)[:1] == ("max",)


def inputs(run_inputs: RunInputs, noun: str) -> Amount | None:
    """The number of input files; None if there are none yet."""
    count = Decimal(sum(1 for _ in run_inputs.files()))
    return exactly(count, counted(count, f"input {noun}")) if count else None


def steps(run_inputs: RunInputs) -> Amount | None:
    """The steps of a training or a generation; None if no field sets them."""
    ranked = sorted(run_inputs.settings, key=lambda setting: _rank(setting.field.name))
    for setting in ranked:
        value = decimal(setting.value)
        if _rank(setting.field.name) < 2 and value:
            return exactly(value, counted(value, "step") + setting.by_default)
    return None


def _rank(name: str) -> int:
    words = set(words_in(name))
    if not words & WORDS["step"]:
        return 2
    return (
        0
        if words <= WORDS["step"]
        else 1
        if words <= WORDS["step"] | WORDS["step-qualifier"]
        else 2
    )


def characters(run_inputs: RunInputs) -> Amount | None:
    """The characters of the text to be spoken, summed over lists; None if there is none yet."""
    return _length(texts(run_inputs), len, "character")


def count_words(run_inputs: RunInputs) -> Amount | None:
    """The words of the text; None if there is none yet."""
    return _length(texts(run_inputs), lambda text: len(text.split()), "word")


def _length(prompt_texts: list[str], measure: Any, noun: str) -> Amount | None:
    total = Decimal(sum(map(measure, prompt_texts)))
    return exactly(total, counted(total, noun)) if total else None


def tokens(run_inputs: RunInputs) -> Amount | None:
    """A range: from the tokens of the text to these and the longest allowed answer."""
    length = Decimal(sum(map(len, texts(run_inputs))))
    input_tokens = Decimal(int(length / _CHARACTERS_PER_TOKEN) + 1) if length else Decimal()
    most = next((setting for setting in run_inputs.settings if _is_token_limit(setting)), None)
    limit = decimal(most.value) if most else None
    if not input_tokens and limit is None:
        return None
    note = f"A token is about {_CHARACTERS_PER_TOKEN} characters of English."
    if most is None or limit is None:
        without = "The length of the answer is not known."
        return Amount(
            input_tokens, None, f"at least {counted(input_tokens, 'token')}", (note, without)
        )
    longest = input_tokens + limit
    return Amount(
        input_tokens,
        longest,
        f"{plain(input_tokens)} to {counted(longest, 'token')}",
        (note, f"{most.field.name} allows an answer of {plain(limit)}{most.by_default}."),
    )


def _is_token_limit(setting: Setting) -> bool:
    return {"max", "tokens"} <= setting.name_words and "reasoning" not in setting.name_words


def texts(run_inputs: RunInputs) -> list[str]:
    """The texts that are billed: those to be spoken, else the prompts."""
    pairs = list(_texts(run_inputs))
    # A speech model that also takes a style prompt bills only the words that it speaks.
    spoken = [text for is_spoken, text in pairs if is_spoken]
    return spoken or [text for _, text in pairs]


def _texts(run_inputs: RunInputs) -> Iterator[tuple[bool, str]]:
    """Each text, and whether its field's name implies that it is spoken."""
    for setting in run_inputs.settings:
        field, name = setting.field, setting.name_words
        if field.media or not name & _TEXTS or name & _ASIDE:
            continue
        if field.kind == "object" and field.children:
            continue  # its own settings are in the list too
        for text in _strings(setting.value, 0):
            yield bool(name & _SPOKEN), text


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < _DEEPEST:
        for item in value[:_MOST_TEXTS]:
            yield from _strings(item, depth + 1)
    elif isinstance(value, dict) and depth < _DEEPEST:
        for key, item in value.items():
            key_words = set(words_in(key))
            if key_words & _TEXTS and not key_words & _ASIDE:
                yield from _strings(item, depth + 1)

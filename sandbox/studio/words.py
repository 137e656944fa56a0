"""Text: a generator that composes from a grammar and the prompt."""

import re
from typing import Any

from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context
from sandbox.studio.pictures.colour import words_of

_SMALL = """
a an the and or of in on at to for with by from is are was it this that as be how what why who when
do does can you me my i we write tell about please
"""
SMALL = frozenset(_SMALL.split())
OPENINGS = (
    "Start with {a}. Everything else follows from it.",
    "There are two ways to look at {a}: from close by, and from far away.",
    "Most of what is said about {a} is really about {b}.",
)
MIDDLES = (
    "Put {a} beside {b} and the difference is one of scale, not of kind.",
    "A careful hand leaves {b} alone until {a} has settled.",
    "What {a} takes in the morning, {b} gives back in the evening.",
    "The trick is to measure {a} first and to trust {b} only afterwards.",
    "Nobody has drawn {a} well who had not looked at {b} for a long time.",
    "Between {a} and {b} there is room for a third thing, and it is usually light.",
)
ADVICE = (
    "Look at {a} before you name it.",
    "Keep {b} where you can see it.",
    "Stop while {a} is still clear.",
    "Come back tomorrow and look at {b} again.",
)


def write(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Compose an answer word by word; streaming clients receive it as it grows."""
    seed, prompt = context.seed(arguments), arguments["prompt"]
    context.log(f"Seed {seed}, {len(prompt.split())} words in")
    text = compose(prompt, seed, arguments["max_tokens"], arguments["format"], context)
    pieces = re.findall(r"\S+\s*", text)
    step = max(1, len(pieces) // 24)
    for end in range(step, len(pieces), step):
        partial = "".join(pieces[:end])
        context.emit({"output": partial, "partial": True, "error": None})
        context.sleep(0.03)
    usage = {"prompt_tokens": len(prompt.split()), "completion_tokens": len(pieces)}
    context.log(f"{len(pieces)} words out")
    context.billed = sum(usage.values()) / 1000
    reasoning = f"The prompt is about {', '.join(_nouns(prompt))}."
    return {
        "output": text,
        "partial": False,
        "error": None,
        "reasoning": reasoning if arguments["reasoning"] else None,
        "usage": usage,
    }


def compose(prompt: str, seed: int, length: int, format: str, context: Context) -> str:
    """Return an essay of about `length` words, plain or in Markdown."""
    dice = context.dice(prompt, seed)
    nouns = _nouns(prompt)

    def filled(sentence: str) -> str:
        a, b = dice.choice(nouns), dice.choice(nouns)
        return sentence.format(a=a, b=b if b != a else "the light")

    paragraphs = [filled(dice.choice(OPENINGS))]
    if format == "markdown":
        title = " ".join(word.capitalize() for word in nouns[:4])
        tips = "\n".join(f"{n}. {filled(s)}" for n, s in enumerate(dice.sample(ADVICE, 3), 1))
        rows = "\n".join(f"| {word} | {len(word)} |" for word in nouns[:5])
        table = f"| word | letters |\n|---|--:|\n{rows}"
        paragraphs = [f"# {title}", *paragraphs, f"## Three things to do\n\n{tips}", table]
    while sum(len(paragraph.split()) for paragraph in paragraphs) < length:
        paragraphs.append(" ".join(filled(s) for s in dice.sample(MIDDLES, 2)))
    text = "\n\n".join(paragraphs)
    ends = [word.end() for word in re.finditer(r"\S+", text)]
    return text[: ends[min(length, len(ends)) - 1]]


def _nouns(prompt: str) -> list[str]:
    """Return the significant words in order, filled up to two with default ones."""
    nouns = [word for word in words_of(prompt) if word not in SMALL and len(word) > 2]
    return [*dict.fromkeys([*nouns[:9], *["the light", "the hand"][len(nouns) :]])]

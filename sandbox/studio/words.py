"""Text: a generator that composes from a grammar and the prompt, and a word counter."""

import re
from collections import Counter
from typing import Any

from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context
from sandbox.studio.pictures.colour import palette, words_of

SMALL = frozenset(
    {
        "a",
        "an",
        "the",
        "and",
        "or",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "with",
        "by",
        "from",
        "is",
        "are",
        "was",
        "it",
        "this",
        "that",
        "as",
        "be",
        "how",
        "what",
        "why",
        "who",
        "when",
        "do",
        "does",
        "can",
        "you",
        "me",
        "my",
        "i",
        "we",
        "write",
        "tell",
        "about",
        "please",
    }
)
OPENINGS = (
    "Start with {a}. Everything else follows from it.",
    "There are two ways to look at {a}: from close by, and from far away.",
    "{A} is older than it looks.",
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
ENDINGS = (
    "That is all {a} needs: a little room, and somebody who looks.",
    "So keep {a}, and let {b} change.",
    "The rest is patience.",
)
ADVICE = (
    "Look at {a} before you name it.",
    "Keep {b} where you can see it.",
    "Change one thing at a time.",
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
    reasoning = None
    if arguments["reasoning"]:
        nouns = ", ".join(_nouns(prompt))
        reasoning = f"The prompt is about {nouns}. Its colour is {palette(prompt).name}."
    return {"output": text, "partial": False, "error": None, "reasoning": reasoning, "usage": usage}


def compose(prompt: str, seed: int, length: int, format: str, context: Context) -> str:
    """Return an essay of about `length` words, plain or in Markdown."""
    dice = context.dice(prompt, seed)
    nouns = _nouns(prompt)

    def filled(sentence: str) -> str:
        a, b = dice.choice(nouns), dice.choice(nouns)
        return sentence.format(a=a, b=b if b != a else "the light", A=a[:1].upper() + a[1:])

    paragraphs = [filled(dice.choice(OPENINGS))]
    share = 0.4 if format == "markdown" else 0.6  # Markdown adds a list and a table
    while sum(len(p.split()) for p in paragraphs) < length * share:
        count = dice.randint(2, 3)
        paragraphs.append(" ".join(filled(s) for s in dice.sample(MIDDLES, count)))
    if format == "markdown":
        title = " ".join(word.capitalize() for word in nouns[:4])
        paragraphs.insert(0, f"# {title}")
        tips = "\n".join(f"{n}. {filled(s)}" for n, s in enumerate(dice.sample(ADVICE, 3), 1))
        paragraphs.append(f"## Three things to do\n\n{tips}")
        rows = "\n".join(f"| {word} | {len(word)} | {palette(word).name} |" for word in nouns[:5])
        paragraphs.append(f"| word | letters | colour |\n|---|--:|---|\n{rows}")
    paragraphs.append(filled(dice.choice(ENDINGS)))
    return "\n\n".join(_limited(paragraphs, length))


def count(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return data about a text: words, sentences, and an outline by its headings."""
    text = arguments["text"]
    words = words_of(text)
    context.log(f"{len(words)} words")
    context.sleep(0.25)
    weights = arguments.get("weights") or {}
    counted = Counter(word for word in words if word not in SMALL)
    scored = {word: amount * float(weights.get(word, 1)) for word, amount in counted.items()}
    top = sorted(scored.items(), key=lambda pair: (-pair[1], pair[0]))[: arguments["top"]]
    sentences = [part.strip() for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]
    result = {
        "characters": len(text),
        "words": len(words),
        "distinct_words": len(set(words)),
        "sentences": len(sentences),
        "longest_sentence": max(sentences, key=len, default=""),
        "top": [{"word": word, "score": score} for word, score in top],
        "colour": palette(text).name,
    }
    context.billed = len(text) / 1000
    return {"json": result, "outline": _outline(text), "metadata": arguments.get("metadata") or {}}


def _outline(text: str) -> dict[str, Any]:
    """Return the headings as a tree."""
    root: dict[str, Any] = {"label": "text", "children": []}
    path = [(0, root)]
    for marks, label in re.findall(r"^(#{1,6})\s+(.+)$", text, re.MULTILINE):
        node = {"label": label.strip(), "children": []}
        while path[-1][0] >= len(marks):
            path.pop()
        path[-1][1]["children"].append(node)
        path.append((len(marks), node))
    return root


def _nouns(prompt: str) -> list[str]:
    """Return the significant words in order, at least two."""
    nouns = list(
        dict.fromkeys(word for word in words_of(prompt) if word not in SMALL and len(word) > 2)
    )
    return [*nouns[:9], "the light", "the hand"][: max(2, len(nouns[:9]))]


def _limited(paragraphs: list[str], length: int) -> list[str]:
    """Return whole paragraphs up to a length; cuts the last one at a word, a table at a row."""
    accepted: list[str] = []
    for paragraph in paragraphs:
        room = length - sum(len(p.split()) for p in accepted)
        if room <= 0:
            break
        accepted.append(paragraph if len(paragraph.split()) <= room else _cut(paragraph, room))
    return [paragraph for paragraph in accepted if paragraph]


def _cut(paragraph: str, room: int) -> str:
    """Return at most `room` words of a paragraph, keeping its line breaks.

    Of a table only whole rows, and nothing if only its head would fit.
    """
    cut = paragraph[: list(re.finditer(r"\S+", paragraph))[room - 1].end()]
    if not paragraph.startswith("|"):
        return cut
    rows = cut.split("\n")[:-1]
    return "\n".join(rows) if len(rows) > 2 else ""

"""Chooses places in the product's source, and how each is broken: one small change per place.

The choice depends only on a seed and on the text of the places, not on their line numbers: two
revisions of the project are judged by the same mutants if both contain their lines.
"""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

LEFT_OUT = {"tests", "migrations", "sandbox", "vitrine", "static", "templates"}
# Modules about money, access, and the states of a run.
RULES = (
    *(
        "runs/ledger",
        "runs/starting",
        "runs/state_machine",
        "runs/transitions",
        "runs/confirmation",
    ),
    *(
        "runs/costs",
        "runs/models",
        "features/spending/budgets",
        "features/spending/rules",
        "features/spending/visibility",
    ),
    *("projects/models", "projects/rules", "projects/roles", "accounts/permissions"),
    *(
        "accounts/limits",
        "accounts/single_use",
        "features/boards/access",
        "features/sharing/access",
        "api/reach",
    ),
    *("api/charges", "house/access", "schemas/estimate", "catalog/pricing"),
)
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: ">=", ast.GtE: "<", ast.Gt: "<=", ast.LtE: ">",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.Div: "*",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One broken place: characters `start` to `end` of `file` become `text`.

    `probe` is the line (from 1) before which an inserted statement runs whenever this place is
    reached.
    """

    file: str
    line: int
    start: int
    end: int
    before: str
    text: str
    probe: int

    def break_source(self, source: str) -> str:
        """Return the file's source with this place broken."""
        text = self.text if self.text == "pass" else f"({self.text})"
        return source[: self.start] + text + source[self.end :]

    def __str__(self) -> str:
        change = " → ".join(" ".join(part.split())[:70] for part in (self.before, self.text))
        return f"{self.file}:{self.line}: {change}"


def choose(root: Path, count: int, seed: int) -> list[Mutant]:
    """Return `count` mutants of the project in `root`, half of them in `RULES`."""
    rules: list[tuple[str, Mutant]] = []
    others: list[tuple[str, Mutant]] = []
    for path in sorted(root.rglob("*.py")):
        file = path.relative_to(root)
        if len(file.parts) > 1 and not any(
            part in LEFT_OUT or part.startswith(".") for part in file.parts
        ):
            chosen = rules if file.as_posix().startswith(RULES) else others
            for mutant in mutants_of(file.as_posix(), path.read_text()):
                named = f"{seed} {mutant.file} {mutant.before} {mutant.text}"
                chosen.append((hashlib.sha256(named.encode()).hexdigest(), mutant))
    half = count // 2
    return [*_first(rules, half), *_first(others, count - half)]


def _first(keyed: list[tuple[str, Mutant]], count: int) -> list[Mutant]:
    """Return the mutants with the lowest keys, one for each key."""
    by_key: dict[str, Mutant] = {}
    for key, mutant in keyed:
        by_key.setdefault(key, mutant)
    return [by_key[key] for key in sorted(by_key)[:count]]


def insert_probes(root: Path, mutants: list[Mutant]) -> None:
    """Make the project in `root` call `_probe.hit(n)` whenever it reaches mutant `n`."""
    for file in {mutant.file for mutant in mutants}:
        lines = (root / file).read_text().splitlines(keepends=True)
        probes = [(mutant.probe, n) for n, mutant in enumerate(mutants) if mutant.file == file]
        for line, number in sorted(probes, reverse=True):
            indent = lines[line - 1][: -len(lines[line - 1].lstrip())]
            lines.insert(line - 1, f'{indent}__import__("_probe").hit({number})\n')
        (root / file).write_text("".join(lines))


def mutants_of(file: str, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a file's functions."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(line: int, column: int) -> int:
        # `ast` counts columns in bytes of UTF-8.
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement, node, text in _changes(function.body, source):
                yield Mutant(
                    file,
                    node.lineno,
                    offset(node.lineno, node.col_offset),
                    offset(node.end_lineno or 0, node.end_col_offset or 0),
                    ast.get_source_segment(source, node) or "",
                    text,
                    statement.lineno,
                )


Change = tuple[ast.stmt, ast.expr | ast.stmt, str]


def _changes(body: list[ast.stmt], source: str) -> Iterator[Change]:
    """Yield (statement to probe, node to replace, its new text) for these statements and below."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue  # `mutants_of` finds it as a function of its own
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if is_text:
            continue
        for node, text in _own_changes(statement, source):
            yield statement, node, text
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(statement, name, [])
            is_elif = name == "orelse" and isinstance(statement, ast.If) and len(inner) == 1
            if not (is_elif and isinstance(inner[0], ast.If)):
                yield from _changes(inner, source)
        for handler in getattr(statement, "handlers", []):
            yield from _changes(handler.body, source)


def _own_changes(statement: ast.stmt, source: str) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Yield the replaceable parts of a statement, without the statements inside it."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call | ast.Await):
        yield statement, "pass"
    if isinstance(statement, ast.If):
        yield statement.test, f"not ({ast.unparse(statement.test)})"
    if isinstance(statement, ast.Return) and ast.unparse(statement) not in {
        "return",
        "return None",
    }:
        yield cast(ast.expr, statement.value), "None"
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.expr) and child is not getattr(statement, "annotation", None):
            for node in _expressions(child):
                if (text := _replacement(node)) is not None:
                    yield node, text


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """Yield an expression and its parts, except in f-strings, where Python 3.11 misplaces them."""
    if not isinstance(node, ast.JoinedStr):
        if isinstance(node, ast.expr):
            yield node
        for child in ast.iter_child_nodes(node):
            yield from _expressions(child)


def _replacement(node: ast.expr) -> str | None:
    """Return the other text of an expression, or None if its kind is not changed."""
    match node:
        case ast.Compare(left, [operator], [right]) if type(operator) in COMPARISONS:
            return f"{_text(left)} {COMPARISONS[type(operator)]} {_text(right)}"
        case ast.BoolOp(operator, values):
            word = " or " if isinstance(operator, ast.And) else " and "
            return word.join(_text(value) for value in values)
        case ast.UnaryOp(ast.Not(), operand):
            return _text(operand)
        case ast.BinOp(left, operator, right) if type(operator) in ARITHMETIC:
            is_text = any(isinstance(getattr(side, "value", 0), str) for side in (left, right))
            return None if is_text else f"{_text(left)} {ARITHMETIC[type(operator)]} {_text(right)}"
        case ast.Constant(bool() as value):
            return str(not value)
        case ast.Constant(int() as value):
            return str(value + 1)
    return None


def _text(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"

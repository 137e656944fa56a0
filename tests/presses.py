"""Finds browser tests that read the database before the page can have done anything.

The answer to a press, a drop or a typed text comes later: a test first waits for what a person
would see (`expect`, `wait_for_…`), and only then reads rows. Only `bench` counts frames and
measures milliseconds. `make lint` runs this; it prints `file:line: what to do`.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

BROWSER = Path(__file__).parent / "browser"
# Actions of a person, as the functions that tests call.
ACTIONS = {
    *("check", "choose", "click", "dblclick", "drag_to", "drop", "fill", "press", "tap", "uncheck"),
    *("press_sequentially", "select_option", "set_checked", "set_input_files", "type"),
}
ORDER = {ast.Lt, ast.LtE, ast.Gt, ast.GtE}
LOOKS = {"objects", "refresh_from_db", "arefresh_from_db"}
# Names of helpers that wait for a visible effect or for a test's condition.
WAITS = ("expect", "wait_for_", "eventually", "until", "held", "settle", "come", "let_go")
OF_FRAMES = "requestAnimationFrame"
ALLOWED = {"waiting.py"}  # it has the only loop that waits for a condition


def name_of_call(node: ast.Call) -> str:
    """Return the name of the called function: `click` of `page.locator("a").click()`."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def steps(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the calls and attributes of a body, in the order of their evaluation."""
    children = [*ast.iter_child_nodes(node)]
    if isinstance(node, ast.With):  # `with page.expect_response(…)` waits at its end
        children = [*node.body, *node.items]
    for child in children:
        if not isinstance(child, ast.FunctionDef | ast.Lambda):  # a nested function runs elsewhere
            yield from steps(child)
    if isinstance(node, ast.Call | ast.Attribute):
        yield node


def is_action(call: ast.Call) -> bool:
    return name_of_call(call) in ACTIONS


def looks_too_early(test: ast.FunctionDef, waiting: set[str], looking: set[str]) -> Iterator[int]:
    """Yield the lines that read the database right after an action on a page."""
    has_pressed = False
    for step in (step for statement in test.body for step in steps(statement)):
        name = name_of_call(step) if isinstance(step, ast.Call) else ""
        is_look = name in looking or (isinstance(step, ast.Attribute) and step.attr in LOOKS)
        if is_look and has_pressed:
            assert isinstance(step, ast.Call | ast.Attribute)
            yield step.lineno
            has_pressed = False  # report it once
        elif name.startswith(WAITS) or name in waiting:
            has_pressed = False
        elif isinstance(step, ast.Call) and is_action(step):
            has_pressed = True


def reads_rows(function: ast.FunctionDef) -> bool:
    """Return whether a helper reads rows."""
    return any(isinstance(step, ast.Attribute) and step.attr in LOOKS for step in steps(function))


def waits(function: ast.FunctionDef, waiting: set[str]) -> bool:
    """Return whether a helper ends with a wait, so that its caller need not wait."""
    calls = [step for step in steps(function) if isinstance(step, ast.Call)]
    last = [
        index
        for index, call in enumerate(calls)
        if name_of_call(call).startswith(WAITS) or name_of_call(call) in waiting
    ]
    pressed = [index for index, call in enumerate(calls) if is_action(call)]
    return bool(last) and (not pressed or last[-1] > pressed[-1])


def find_measured(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that wait for a time, or demand a number of frames or seconds."""
    of_frames = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and OF_FRAMES in ast.dump(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of_call(node) in {"wait_for_timeout", "sleep"}:
            yield node.lineno
        if (
            not isinstance(node, ast.Compare)
            or not {type(operator) for operator in node.ops} & ORDER
        ):
            continue
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        calls = {name_of_call(part) for part in ast.walk(node) if isinstance(part, ast.Call)}
        if names & {*of_frames, "frames", "seconds"} or calls & {"monotonic", "perf_counter"}:
            yield node.lineno


def problems(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and advice for each place of a test file that would be unsteady."""
    tree = ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    waiting: set[str] = set()
    for function in functions:
        if not function.name.startswith("test_") and waits(function, waiting):
            waiting.add(function.name)
    looking = {
        helper.name
        for helper in functions
        if not helper.name.startswith("test_") and reads_rows(helper)
    }
    for function in functions:
        if function.name.startswith("test_"):
            for line in looks_too_early(function, waiting, looking - waiting):
                yield line, "wait for what a person sees before you look into the database"
    for line in find_measured(tree):
        yield line, "wait for a condition; times and frames are measured by bench"


def main() -> int:
    """Print every problem of the browser tests; return 1 if there is one."""
    lines = [
        f"{file.relative_to(BROWSER.parent.parent)}:{line}: {advice}"
        for file in sorted(BROWSER.rglob("*.py"))
        if file.name not in ALLOWED
        for line, advice in sorted(problems(file.read_text()))
    ]
    print("\n".join(lines), file=sys.stderr, end="\n" if lines else "")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())

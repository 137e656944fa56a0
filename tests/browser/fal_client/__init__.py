"""Makes npm's unmodified package `@fal-ai/client` loadable by a page, without a build."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CLIENT = "@fal-ai/client"
WITHIN_S = 120
_REQUIRED = re.compile(r"""\brequire\(["']([^"']+)["']\)""")
# Gives each file `require`, `module` and `exports`, as Node does for CommonJS.
_LOADER = """const files = {}, loaded = {};
const load = (name) => {
  if (!loaded[name]) {
    const [run, names] = files[name];
    const module = (loaded[name] = { exports: {} });
    run(module, module.exports, (asked) => load(names[asked]));
  }
  return loaded[name].exports;
};
"""


def installed() -> Path:
    """Return the `node_modules` that package-lock.json describes; npm installs it once."""
    lock = HERE / "package-lock.json"
    target = Path(sys.prefix) / "npm" / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    target.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # one test process installs, the others wait
        if not (target / "done").exists():
            for source in (lock, HERE / "package.json"):
                shutil.copy(source, target)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=target, check=True, timeout=WITHIN_S, capture_output=True)
            (target / "done").touch()
    return (target / "node_modules").resolve()


def script() -> str:
    """Return a script that sets `window.fal`."""
    modules = installed()
    pending, done = [_entry(modules, CLIENT)], set()
    parts = [_LOADER]
    while pending:
        file = pending.pop()
        if file in done:
            continue
        done.add(file)
        text = file.read_text()
        names = {}
        if file.suffix == ".json":
            text = f"module.exports = {text}"
        else:
            names = {module: _resolve(modules, file, module) for module in _REQUIRED.findall(text)}
        pending += names.values()
        known = {module: str(path.relative_to(modules)) for module, path in names.items()}
        function = f"(module, exports, require) => {{{text}\n}}"
        name = json.dumps(str(file.relative_to(modules)))
        parts.append(f"files[{name}] = [{function}, {json.dumps(known)}];\n")
    start = json.dumps(str(_entry(modules, CLIENT).relative_to(modules)))
    return f"(() => {{{''.join(parts)}window.fal = load({start}).fal; }})();"


def _entry(modules: Path, package: str) -> Path:
    main: str = json.loads((modules / package / "package.json").read_text())["main"]
    return (modules / package / main).resolve()


def _resolve(modules: Path, file: Path, module: str) -> Path:
    if not module.startswith("."):
        return _entry(modules, module)
    path = (file.parent / module).resolve()
    candidates = (path, path.with_name(f"{path.name}.js"), path / "index.js")
    return next(candidate for candidate in candidates if candidate.is_file())

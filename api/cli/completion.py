"""Shell completion: commands, model ids, input names and their choices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.cli.client import Client
from api.cli.inputs import root_of

MOST = 50
SHELLS = ("bash", "zsh", "fish")
_BASH = """\
_vitrine() {
  local IFS=$'\\n'
  COMPREPLY=($(vitrine __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o default -F _vitrine vitrine
"""
_ZSH = """\
#compdef vitrine
_vitrine() {
  local -a found
  found=("${(@f)$(vitrine __complete "${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  compadd -S '' -a found
}
compdef _vitrine vitrine
"""
_FISH = """\
function __vitrine
  vitrine __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null
end
complete -c vitrine -f -a '(__vitrine)'
"""
SCRIPTS = dict(zip(SHELLS, (_BASH, _ZSH, _FISH), strict=True))
TAKES_MODEL = {"show", "run", "price"}


def complete(words: Sequence[str], commands: Iterable[str], client: Client) -> list[str]:
    """Return the possible completions of the last word."""
    *before, last = words or [""]
    if not before:
        return [name for name in commands if name.startswith(last)]
    if before[0] not in TAKES_MODEL or last.startswith("-"):
        return []
    models = [word for word in before[1:] if "/" in word and "=" not in word]
    return _inputs(client, models[0], last) if models else _models(client, last)


def _models(client: Client, last: str) -> list[str]:
    models = client.get("/models", q=last.replace("/", " ") or None, limit=MOST)["items"]
    return [model["endpoint_id"] for model in models if model["endpoint_id"].startswith(last)]


def _inputs(client: Client, endpoint_id: str, last: str) -> list[str]:
    """Return input names with their `=`; after the `=`, the choices of that input."""
    root = root_of(client.get(f"/schemas/{endpoint_id}")["openapi"], endpoint_id)
    name, sign, prefix = last.partition("=")
    if not sign:
        return [f"{child.name}=" for child in root.children if child.name.startswith(last)]
    field = next((child for child in root.children if child.name == name), None)
    options = field.options if field else ()
    return [
        f"{name}={option.key}"
        for option in options
        if option.key.startswith(prefix) and not option.branch
    ]

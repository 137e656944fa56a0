"""The MCP server of the tools, and of resources, on the official `mcp` package."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import MCPServerError, ResourceError, ToolError
from mcp.server.request_state import RequestStateSecurity
from mcp_types import CallToolResult, InputRequiredResult, TextContent

from api.assistants import answers, view
from api.assistants.caller import CallRefused
from api.assistants.questions import InputRequired
from api.assistants.tools import DECLARED, Tools
from core.version import version

INSTRUCTIONS = (
    "Vitrine runs generative models (images, video, sound, text, 3D). Find a model with "
    "find_models, read its inputs with read_model, tell the user the price from price_run, then "
    "run_model. Each run costs money. If it costs much, Vitrine asks the person first: you "
    "cannot agree for them. To check the state of a run use get_run, never run it again. Refer "
    "to files of earlier runs and to uploads by their address."
)
ToolsOf = Callable[[Context[Any, Any]], Tools]


class _Server(MCPServer[Any]):
    """The server; it treats an argument of `null` as missing, since many assistants send that."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> Any:
        """Call a tool with the arguments that have a value."""
        set_arguments = {key: value for key, value in arguments.items() if value is not None}
        return await super().call_tool(name, set_arguments, context)


def build(tools_of: ToolsOf, security: RequestStateSecurity, origin: str) -> MCPServer[Any]:
    """Return the server; `tools_of` returns the tools for the context of a call.

    `security` seals the state that clients send back with answers. The pages of tools load files
    from our `origin`.
    """
    server: MCPServer[Any] = _Server(
        "vitrine",
        title="Vitrine",
        version=version(),
        instructions=INSTRUCTIONS,
        request_state_security=security,
        extensions=[view.extension(origin)],
    )
    for name, declared in DECLARED.items():
        server.add_tool(
            _function_of(name, tools_of),
            title=declared.title,
            annotations=declared.annotations,
            meta=view.META if declared.shows_results else None,
            structured_output=False,
        )
    _add_resources(server, tools_of)
    return server


def _function_of(name: str, tools_of: ToolsOf) -> Callable[..., Any]:
    """Return a tool's function: its method of `Tools` with the call's context before the rest."""
    method = getattr(Tools, name)

    @wraps(method)
    async def call(ctx: Context[Any, Any], **arguments: Any) -> Any:
        tools = tools_of(ctx)
        answer = await _answered(getattr(tools, name)(**arguments))
        return _with_page(answer, tools.shown) if tools.shown else answer

    declared = inspect.signature(method, eval_str=True)
    _, *parameters = declared.parameters.values()
    context = inspect.Parameter(
        "ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Context[Any, Any]
    )
    call.__signature__ = declared.replace(parameters=[context, *parameters])  # type: ignore[attr-defined]
    call.__annotations__ = {"ctx": Context[Any, Any], "return": declared.return_annotation}
    return call


def _with_page(answer: Any, shown: dict[str, Any]) -> Any:
    """Return a tool's answer with what its page in the conversation shows."""
    if isinstance(answer, InputRequiredResult):
        return answer
    content = [TextContent(type="text", text=answer)] if isinstance(answer, str) else answer
    return CallToolResult(content=content, _meta={view.KEY: shown})


def _add_resources(server: MCPServer[Any], tools_of: ToolsOf) -> None:
    @server.resource("vitrine://models/{owner}/{name}", title="A model", mime_type="text/plain")
    async def model(owner: str, name: str, ctx: Context[Any, Any]) -> str:
        """A model's inputs and price; further slashes of its id are written as %2F."""
        answer = tools_of(ctx).read_model(f"{owner}/{unquote(name)}")
        return str(await _answered(answer, ResourceError))

    @server.resource("vitrine://runs/{run_id}", title="A run", mime_type="text/plain")
    async def run(run_id: str, ctx: Context[Any, Any]) -> str:
        """A run with its results."""
        return str(await _answered(tools_of(ctx).get_run(run_id), ResourceError))


async def _answered(answer: Awaitable[Any], error: type[MCPServerError] = ToolError) -> Any:
    """Return a tool's answer; a refusal becomes an error that the assistant can read."""
    try:
        return await answer
    except InputRequired as required:
        return required.result
    except CallRefused as problem:
        raise error(answers.bounded(str(problem))) from problem

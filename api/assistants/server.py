"""The MCP server: declares the tools and resources, on the official `mcp` package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import MCPServerError, ResourceError, ToolError
from mcp_types import ImageContent, TextContent, ToolAnnotations
from pydantic import Field

from api.assistants import short
from api.assistants.caller import Refused
from api.assistants.tools import MAX_WAIT_S, Tools
from core.version import version

INSTRUCTIONS = (
    "Vitrine runs generative models (images, video, sound, text, 3D). Find a model with "
    "find_models, read its inputs with read_model, tell the user the price from price_run, then "
    "run_model. Each run costs money: to check the state of a run use get_run, never run it again. "
    "Refer to files of earlier runs and to uploads by their address."
)
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
PAID = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)
STOPS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True)

EndpointId = Annotated[str, Field(description="a model's id: fal-ai/flux/dev", max_length=255)]
RunId = Annotated[str, Field(description="a run's id", max_length=64)]
Wait = Annotated[int, Field(description="seconds to wait for its end", ge=0, le=MAX_WAIT_S)]
Cursor = Annotated[
    str, Field(description="cursor of the previous answer, for more", max_length=400)
]
Arguments = Annotated[
    dict[str, Any], Field(description="the model's input, as read_model lists it")
]
AllowUnknown = Annotated[bool, Field(description="send arguments that the schema lacks")]
MaxCost = Annotated[
    float, Field(description="in USD, where the user was asked and agreed to this sum", ge=0)
]
InProject = Annotated[
    str, Field(description="slug of the project that it goes to (list_projects)", max_length=60)
]
OfProject = Annotated[
    str, Field(description="only what is in the project with this slug", max_length=60)
]
ToolsOf = Callable[[Context[Any, Any]], Tools]


class _Server(MCPServer[Any]):
    """The server; `null` for an argument is its absence, as many assistants write it."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> Any:
        """Call a tool with the arguments that have a value."""
        given = {key: value for key, value in arguments.items() if value is not None}
        return await super().call_tool(name, given, context)


def build(tools_of: ToolsOf) -> MCPServer[Any]:
    """Return the server; `tools_of` returns the tools for the context of a call."""
    server: MCPServer[Any] = _Server(
        "vitrine", title="Vitrine", version=version(), instructions=INSTRUCTIONS
    )
    _add_catalogue(server, tools_of)
    _add_runs(server, tools_of)
    _add_kept(server, tools_of)
    _add_resources(server, tools_of)
    return server


def _add_catalogue(server: MCPServer[Any], tools_of: ToolsOf) -> None:
    @server.tool(title="Find models", annotations=READS, structured_output=False)
    async def find_models(
        ctx: Context[Any, Any],
        question: Annotated[
            str,
            Field(
                description="words or a wish; also in:image out:video duration:>=10 price:<0.05",
                max_length=300,
            ),
        ],
        limit: Annotated[int, Field(ge=1, le=30)] = 10,
        cursor: Cursor = "",
    ) -> str:
        """Find models by what they do, accept, produce or cost; best first, one per line."""
        return await _text_of(tools_of(ctx).find_models(question, limit, cursor))

    @server.tool(title="Read a model", annotations=READS, structured_output=False)
    async def read_model(
        ctx: Context[Any, Any],
        endpoint_id: EndpointId,
        input: Annotated[
            str, Field(description="name of one input to read in full", max_length=255)
        ] = "",
        cursor: Cursor = "",
    ) -> str:
        """Read a summary of a model's inputs, price and an example; or one input in full."""
        return await _text_of(tools_of(ctx).read_model(endpoint_id, input, cursor))

    @server.tool(title="Price a run", annotations=READS, structured_output=False)
    async def price_run(
        ctx: Context[Any, Any],
        endpoint_id: EndpointId,
        arguments: Arguments,
        allow_unknown: AllowUnknown = False,
    ) -> str:
        """Estimate what a run will cost, without running it."""
        return await _text_of(
            tools_of(ctx).price_run(endpoint_id, arguments, allow_unknown=allow_unknown)
        )


def _add_runs(server: MCPServer[Any], tools_of: ToolsOf) -> None:
    @server.tool(title="Run a model (costs money)", annotations=PAID, structured_output=False)
    async def run_model(
        ctx: Context[Any, Any],
        arguments: Arguments,
        endpoint_id: EndpointId = "",
        preset_id: Annotated[
            int, Field(description="preset whose arguments are filled in", ge=0)
        ] = 0,
        wait_s: Wait = 60,
        allow_unknown_price: Annotated[
            bool, Field(description="only after the user agreed")
        ] = False,
        allow_unknown: AllowUnknown = False,
        max_cost: MaxCost = 0,
        project: InProject = "",
    ) -> str:
        """Run a model and wait for its end. It costs what the model costs, within a cap."""
        return await _text_of(
            tools_of(ctx).run_model(
                endpoint_id,
                arguments,
                preset_id,
                wait_s,
                allow_unknown_price=allow_unknown_price,
                allow_unknown=allow_unknown,
                max_cost=max_cost,
                project=project,
            )
        )

    @server.tool(title="Run a flow (costs money)", annotations=PAID, structured_output=False)
    async def run_flow(
        ctx: Context[Any, Any],
        flow_id: Annotated[
            str, Field(description="leave empty to list the flows", max_length=36)
        ] = "",
        inputs: Arguments | None = None,
        wait_s: Wait = 60,
        allow_unknown_price: bool = False,
        allow_unknown: AllowUnknown = False,
        max_cost: MaxCost = 0,
        project: InProject = "",
    ) -> str:
        """Run a saved chain of models with inputs by name, within a cap, and wait for its end."""
        return await _text_of(
            tools_of(ctx).run_flow(
                flow_id,
                inputs or {},
                wait_s,
                allow_unknown_price=allow_unknown_price,
                allow_unknown=allow_unknown,
                max_cost=max_cost,
                project=project,
            )
        )

    @server.tool(title="Read a run", annotations=READS, structured_output=False)
    async def get_run(ctx: Context[Any, Any], run_id: RunId, wait_s: Wait = 0) -> str:
        """Return the state and results of a run; can wait for its end."""
        return await _text_of(tools_of(ctx).get_run(run_id, wait_s))

    @server.tool(title="Stop a run", annotations=STOPS, structured_output=False)
    async def cancel_run(ctx: Context[Any, Any], run_id: RunId) -> str:
        """Request that a run stop; what it has done so far may be billed."""
        return await _text_of(tools_of(ctx).cancel_run(run_id))

    @server.tool(title="List runs", annotations=READS, structured_output=False)
    async def list_runs(
        ctx: Context[Any, Any],
        state: Annotated[str, Field(description="unfinished, succeeded, failed …")] = "",
        model: EndpointId = "",
        cursor: Cursor = "",
        project: OfProject = "",
    ) -> str:
        """List the newest runs of the user's projects, one per line."""
        return await _text_of(tools_of(ctx).list_runs(state, model, cursor, project))

    @server.tool(title="Show an artifact", annotations=READS, structured_output=False)
    async def show_artifact(
        ctx: Context[Any, Any], run_id: RunId, position: Annotated[int, Field(ge=0)] = 0
    ) -> list[TextContent | ImageContent]:
        """Show a result of a run: its address, and a thumbnail of an image or video."""
        try:
            line, picture, content_type = await tools_of(ctx).show_artifact(run_id, position)
        except Refused as refused:
            raise ToolError(short.bounded(str(refused))) from refused
        return [TextContent(type="text", text=line), *_picture(picture, content_type)]


def _picture(content: bytes, content_type: str) -> list[ImageContent]:
    import base64

    if not content:
        return []
    data = base64.b64encode(content).decode()
    return [ImageContent(type="image", data=data, mime_type=content_type)]


def _add_kept(server: MCPServer[Any], tools_of: ToolsOf) -> None:
    @server.tool(title="List projects", annotations=READS, structured_output=False)
    async def list_projects(ctx: Context[Any, Any]) -> str:
        """List the user's projects by slug, with their role: viewers look, makers run."""
        return await _text_of(tools_of(ctx).list_projects())

    @server.tool(title="List presets", annotations=READS, structured_output=False)
    async def list_presets(
        ctx: Context[Any, Any], model: EndpointId = "", project: OfProject = ""
    ) -> str:
        """List the presets of the user's projects and the team's, to run by preset_id."""
        return await _text_of(tools_of(ctx).list_presets(model, project))

    @server.tool(title="List starred models", annotations=READS, structured_output=False)
    async def list_favourites(ctx: Context[Any, Any]) -> str:
        """List the models that the user starred."""
        return await _text_of(tools_of(ctx).list_favourites())

    @server.tool(title="List collections", annotations=READS, structured_output=False)
    async def list_collections(ctx: Context[Any, Any]) -> str:
        """List the collections of models that the team recommends."""
        return await _text_of(tools_of(ctx).list_collections())

    @server.tool(title="Read a collection", annotations=READS, structured_output=False)
    async def read_collection(
        ctx: Context[Any, Any], slug: Annotated[str, Field(max_length=50)]
    ) -> str:
        """List a collection's models with the curators' notes."""
        return await _text_of(tools_of(ctx).read_collection(slug))


def _add_resources(server: MCPServer[Any], tools_of: ToolsOf) -> None:
    @server.resource("vitrine://models/{owner}/{name}", title="A model", mime_type="text/plain")
    async def model(owner: str, name: str, ctx: Context[Any, Any]) -> str:
        """A model's inputs and price; further slashes of its id are written as %2F."""
        from urllib.parse import unquote

        answer = tools_of(ctx).read_model(f"{owner}/{unquote(name)}")
        return await _text_of(answer, ResourceError)

    @server.resource("vitrine://runs/{run_id}", title="A run", mime_type="text/plain")
    async def run(run_id: str, ctx: Context[Any, Any]) -> str:
        """A run with its results."""
        return await _text_of(tools_of(ctx).get_run(run_id, 0), ResourceError)


async def _text_of(answer: Any, error: type[MCPServerError] = ToolError) -> str:
    """Return a tool's text; a refusal becomes an error that the assistant can read."""
    try:
        return str(await answer)
    except Refused as refused:
        raise error(short.bounded(str(refused))) from refused

"""Tools for assistants by the Model Context Protocol (MCP), on top of the JSON API.

Every tool consists of API calls with the assistant's token, so the API's permissions and limits
apply. `tools` and the modules it uses are independent of the protocol. `server` implements it, and
is imported at the first request, since the `mcp` package takes 40 MB of memory.
"""

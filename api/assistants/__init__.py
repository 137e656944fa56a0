"""Tools for assistants by the Model Context Protocol (MCP), on top of the JSON API.

Every tool is calls of the API with the assistant's token, so its permissions and limits are the
API's. `tools` and what it stands on know nothing of the protocol; `server` does, and is imported
when the first assistant comes: the `mcp` package takes 40 MB.
"""

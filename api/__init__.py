"""Interfaces for programs: API tokens, the JSON API at `/api/v1/`, MCP at `/mcp`."""

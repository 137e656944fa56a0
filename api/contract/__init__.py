"""The API's contract: the shapes of what goes in and out, and the OpenAPI document."""

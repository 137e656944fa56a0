"""The API's contract: the schemas of requests and responses, and the OpenAPI document."""

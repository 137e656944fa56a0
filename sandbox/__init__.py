"""A fal-compatible upstream with procedural models that produce real outputs.

One small ASGI application that needs no further services.

`python -m sandbox --port 8321` serves it; `sandbox.app.build` returns the application.

config, state   settings; the state that the hosts share
hosts/          fal's hosts; `web` has their common code
contract/       the registry of models, OpenAPI documents, validation of arguments by schemas
execution/      the queue, the context of a model's code, signed webhooks
models/         models as data
studio/         their code, the only user of heavy libraries
files           files on disk
recordings/     recorded films, speech, meshes, a transcript, and example files
faults          faults on request

To add a model, add `models/<name>.json`, its name to `models/__init__.py`, and a function to
`studio/` that takes the arguments, with defaults filled in, and a `Context`, and returns the
output. Its thumbnail, `thumbs/<endpoint id>.webp`, is one of its pictures at 480 x 360 pixels, with
a film beside it.
"""

"""A fal-compatible upstream with procedural models that produce real outputs.

One small ASGI application that needs no further services.

`python -m sandbox --port 8321` serves it; `sandbox.app.build` returns the application.

config, state   settings; the state that the hosts share
hosts/          one module per fal host
contract/       the registry of models, schemas in fal's dialect, validation of arguments by them
execution/      the queue, the context of a model's code, signed webhooks
models/         models as data
studio/         their code, the only user of heavy libraries
files           files on disk
recorded        recorded films, sounds, meshes and example files
faults          faults on request
https/          fal's host names over https

To add a model, add a `Model(...)` to `models/<category>.py` and a function to `studio/` that takes
the arguments, with defaults filled in, and a `Context`, and returns the output. Its thumbnail,
`thumbs/<endpoint id>.webp`, is one of its pictures at 480 x 360 pixels, with a film beside it.
"""

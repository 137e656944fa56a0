"""A fal-compatible upstream with real procedural models.

One small ASGI application without further services.

`python -m sandbox --port 8321` serves it; `sandbox.app.build` returns the application.

config      settings                 state       state shared by the hosts
hosts/      one module per fal host  engine      the queue
models/     models as data           studio/     their code, the only user of heavy libraries
schema, openapi, validation          build schemas in fal's dialect, validate arguments by them
files, gallery, painter, warm        files on disk; thumbnails and examples, made by the models
faults, webhooks                     faults on request; signed webhooks

To add a model, add a `Model(...)` to `models/<category>.py` and a function to `studio/` that takes
the arguments, with defaults filled in, and a `Context`, and returns the output.
"""

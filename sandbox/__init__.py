"""A fal-compatible upstream with real procedural models: one small ASGI app that needs nothing else.

`python -m sandbox --port 8321` serves it; `sandbox.app.build` is the application.

config      what it is told          state       what its hosts share
hosts/      one module per fal host  engine      the queue
models/     models as data           studio/     their work: the only place for heavy libraries
schema, openapi, validation          the dialect of fal's documents, both ways
files, gallery, warm                 files on disk; thumbnails and examples, made by the models
faults, webhooks                     what can go wrong on request; signed reports

A new model is one `Model(...)` in `models/<category>.py` and one function in `studio/` that takes
the arguments, defaults filled in, and a `Context`, and returns the output.
"""

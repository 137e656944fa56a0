"""A fal-compatible upstream with real procedural models: one small ASGI app that needs nothing else.

`python -m sandbox --port 8321` serves it; `sandbox.app.build` is the application.
"""

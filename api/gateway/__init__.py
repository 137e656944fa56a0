"""The part of the proxy that needs the key: streams and live sessions of fal's clients.

Runs in the process of `manage.py realtime`. For streams, the web process authorizes the call and
creates its run.
"""

"""The audit log: `trail` writes entries, `entries` holds them, `append_only` protects them.

`config/audit.py` has its settings; `house/audit/` has its page.
"""

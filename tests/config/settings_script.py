"""Prints values of the settings as JSON: `settings_script.py "s.DEBUG, s.FAL_KEY" [COMMAND]`.

The module `config` is the first one on the path; with a command of `manage.py` the process may read
its keys.
"""

from __future__ import annotations

import json
import sys

if __name__ == "__main__":
    if sys.argv[2:]:
        from config import key_access

        key_access.grant(sys.argv[2])
    from config import settings

    print(json.dumps(eval(f"[{sys.argv[1]}]", {"s": settings})))

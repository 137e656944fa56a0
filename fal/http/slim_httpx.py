"""Keeps httpx from loading its command-line program. Must be imported before httpx.

httpx imports that program if rich and click are installed, which costs each process about 4 MB.
httpx works the same without it: its `__init__` handles the ImportError.
"""

import sys
from typing import Any, cast

# A module that is None in sys.modules raises ImportError when imported.
cast("dict[str, Any]", sys.modules).setdefault("httpx._main", None)

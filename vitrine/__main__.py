"""Entry point of `vitrine` and of `python -m vitrine`: runs a command of `manage.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
INSTALLED = HERE / "app"


def main() -> None:
    """Run `vitrine <command>`, which may also be written `vitrine manage <command>`.

    An installed Vitrine keeps its data in the user's data folder.
    """
    project = INSTALLED if INSTALLED.is_dir() else HERE.parent
    sys.path.insert(0, str(project))
    if project == INSTALLED and not os.environ.get("VITRINE_DATA_DIR"):
        import platformdirs

        folder = platformdirs.user_data_dir("vitrine", appauthor=False)
        os.environ["VITRINE_DATA_DIR"] = folder
    import manage

    arguments = sys.argv[2:] if sys.argv[1:2] == ["manage"] else sys.argv[1:]
    sys.argv = ["vitrine", *arguments]
    manage.main()


if __name__ == "__main__":
    main()

"""`make lint` fails if pip-audit refuses a lock file, but not if its server cannot be reached."""

import sys
from pathlib import Path

from tests import audit

# Answers as pip-audit does, with a vulnerability of ansible, the canary.
PROGRAM = """
import json, sys
text = open(sys.argv[-1]).read()
name, version = text.split()[0].split("==")
if "unpinned" in text:
    sys.exit("ERROR:pip_audit._cli:requirement unpinned does not contain a hash")
if AWAY:
    sys.exit(0 if "--dry-run" in sys.argv else "requests.exceptions.ConnectTimeout: no answer")
vulns = [{"id": "CVE-1", "fix_versions": ["3"]}] if (name, version) != ("whole", "2") else []
print(json.dumps({"dependencies": [{"name": name, "version": version, "vulns": vulns}]}))
"""


def run_audit(folder: Path, *pins: str, away: bool = False) -> int:
    locks = []
    for number, pin in enumerate(pins):
        locks.append(folder / f"{number}.txt")
        locks[-1].write_text(f"{pin}\n")
    program = PROGRAM.replace("AWAY", str(away))
    return audit.main(locks, [sys.executable, "-c", program], 60)


def test_each_lock_file_is_asked_about(tmp_path, capsys):
    assert run_audit(tmp_path, "whole==2", "whole==2") == 0
    assert "no known vulnerability in 1 packages" in capsys.readouterr().out
    assert run_audit(tmp_path, "whole==2", "whole==1") == 1
    assert "whole 1: CVE-1, fixed in 3" in capsys.readouterr().out


def test_a_refused_lock_fails_with_a_network_or_without(tmp_path, capsys):
    for away in (False, True):
        assert run_audit(tmp_path, "whole==2", "unpinned==1", away=away) == 1
        assert "pip-audit refuses 1.txt: ERROR" in capsys.readouterr().out
    assert run_audit(tmp_path, "whole==2", away=True) == 0
    assert "left out, the advisories cannot be reached" in capsys.readouterr().out


def test_every_lock_of_the_repository_is_asked_about():
    names = {lock.name for lock in audit.LOCKS}
    assert {"run.txt", "dev.txt", "fal-client.txt", "mcp.txt"} <= names

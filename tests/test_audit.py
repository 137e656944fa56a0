"""The audit of the locked packages fails on known vulnerabilities, and on nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from tests import audit

pytestmark = pytest.mark.system  # takes long


def program(text: str) -> list[str]:
    """A program in place of pip-audit."""
    return [sys.executable, "-c", text]


CAUGHT = ({"id": "PYSEC-0", "fix_versions": []},)


def report(
    *vulnerabilities: dict[str, Any], canary: Sequence[dict[str, Any]] = CAUGHT
) -> list[str]:
    """A pip-audit that found these in one of three packages; it ends with 1 where there are any."""
    packages = {
        "dependencies": [
            {"name": "good", "version": "1.0", "vulns": []},
            {"name": audit.CANARY, "version": "5.3", "vulns": canary},
            {"name": "private", "skip_reason": "not found"},
            {"name": "bad", "version": "2.0", "vulns": list(vulnerabilities)},
        ]
    }
    return program(
        f"import sys; print({json.dumps(json.dumps(packages))}); sys.exit({len(vulnerabilities)})"
    )


def test_a_known_vulnerability_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(report({"id": "PYSEC-1", "fix_versions": ["2.1"]})) == 1
    assert capsys.readouterr().out == "bad 2.0: PYSEC-1, fixed in 2.1\n"


def test_an_index_without_advisories_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(report(canary=())) == 0
    assert "left out, the advisories cannot be reached (the index that answers has none)" in (
        capsys.readouterr().out
    )


def test_no_known_vulnerability_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(report()) == 0
    assert "no known vulnerability in 3 packages" in capsys.readouterr().out


@pytest.mark.parametrize("output", ["raise SystemExit('ConnectionError: no route')", "print('{}')"])
def test_an_unreachable_index_is_reported_in_one_line(
    output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(program(output)) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("pip-audit: left out, the advisories cannot be reached (")
    assert len(printed.splitlines()) == 1


def test_an_audit_without_an_answer_is_ended(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(program("import time; time.sleep(3600)"), end_within_s=0.5) == 0
    assert "no answer within 0.5 s" in capsys.readouterr().out


def test_a_closed_network_does_not_fail_the_real_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    """Requests go to a closed port, and no cached answer is used."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert audit.main([*audit.PIP_AUDIT, "--cache-dir", str(tmp_path)], end_within_s=60) == 0
    assert "left out" in capsys.readouterr().out

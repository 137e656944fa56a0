"""The files of deploy/ for nginx, with the names, ports and paths of a test."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.processes import ROOT

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def command(
    folder: Path, files: Sequence[str], here: Mapping[str, str], first: str = ""
) -> list[str]:
    """Write a configuration of these files into the folder; return the command that starts nginx.

    `here` replaces texts of the files, each of which must occur; `first` are directives.
    """
    site = "\n".join((ROOT / "deploy" / name).read_text() for name in files)
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    version = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr
    if tuple(map(int, re.findall(r"\d+", version)[:3])) < (1, 25, 1):  # as its comment says
        site = re.sub(r" *http2 on;.*\n", "", site.replace("443 ssl;", "443 ssl http2;"))
    for written, replaced in here.items():
        assert written in site, f"{', '.join(files)} have no {written}"
        site = site.replace(written, replaced)
    (folder / "nginx.conf").write_text(f"""
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;
{"user root;" if os.geteuid() == 0 else ""} {first}
worker_processes 1; worker_rlimit_nofile 8192; events {{ worker_connections 4096; }}
http {{
  log_format short '$status $request_method $uri $upstream_status $http_user_agent';
  access_log {folder}/access.log short;
  {" ".join(f"{kind}_temp_path {folder}/{kind};" for kind in TEMPORARY)}
  {site}
}}
""")
    return [nginx, "-c", str(folder / "nginx.conf"), "-e", "stderr"]

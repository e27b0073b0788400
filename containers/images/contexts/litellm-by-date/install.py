"""Installs a version of LiteLLM with the packages that were on the index two days after its release.

Newer ones break older versions: LiteLLM 1.77.1 loses MCP with anyio 4.14 and does not start with pydantic 2.14.
"""

import datetime
import json
import re
import subprocess
import sys
import urllib.request

from pip._internal.models.index import PyPI

DAYS_AFTER_RELEASE = 2


def needed_older(version: str) -> list[str]:
    """Packages of which a version does not start with the newest one of its date."""
    # They import get_flat_dependant, which FastAPI had until 0.140.0.
    return ["fastapi<0.140.1"] if re.match(r"1\.9[567]\.", version) else []


def upload_time(version: str) -> datetime.datetime:
    """When the version was uploaded (PEP 700)."""
    request = urllib.request.Request(f"{PyPI.simple_url}/litellm/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        files = json.load(response)["files"]
    prefixes = (f"litellm-{version}-", f"litellm-{version}.tar.gz")
    times = [file["upload-time"] for file in files if file["filename"].startswith(prefixes)]
    if not times:
        sys.exit(f"PyPI has no litellm {version}")
    return datetime.datetime.fromisoformat(min(times).replace("Z", "+00:00"))


version = sys.argv[1]
newest = upload_time(version) + datetime.timedelta(days=DAYS_AFTER_RELEASE)
subprocess.run(
    [
        "uv",
        "pip",
        "install",
        "--python",
        "/opt/litellm",
        "--compile-bytecode",
        "--exclude-newer",
        newest.strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"litellm[proxy]=={version}",
        # The official image has it: without it newer versions answer an unknown key with 500 where no database is.
        "prisma",
        *needed_older(version),
    ],
    check=True,
)

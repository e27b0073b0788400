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
from pip._vendor.packaging.version import InvalidVersion, Version

DAYS_AFTER_RELEASE = 2


def needed_older(version: str) -> list[str]:
    """Packages of which a version does not start with the newest one of its date."""
    # They import get_flat_dependant, which FastAPI had until 0.140.0.
    return ["fastapi<0.140.1"] if re.match(r"1\.9[567]\.", version) else []


def upload_times() -> dict[str, str]:
    """When each version on the index was uploaded, by its name (PEP 700)."""
    request = urllib.request.Request(f"{PyPI.simple_url}/litellm/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        files = json.load(response)["files"]
    times: dict[str, str] = {}
    for file in files:
        named = re.match(r"litellm-([^-]+?)(?:-.*\.whl|\.tar\.gz)$", file["filename"])
        if named:
            name = named[1]
            times[name] = min(times.get(name, file["upload-time"]), file["upload-time"])
    return times


def chosen_version(asked: str, known: list[str]) -> str:
    """The version that was asked for, else its highest post-release: the index has 1.75.5 as 1.75.5.post2 alone.

    Exits with one line for `build-error.ts` where the index has neither.
    """
    if asked in known:
        return asked
    posts = [name for name in known if re.fullmatch(rf"{re.escape(asked)}\.post\d+", name)]
    if posts:
        return max(posts, key=Version)
    near, nearest = near_versions(asked, known)
    sys.exit(f"PyPI has no litellm {asked}; near: {' '.join(map(str, near))}; nearest: {nearest}")


def near_versions(asked: str, known: list[str]) -> tuple[list[Version], Version]:
    """Which versions there are near one that the index does not have, and the nearest of them."""
    final = sorted({version for version in map(Version, known) if not version.is_prerelease})
    try:
        wanted = Version(asked)
    except InvalidVersion:
        return final[-1:], final[-1]
    before = [version for version in final if version < wanted]
    after = [version for version in final if version > wanted]
    line = [version for version in final if version.release[:2] == wanted.release[:2]]
    near = line or before[-1:] + after[:1]

    def distance(version: Version) -> tuple[int, ...]:
        release = [*version.release, 0, 0, 0][:3]
        return tuple(abs(own - other) for own, other in zip(release, [*wanted.release, 0, 0, 0]))

    return near, min(near, key=distance)


def main(asked: str) -> None:
    times = upload_times()
    version = chosen_version(asked, list(times))
    uploaded = datetime.datetime.fromisoformat(times[version].replace("Z", "+00:00"))
    newest = uploaded + datetime.timedelta(days=DAYS_AFTER_RELEASE)
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


if __name__ == "__main__":
    main(sys.argv[1])

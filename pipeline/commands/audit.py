"""Known vulnerabilities of the libraries in requirements.lock, where a registry of advisories can be reached."""

import subprocess
import tempfile
from pathlib import Path

from pipeline import layout
from pipeline.command_line import run
from pipeline.errors import UserError, shorten
from pipeline.files import read_json

# pip-audit is fetched when it is needed: a dependency of its own would be one more to audit.
COMMAND = (
    "uv",
    "tool",
    "run",
    "--quiet",
    "pip-audit",
    "--disable-pip",
    "--require-hashes",
    "--progress-spinner",
    "off",
)


def audit() -> None:
    """Print what is known; fails where anything is, and says so in one line where nobody can be asked."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "advisories")
        asked = [*COMMAND, "--requirement", str(layout.LOCKED), "--format", "json", "--output", str(found)]
        try:
            finished = subprocess.run(asked, capture_output=True, text=True)
        except FileNotFoundError:
            raise UserError("uv: expected it to be installed: python -m pip install -r requirements.lock") from None
        if not found.exists():
            why = (finished.stderr.split("\n\n")[0].strip().splitlines() or ["it said nothing"])[-1]
            print(f"{layout.LOCKED}: not audited, as no registry of advisories can be reached: {shorten(why)}")
            return
        libraries = read_json(found)["dependencies"]
    known = [(one, flaw) for one in libraries for flaw in one.get("vulns", [])]
    lines = [f"{one['name']} {one['version']}: {flaw['id']}, mended in {_versions(flaw)}" for one, flaw in known]
    if lines:
        raise UserError("\n".join([f"{layout.LOCKED}: {len(lines)} known vulnerabilities", *lines]))
    print(f"{layout.LOCKED}: no known vulnerability in {len(libraries)} libraries")


def _versions(flaw: dict[str, list[str]]) -> str:
    return ", ".join(flaw["fix_versions"]) or "no version yet"


if __name__ == "__main__":
    run(audit)

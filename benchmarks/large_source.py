"""How long, and in how much memory, a large file is adopted and then read again unchanged.

Runs the real command against a local workspace whose rate is not limited, so that what is timed is ours.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sync.sandbox import SandboxOptions, SandboxThread

UNLIMITED = 1_000_000
CONFIG = """\
openphone: {{api_key: {key}, base_url: "{url}", requests_per_second: 100000}}
syncs:
  customers:
    source: {{type: csv, path: customers.csv}}
    key: id
    fields:
      {{firstName: first, lastName: last, company: company, phoneNumbers: {{mobile: phone}}, emails: {{work: email}}}}
"""


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """The customers."""
    for n in range(count):
        phone = f"+1415{5550000 + n % 10000:07d}"
        yield (f"cust-{n}", f"Ana{n}", "Núñez", "Acme Corporation", phone, f"ana{n}@example.com")


def contact(row: tuple[str, ...]) -> dict[str, Any]:
    """The contact that the workspace holds already."""
    external_id, first, last, company, phone, email = row
    return {
        "externalId": external_id,
        "firstName": first,
        "lastName": last,
        "company": company,
        "phoneNumbers": {"mobile": phone},
        "emails": {"work": [email]},
    }


def measure(folder: Path) -> tuple[float, float]:
    """Seconds and peak MB of one run of the command."""
    command = [sys.executable, "-m", "sync", "run", "-c", str(folder / "config.yaml"), "--log-level", "warning"]
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _peak(process.pid))
        time.sleep(0.02)
    if process.returncode != 0:
        raise SystemExit(f"the run ended with exit {process.returncode}")
    return time.monotonic() - started, peak


def _peak(pid: int) -> float:
    """The most memory that a process has held, in MB. Not ``ru_maxrss``: a child inherits its parent's, ours."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def main(count: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name, SandboxThread(SandboxOptions(requests_per_second=UNLIMITED)) as sandbox:
        folder = Path(name)
        with (folder / "customers.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("id", "first", "last", "company", "phone", "email"), *rows(count)])
        (folder / "config.yaml").write_text(CONFIG.format(key=sandbox.key, url=sandbox.url))
        sandbox.seed(contact(row) for row in rows(count))
        adopted, adopted_mb = measure(folder)
        again, again_mb = measure(folder)
    print(f"{count} rows: adopted in {adopted:.1f} s, {adopted_mb:.0f} MB at most")
    print(
        f"{count} rows: read again unchanged in {again:.1f} s, {again_mb:.0f} MB at most ({again / adopted:.3f} of it)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

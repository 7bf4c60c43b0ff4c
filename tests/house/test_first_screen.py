"""What the README's first screen shows of a dry run is what the README's own configuration prints."""

from __future__ import annotations

from pathlib import Path

from sync.sandbox import SandboxThread
from tests.support.console import Command, Console, blocks, commands, shows
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
HEADING = "id,first_name,last_name,phone\n"
BEFORE = "c1,Ana,Núñez,(415) 555-0101\nc2,Ben,Okafor,415-555-0102\n"
NOW = """\
c1,Ana,Núñez,(415) 555-0101
c2,Ben,Okafor,415-555-0187
c3,Jun,Sato,+81 3-1234-5678
c4,Lena,,(415) 555-0105
c5,Omar,Haddad,12
"""
KEY = "  api_key: ${OPENPHONE_API_KEY}\n"


def test_the_first_screen_shows_a_dry_run_as_it_is(tmp_path: Path) -> None:
    first_screen = README.split("\n## ")[0]
    (block,) = blocks(first_screen, "text")
    (shown,) = commands(block)
    config = blocks(README, "yaml")[0]
    assert KEY in config
    (tmp_path / "config.yaml").write_text(config.replace(KEY, f"{KEY}  base_url: ${{OPENPHONE_BASE_URL}}\n"))
    with SandboxThread() as sandbox:
        console = Console(tmp_path, sandbox)
        (tmp_path / "customers.csv").write_text(HEADING + BEFORE, encoding="utf-8")
        console.run([Command("openphone-sync run", "")])
        (tmp_path / "customers.csv").write_text(HEADING + NOW, encoding="utf-8")
        sandbox.forget_requests()
        (printed,) = console.run([shown])
        assert not sandbox.writes()
    assert shows(shown.shown, printed), printed

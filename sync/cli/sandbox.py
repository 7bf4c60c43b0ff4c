"""``openphone-sync sandbox``: a local workspace to try things on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.common import stop_on_signals
from sync.cli.examples import examples

if TYPE_CHECKING:
    from sync.sandbox import SandboxOptions


@click.command(
    "sandbox",
    epilog=examples("sandbox", "sandbox --port 8181 --file workspace.json   # keeps its contacts"),
)
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The port; a free one by default.")
@click.option("--key", default="sandbox-key", show_default=True, help="The API key that it accepts.")
@click.option("--file", "kept_in", type=click.Path(path_type=Path), help="Keep the contacts in this file.")
@click.option("--require-external-ids", is_flag=True, help="Behave as an older workspace, which lists nobody without.")
@click.option("--accept-doubles", is_flag=True, help="Accept two contacts with one externalId.")
@click.option("--list-lag", default=0.0, help="Seconds until a new contact is listed.")
@click.option("--latency", default=0.0, help="Seconds that each answer takes.")
def command(
    port: int,
    key: str,
    kept_in: Path | None,
    require_external_ids: bool,
    accept_doubles: bool,
    list_lag: float,
    latency: float,
) -> None:
    """Serve a local OpenPhone workspace, on this machine only, until Ctrl-C.

    It prints its address and key first. It behaves as the real one does: ten requests a second, PATCH that replaces,
    conflicts, custom fields of all seven types.
    """
    from sync.sandbox import SandboxOptions, ShelfError

    options = SandboxOptions(
        key=key,
        file=kept_in,
        require_external_ids=require_external_ids,
        accept_doubles=accept_doubles,
        list_lag=list_lag,
        latency=latency,
    )
    try:
        asyncio.run(_serve(options, port))
    except ShelfError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"cannot serve on port {port}: {error.strerror}. Choose another --port.") from None


async def _serve(options: SandboxOptions, port: int) -> None:
    from sync.sandbox import Sandbox

    stop = asyncio.Event()
    with stop_on_signals(stop):
        async with Sandbox(options, port) as sandbox:
            click.echo(f"OPENPHONE_BASE_URL={sandbox.url}")
            click.echo(f"OPENPHONE_API_KEY={sandbox.key}")
            await stop.wait()

"""``openphone-sync check``: do the configuration, the sources and the workspace fit together? Writes nothing."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from sync.cli.common import config_options, configure_logs, failing, json_lines, output_option, print_lines, read_config
from sync.config.model import LoadedConfig
from sync.run.report import EXIT_FAILED, EXIT_OK, EXIT_USAGE


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@config_options
@output_option
def command(names: tuple[str, ...], config_path: Path, log_format: str, log_level: str, output: str) -> None:
    """Load the configuration, reach every source and the workspace, check every mapped column and custom field.

    Writes nothing, anywhere.
    """
    fail = failing(output, lambda message: json_lines({"syncs": [], "error": message}))
    loaded = read_config(config_path, names, fail)
    configure_logs(log_format, log_level)
    results = asyncio.run(_check(loaded, names or tuple(loaded.config.syncs)))
    if output == "json":
        print_lines(json_lines({"syncs": results, "error": None}))
    else:
        for result in results:
            _print(result)
    codes = {result["exit"] for result in results}
    sys.exit(EXIT_USAGE if EXIT_USAGE in codes else EXIT_FAILED if EXIT_FAILED in codes else EXIT_OK)


async def _check(loaded: LoadedConfig, names: tuple[str, ...]) -> list[dict[str, Any]]:
    from sync.openphone.client import OpenPhone

    async with OpenPhone(loaded.config.openphone) as client:
        return [await _check_one(loaded, name, client) for name in names]


async def _check_one(loaded: LoadedConfig, name: str, client: Any) -> dict[str, Any]:
    from connectors.base import SourceConfigError, SourceError, load
    from sync.mapping.compiler import MappingError, compile_mapping
    from sync.openphone.client import OpenPhoneError
    from sync.run.story import Misconfigured, check_columns
    from sync.state.contacts import State, StateError

    sync = loaded.config.syncs[name]
    result: dict[str, Any] = {"name": name, "status": "ok", "problems": [], "columns": None, "exit": EXIT_OK}

    def found(error: Exception, code: int) -> None:
        result["problems"].extend(str(error).splitlines())
        result["exit"] = max(code, result["exit"]) if code == EXIT_USAGE or not result["exit"] else result["exit"]
        result["status"] = "failed"

    try:
        compile_mapping(sync, await client.custom_fields())
    except MappingError as error:
        found(error, EXIT_USAGE)
    except OpenPhoneError as error:
        found(error, EXIT_FAILED)
    connector = load(loaded.source_type(name))(loaded.sources[name], loaded.context)
    try:
        columns = await connector.columns()
        result["columns"] = list(columns) if columns is not None else None
        check_columns(columns, name, sync)
    except (Misconfigured, SourceConfigError) as error:
        found(error, EXIT_USAGE)
    except SourceError as error:
        found(error, EXIT_FAILED)
    finally:
        await connector.close()
    try:
        State.open(loaded.state_url(), read_only=True).close()
    except StateError as error:
        found(error, EXIT_FAILED)
    return result


def _print(result: dict[str, Any]) -> None:
    if result["status"] == "ok":
        columns = result["columns"]
        reach = f"the source has {', '.join(columns)}" if columns else "the source answers"
        click.secho(f"{result['name']}: ok: {reach}; the workspace answers and has every custom field", fg="green")
        return
    click.secho(f"{result['name']}: not ready", fg="red", bold=True)
    for problem in result["problems"]:
        click.echo(f"  {problem}")

"""The configuration as JSON Schema, so that an editor completes and checks ``config.yaml`` while it is written.

``python -m sync.config.schema > docs/config.schema.json`` renews the file; a test keeps it fresh.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from sync.config.model import Config

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN_TYPES = ("integer", "number", "boolean")
_VARIABLE = {"type": "string", "pattern": r"\$\{"}


def schema() -> dict[str, Any]:
    """JSON Schema of ``config.yaml`` as it is written: short forms and ``${NAME}`` included."""
    models = Config.model_json_schema(by_alias=True)
    written: dict[str, Any] = _with_variables(models)
    return {"$schema": _DIALECT, "title": "openphone-sync configuration", **written}


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _with_variables(node: Any) -> Any:
    """Lets ``${NAME}`` stand wherever a number or boolean may."""
    if isinstance(node, list):
        return [_with_variables(each) for each in node]
    if not isinstance(node, dict) or {"type": "string"} in node.get("anyOf", []):
        return node
    whole = {key: _with_variables(value) for key, value in node.items() if key != "title" or not isinstance(value, str)}
    if whole.get("type") not in _PLAIN_TYPES:
        return whole
    about = {key: whole.pop(key) for key in ("description", "default") if key in whole}
    return {**about, "anyOf": [whole, dict(_VARIABLE)]}


if __name__ == "__main__":
    sys.stdout.write(text())

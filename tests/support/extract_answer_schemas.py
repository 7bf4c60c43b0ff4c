"""Makes ``fixtures/openphone-answers.schema.json`` from the vendor's OpenAPI document, which is not kept here.

    python tests/support/extract_answer_schemas.py DOCUMENT

Takes what the contacts API answers and leaves out every word that is not a rule. Equal schemas are kept once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "fixtures" / "openphone-answers.schema.json"
PATHS = ("/v1/contact-custom-fields", "/v1/contacts", "/v1/contacts/{id}")
RULES = frozenset(
    {"type", "enum", "const", "required", "pattern", "format"}
    | {"minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"}
)
WITH_SCHEMA = frozenset({"items", "additionalProperties", "not"})
WITH_SCHEMAS = frozenset({"anyOf", "allOf", "oneOf"})


def extracted(document: Mapping[str, Any]) -> dict[str, Any]:
    """``answers``: operation → status → the name of its schema, None where no body comes; ``schemas``: by name."""
    names: dict[str, str] = {}
    answers: dict[str, dict[str, str | None]] = {}
    for path in PATHS:
        for operation in document["paths"][path].values():
            found = answers.setdefault(operation["operationId"], {})
            for status, answer in operation["responses"].items():
                content = resolved(document, answer).get("content")
                if content is None:
                    found[status] = None
                    continue
                schema = json.dumps(bare(document, content["application/json"]["schema"]))
                found[status] = names.setdefault(schema, f"{operation['operationId']} {status}")
    return {"answers": answers, "schemas": {name: json.loads(schema) for schema, name in names.items()}}


def bare(document: Mapping[str, Any], schema: Any) -> Any:
    """A schema's rules alone, references replaced by what they refer to."""
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for word, value in resolved(document, schema).items():
        if word in RULES:
            kept[word] = value
        elif word in WITH_SCHEMA:
            kept[word] = bare(document, value)
        elif word in WITH_SCHEMAS:
            kept[word] = [bare(document, each) for each in value]
        elif word == "properties":
            kept[word] = {name: bare(document, each) for name, each in value.items()}
    return kept


def resolved(document: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """What ``part`` refers to, where it is a reference within the document."""
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        part = found
    return part


def written(found: Mapping[str, Any]) -> str:
    """As JSON, a line for each operation and each schema."""
    parts = (
        f'"{part}": {{\n' + ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in of.items()) + "\n}"
        for part, of in found.items()
    )
    return "{" + ",\n".join(parts) + "}\n"


if __name__ == "__main__":
    document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    TARGET.write_text(written(extracted(document)), encoding="utf-8")

"""A proposal → the text of a commented ``config.yaml``. Knows nothing of how it was found, and writes no file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import yaml

from sync.first_config.proposal import Origin, Proposal

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ ./-]+[A-Za-z0-9_]+)*", re.ASCII)
_WORDS_OF_YAML = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

_TEXT = """\
# Written by 'openphone-sync init'. Change what you like, then: openphone-sync check
# config.example.yaml explains every key. ${{NAME}} comes from the environment, or from the .env beside this file.

openphone:
  api_key: ${{OPENPHONE_API_KEY}}
  base_url: ${{OPENPHONE_BASE_URL:-https://api.openphone.com}}

state: state.db                  # what is remembered between runs: keep it

syncs:
  {name}:
    schedule: "0 * * * *"        # for 'openphone-sync daemon': every hour
    source:
{source}{where}
{key}
    fields:                      # OpenPhone's own fields: where each comes from
{fields}{custom}
    region: {region}                   # the country of phone numbers without a country code
    # match_on: [phoneNumbers, emails]   # take over contacts that the workspace has under a row's number, or address
    on_missing: delete           # or keep: what becomes of a contact whose row is gone
    max_deletes: 10%             # more than this are held back, and reported
"""


def config_text(
    proposal: Proposal,
    source: Mapping[str, str],
    *,
    name: str,
    region: str,
    references: Mapping[str, str] | None = None,
    write_back: Mapping[str, str] | None = None,
    unused: Sequence[str] = (),
) -> str:
    """The proposal as a commented ``config.yaml``.

    ``${NAME}`` in ``source`` and in columns means itself; ``references`` are options that are variables.
    """
    lines = [f"      {option}: {_column(value)}" for option, value in source.items()]
    lines += [f"      {option}: {value}" for option, value in (references or {}).items()]
    if write_back:
        cells = ", ".join(f"{what}: {_column(column)}" for what, column in write_back.items())
        lines.append(f"      write_back: {{{cells}}}   # filled in by each run")
    elif source["type"] == "google_sheets":
        lines.append("      # write_back: {status: status, error: error}   # columns that show what became of each row")
    return _TEXT.format(
        name=_yaml(name),
        source="\n".join(lines),
        where="".join(f"\n{line}" for line in _where_lines(proposal)),
        key=_key_lines(proposal.key),
        fields="\n".join(_field_lines(proposal)),
        custom="".join(f"\n{line}" for line in _custom_lines(proposal, unused)),
        region=_yaml(region),
    )


def quoted(reference: str) -> str:
    """A value with variables in it, or a number, as it stands in the configuration."""
    return reference if re.fullmatch(r"\d+|\$\{\w+(:-[\w./:-]*)?\}", reference) else _yaml(reference, quoted=True)


def _key_lines(key: tuple[str, ...]) -> str:
    if not key:
        return "    # no key: the column of write_back.contactId identifies a row"
    columns = _column(key[0]) if len(key) == 1 else f"[{', '.join(map(_column, key))}]"
    return f"    key: {columns}   # identifies a row: it must be filled, different in each, and stay the same"


def _where_lines(proposal: Proposal) -> list[str]:
    conditions = [
        f"{_column(column)}: {{not: [{', '.join(_column(word, quoted=True) for word in words)}]}}"
        for column, words in proposal.without.items()
    ]
    return (
        [f"    where: {{{', '.join(conditions)}}}   # only these rows: the others are nobody's"] if conditions else []
    )


def _field_lines(proposal: Proposal) -> list[str]:
    lines, groups = [], {"phoneNumbers": "label: column", "emails": "label: column"}
    for name, origin in proposal.fields.items():
        if "." not in name:
            lines.append(f"      {name}: {_origin(origin)}")
    for group, comment in groups.items():
        labels = {n.partition(".")[2]: o for n, o in proposal.fields.items() if n.startswith(f"{group}.")}
        if labels:
            lines.append(f"      {group}:   # {comment}")
            lines += [f"        {_yaml(label)}: {_origin(origin)}" for label, origin in labels.items()]
    return lines


def _custom_lines(proposal: Proposal, unused: Sequence[str]) -> list[str]:
    lines = []
    if proposal.custom:
        lines.append("    customFields:                # by the names, or keys, that the workspace gives them")
        lines += [f"      {_yaml(name)}: {_origin(origin)}" for name, origin in proposal.custom.items()]
    if unused:
        lines.append(f"    # columns that are not used: {', '.join(map(repr, unused))}")
    for why, columns in proposal.reasons.items():
        lines.append(f"    # of these {', '.join(map(repr, columns))}, because {why}")
    return lines


def _origin(origin: Origin) -> str:
    if origin.joined:
        template = " ".join(f"{{{column}}}" for column in origin.columns)
        return f"{{template: {_column(template, quoted=True)}}}"
    columns = _column(origin.columns[0])
    if len(origin.columns) > 1:
        columns = f"[{', '.join(map(_column, origin.columns))}]"
    quoted = {"split": origin.split, "format": origin.format}
    plain = {"part": origin.part, "order": origin.order, "label_column": origin.label_column}
    given = "".join(f", {option}: {_column(value)}" for option, value in plain.items() if value)
    given += "".join(f", {option}: {_column(value, quoted=True)}" for option, value in quoted.items() if value)
    return f"{{column: {columns}{given}}}" if given else columns


def _column(name: str, *, quoted: bool = False) -> str:
    """Text as a YAML value that means itself: what looks like a variable is none."""
    return _yaml(name.replace("${", "$${"), quoted=quoted)


def _yaml(text: str, *, quoted: bool = False) -> str:
    """Text as YAML, plain where that is safe, on one line."""
    if not quoted and _PLAIN.fullmatch(text) and text.casefold() not in _WORDS_OF_YAML:
        return text
    return yaml.dump(text, default_style='"', allow_unicode=True, width=10**9).strip()

"""What ``init`` asks of each kind of source, and what is said instead with options. Reads no source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connectors.base import load, own_names
from sync.cli.init.source import SHEETS_URL, Source, beside
from sync.run.report import EXIT_USAGE

if TYPE_CHECKING:
    from sync.cli.init.questions import Questions

_BY_ENDING = {".xlsx": "excel", ".xlsm": "excel", ".xls": "excel", ".ods": "excel", ".vcf": "vcard", ".vcard": "vcard"}
_FILES = {"csv": ("CSV file", "*.csv"), "excel": ("Excel file", "*.xls*"), "vcard": ("vCard file", "*.vcf")}


def kind_of(path: str | None, spreadsheet: str | None) -> str | None:
    """The kind of source that an option names by itself."""
    if spreadsheet:
        return "google_sheets"
    if path is None:
        return None
    kind = _BY_ENDING.get(Path(path.partition("?")[0]).suffix.casefold(), "csv")
    return kind if kind in own_names() else "csv"


@dataclass(frozen=True, slots=True)
class Sources:
    """Asks for the options of one kind of source."""

    questions: Questions
    kind: str

    @property
    def names(self) -> Mapping[str, object]:
        """The options that this kind has."""
        return load(self.kind).Options.model_fields

    def source(self) -> Source:
        """The source as it is described, by options and answers."""
        options, variables = self._given()
        secrets: dict[str, str] = {}
        if self.kind == "google_sheets":
            sheet = self._google_sheet()
            return Source({**sheet.options, **options}, {**sheet.variables, **variables})
        if "path" in self.names and "path" not in {**options, **variables}:
            options = {"path": self._path(), **options}
        elif self.kind == "sql":
            self._sql(options, variables, secrets)
        elif self.kind == "crm":
            self._crm(options, variables, secrets)
        return Source({"type": self.kind, **options}, variables, secrets)

    def _given(self) -> tuple[dict[str, str], dict[str, str]]:
        """What ``--option`` says: values, and those that refer to the environment as they are to be written."""
        options: dict[str, str] = {}
        variables: dict[str, str] = {}
        for each in self.questions.answers.options:
            name, equals, value = each.partition("=")
            if not equals or not name.strip():
                self.questions.fail(f"--option {each}: expected NAME=VALUE, such as preset=hubspot", EXIT_USAGE)
            (variables if "${" in value else options)[name.strip()] = value.strip()
        for name in options:
            if name in ("token", "password") or re.search(r"://[^/\s@]+:[^/\s@]+@", options[name]):
                where = self.questions.folder / ".env"
                self.questions.fail(
                    f"--option {name}: a secret would stand in the configuration: put it into {where} as "
                    f"{name.upper()}=…, and say --option {name}='${{{name.upper()}}}'",
                    EXIT_USAGE,
                )
        return options, variables

    def _path(self) -> str:
        what, pattern = _FILES.get(self.kind, ("file", f"*.{self.kind}"))
        files = sorted(self.questions.folder.glob(pattern))
        default = files[0].name if len(files) == 1 else "customers.csv" if self.kind == "csv" else None
        path = self.questions.answers.path
        if path is None and default is None and self.questions.answers.yes:
            self.questions.fail(f"which {what}? Name it with --path FILE", EXIT_USAGE)
        path = path or self.questions.ask(f"The {what}", default)
        return path.strip() if "://" in path else beside(path, self.questions.folder)

    def _sql(self, options: dict[str, str], variables: dict[str, str], secrets: dict[str, str]) -> None:
        if "url" not in {**options, **variables}:
            self._secret("url", "DATABASE_URL", "The database's address", variables, secrets)
        if "query" not in {**options, **variables}:
            if self.questions.answers.yes:
                self.questions.fail("which rows? Give the query: --option query='SELECT …'", EXIT_USAGE)
            options["query"] = self.questions.ask("The query whose rows are read (SELECT …)", None)

    def _crm(self, options: dict[str, str], variables: dict[str, str], secrets: dict[str, str]) -> None:
        from connectors.crm import presets

        if "preset" not in options and "url" not in {**options, **variables}:
            if self.questions.answers.yes:
                known = ", ".join(presets.names())
                self.questions.fail(f"which CRM? --option preset=NAME: one of {known}", EXIT_USAGE)
            options["preset"] = self.questions.ask("The CRM", None, click.Choice(presets.names()))
        if not {"token", "auth"} & {*options, *variables}:
            name = f"{options.get('preset', 'crm').upper()}_TOKEN"
            self._secret("token", name, "The token that the CRM gave you", variables, secrets)

    def _secret(
        self, option: str, name: str, question: str, variables: dict[str, str], secrets: dict[str, str]
    ) -> None:
        """An option that is kept in the environment: known there, or typed and stored."""
        if not self.questions.variables.get(name, "").strip():
            if self.questions.answers.yes:
                where = f"in the environment or in {self.questions.folder / '.env'}"
                self.questions.fail(
                    f"{question.lower()} is missing: set {name} {where}, or say --option {option}='${{NAME}}'",
                    EXIT_USAGE,
                )
            secrets[name] = click.prompt(question, hide_input=True).strip()
        variables[option] = f"${{{name}}}"

    def _google_sheet(self) -> Source:
        answers, options = self.questions.answers, {"type": "google_sheets"}
        ask, folder = self.questions.ask, self.questions.folder
        known = self.questions.variables.get("GOOGLE_SHEET_ID", "").strip()
        if answers.yes and not (answers.spreadsheet or known):
            self.questions.fail("which spreadsheet? Give its address or id with --spreadsheet", EXIT_USAGE)
        options["spreadsheet"] = answers.spreadsheet or ask("The spreadsheet's address or id", known or None)
        worksheet = answers.worksheet
        if worksheet is None:
            worksheet = ask("Its worksheet (Enter for the first)", "", show_default=False)
        credentials = answers.credentials
        if credentials is None:
            has_file = (folder / "service-account.json").is_file()
            named = self.questions.variables.get("GOOGLE_APPLICATION_CREDENTIALS")
            default = named or ("service-account.json" if has_file else "")
            credentials = ask("The service account's key file (Enter for Google's default credentials)", default)
        options |= {"worksheet": worksheet} if worksheet.strip() else {}
        options |= {"credentials": beside(credentials, folder)} if credentials.strip() else {}
        url = f"${{{SHEETS_URL}:-https://sheets.googleapis.com}}"
        return Source(options, {"api_url": url} if self.questions.variables.get(SHEETS_URL) else {})

"""What is said about mistakes in config.yaml: all at once, each with its line, and never a secret."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.config.file import ConfigError, load
from sync.mapping.columns import mapped_columns
from tests.support.config_samples import SECRET, VALID, read, refusal, replaced


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def first_difference(text: str) -> int:
    lines = zip_longest(VALID.splitlines(), text.splitlines())
    return next(at for at, (before, after) in enumerate(lines, start=1) if before != after)


MISTAKES: Sequence[tuple[str, str, str, str, str]] = [
    # what stands there, what is put there, the path, what was found, what was expected
    ("  api_key: ${OPENPHONE_API_KEY}", "  api_key: 5", "openphone.api_key", "a value (not shown", "API key"),
    ("  api_key: ${OPENPHONE_API_KEY}", "  api_key: ''", "openphone.api_key", "empty text", "API key"),
    ("  api_key: ${OPENPHONE_API_KEY}", "  api_key: [a]", "openphone.api_key", "a list", "API key"),
    ("${OPENPHONE_API_KEY}", "${NO_SUCH_KEY}", "openphone.api_key", "${NO_SUCH_KEY}, which is not set", ".env"),
    ("${OPENPHONE_API_KEY}", "${1X}", "openphone.api_key", "'${' without a variable", "${NAME:-default}"),
    ("${OPENPHONE_API_KEY}", "${OPEN", "openphone.api_key", "'${' without a variable", "${NAME}"),
    ("https://api.openphone.com/v1", "api.openphone.com", "openphone.base_url", "'api.openphone.com'", "https://"),
    ("https://api.openphone.com/v1", "'https://[::1'", "openphone.base_url", "'https://[::1'", "https://"),
    ("https://api.openphone.com/v1", "https://host:99999", "openphone.base_url", "'https://host:99999'", "https://"),
    ("https://api.openphone.com/v1", "${NOWHERE:-ftp}", "openphone.base_url", "what '${NOWHERE:-ftp}'", "https://"),
    ("requests_per_second: 10", "requests_per_second: 0", "openphone.requests_per_second", "0", "a number above 0"),
    ("requests_per_second: 10", "requests_per_second: fast", "openphone.requests_per_second", "'fast'", "a number"),
    ("requests_per_second: 10", "requests_per_second: true", "openphone.requests_per_second", "true", "a number"),
    ("requests_per_second: 10", "requests_per_second: .inf", "openphone.requests_per_second", "inf", "a number"),
    ("timeout: 30", "timeout: -1", "openphone.timeout", "-1", "above 0"),
    ("timeout: 30", "time_out: 30", "openphone.time_out", "an unknown key", "did you mean 'timeout'?"),
    ("timeout: 30", "timeout:", "openphone.timeout", "nothing", "a number"),
    ("timeout: 30", "base_url: x", "openphone.base_url", "a second time", "line 3"),
    ("state: state.db", "state: [a]", "state", "a list", "text"),
    ("state: state.db", "state: mysql://u:pw@host/x", "state", "'mysql://…@host/x'", "sqlite:/// or postgresql://"),
    ("state: state.db", "stat: state.db", "stat", "an unknown key", "did you mean 'state'?"),
    ("state: state.db", "region: US", "region", "an unknown key", "; it belongs below syncs.NAME"),
    ("pages: 3", "lastName: 3", "@.source.lastName", "an unknown key", "; it belongs below syncs.NAME.fields"),
    ("  customers:\n", "  cust omers:\n", "syncs.cust omers", "'cust omers'", "letters, digits"),
    ('"0 * * * *"', '"0 * * *"', "@.schedule", "'0 * * *'", "an interval such as '15m'"),
    ('"0 * * * *"', '"60 * * * *"', "@.schedule", "'60 * * * *'", "the minute, '60', is not 0 to 59"),
    ('"0 * * * *"', '"0 0 * 13 *"', "@.schedule", "'0 0 * 13 *'", "1 to 12 or jan to dec"),
    ('"0 * * * *"', '"*/0 * * * *"', "@.schedule", "'*/0 * * * *'", "the minute, '*/0'"),
    ('"0 * * * *"', '"0 9 * * fri-mon"', "@.schedule", "'0 9 * * fri-mon'", "the day of the week"),
    ('"0 * * * *"', "15", "@.schedule", "15", "a cron expression"),
    ('"0 * * * *"', "0s", "@.schedule", "'0s'", "a cron expression"),
    ("type: table", "type: tabel", "@.source.type", "'tabel'", "did you mean 'table'?"),
    ("type: table", "type:", "@.source.type", "nothing", "crm, csv, excel, google_sheets"),
    ("type: table", "type: 7", "@.source.type", "7", "crm, csv, excel, google_sheets"),
    ("type: table", "type: unbuilt", "@.source.type", "'unbuilt', which needs", "installed beside openphone-sync"),
    ("path: customers.csv", "path: 5", "@.source.path", "5", "text"),
    ("path: customers.csv", "pth: customers.csv", "@.source.pth", "an unknown key", "mean 'path'?"),
    ("pages: 3", "pages: three", "@.source.pages", "'three'", "a whole number"),
    ("pages: 3", "pages: 0", "@.source.pages", "0", "a number of at least 1"),
    ("pages: 3", "mode: c", "@.source.mode", "'c'", "of the form ^[ab]$"),
    ("pages: 3", "url: nowhere", "@.source.url", "'nowhere'", "an address has '://'"),
    ("pages: 3", "auth: {tokn: abcdef}", "@.source.auth.tokn", "an unknown key", "mean 'token'?"),
    ("pages: 3", "paging: {type: cursr}", "@.source.paging.type", "'cursr'", "did you mean 'cursor'?"),
    ("pages: 3", "paging: {size: 3}", "@.source.paging", "a mapping of size", "a mapping with 'type'"),
    ("pages: 3", "paging: {type: page, size: x}", "@.source.paging.size", "'x'", "a whole number"),
    ("pages: 3", "paging: {type: cursor, cursor: 5}", "@.source.paging.cursor", "5", "text (in quotes"),
    ("pages: 3", "paging: {type: cursor, cursor: a, x: b}", "@.source.paging.x", "an unknown", "one of type, cursor"),
    ("key: id", "key: 7", "@.key", "7", "a column's name"),
    ("key: id", "key: []", "@.key", "an empty list", "a column's name"),
    ("key: id", "key: [id, '']", "@.key", "a list", "a column's name"),
    ("firstName: first_name", "firstName: 5", "@.fields.firstName", "5", "a column's name"),
    ("firstName: first_name", "firstname: f", "@.fields.firstname", "unknown key", "mean 'firstName'?"),
    ("firstName: first_name", "firstName: ", "@.fields.firstName", "nothing", "a column's name"),
    ("lastName: last_name", "lastName: {}", "@.fields.lastName", "an empty mapping", "exactly one of 'column'"),
    ("lastName: last_name", "lastName: {column: a, value: b}", "@.fields.lastName", "a mapping", "one of"),
    ("lastName: last_name", "lastName: {column: a, columns: [b]}", "@.fields.lastName", "a map", "not both"),
    ("lastName: last_name", "lastName: {column: a, split: x}", "@.fields.lastName", "a map", "no 'split'"),
    ("lastName: last_name", "lastName: {colum: a}", "@.fields.lastName.colum", "unknown", "mean 'column'?"),
    ("[company, account]", "[company, 5]", "@.fields.company", "a list", "a list of names"),
    ("{title} ({team})", "{title} ({team)", "@.fields.role.template", "'{title} ({team)'", "{{ and }}"),
    ("{title} ({team})", "{} {team}", "@.fields.role.template", "'{} {team}'", "{{ and }}"),
    ("{title} ({team})", "{0}", "@.fields.role.template", "'{0}'", "than a column's name"),
    ("{title} ({team})", "{a[0]}", "@.fields.role.template", "'{a[0]}'", "than a column's name"),
    ("{title} ({team})", "{a!r:>3}", "@.fields.role.template", "'{a!r:>3}'", "than a column's name"),
    ("{mobile: phone, work: office_phone}", "phone", "@.fields.phoneNumbers", "'phone'", "{mobile: phone"),
    ("{mobile: phone, work: office_phone}", "{'': x}", "@.fields.phoneNumbers.", "''", "not empty"),
    ("emails: {work: email}", "emails: {work: 1}", "@.fields.emails.work", "1", "a column's name"),
    ("emails: {work: email}", "email: {work: email}", "@.fields.email", "unknown key", "mean 'emails'?"),
    ("Inbound Lead: is_lead", "Inbound Lead: 1.5", "@.customFields.Inbound Lead", "1.5", "a column's"),
    ('split: ";"', 'split: ""', "@.customFields.tags.split", "empty text", "text that is not empty"),
    ('split: ";"', "split: 3", "@.customFields.tags.split", "3", "text (in quotes"),
    ('split: ";"', "default: [a]", "@.customFields.tags.default", "a list", "text, a number"),
    ("%d/%m/%Y", "dd/mm/yyyy", "@.customFields.Since.format", "'dd/mm/yyyy'", "'%d/%m/%Y'"),
    ("%d/%m/%Y", "%d/%Q", "@.customFields.Since.format", "'%d/%Q'", "day, month and year"),
    ("%d/%m/%Y", "%d %d", "@.customFields.Since.format", "'%d %d'", "day, month and year"),
    ("region: US", "region: Germany", "@.region", "'Germany'", "two-letter code"),
    ("region: US", "region: UK", "@.region", "'UK'", "GB"),
    ("region: US", "region: XX", "@.region", "'XX'", "two-letter code"),
    ("on_missing: delete", "on_missing: delte", "@.on_missing", "'delte'", "did you mean 'delete'?"),
    ("on_missing: delete", "on_missing: false", "@.on_missing", "false", "'delete' or 'keep'"),
    ("max_deletes: 10%", "max_deletes: many", "@.max_deletes", "'many'", "a number such as 25"),
    ("max_deletes: 10%", "max_deletes: -5", "@.max_deletes", "-5", "a share of at most 100%"),
    ("max_deletes: 10%", "max_deletes: 101%", "@.max_deletes", "'101%'", "a share of at most 100%"),
    ("max_deletes: 10%", "max_deletes: 0.1", "@.max_deletes", "0.1", "a number such as 25"),
    ("max_updates: 100%", "match_on: [phones]", "@.match_on", "a list", "[phoneNumbers, emails], or one of the two"),
    ("max_updates: 100%", "match_on: email", "@.match_on", "'email'", "[phoneNumbers, emails], or one of the two"),
    ("max_updates: 100%", "match_on: {emails: 1}", "@.match_on", "a mapping", "[phoneNumbers, emails]"),
    ("max_updates: 100%", "max_update: 100%", "@.max_update", "unknown key", "mean 'max_updates'?"),
    ("on_invalid: reject", "on_invalid: ignore", "@.on_invalid", "'ignore'", "'reject' or 'drop'"),
    ('key_prefix: ""', f"key_prefix: {'x' * 41}", "@.key_prefix", "'xxx", "at most 40 characters"),
    ("source_label: contact-sync", "source_label: csv-x", "@.source_label", "'csv-x'", "'contact-sync'"),
    ("source_label: contact-sync", "source_label: ''", "@.source_label", "empty text", "not empty"),
    ("https://crm.example.com/c/{id}", "https://x/{}", "@.source_url", "'https://x/{}'", "columns in braces"),
    ("host: 127.0.0.1", "host: ''", "server.host", "empty text", "text that is not empty"),
    ("server:\n  host: 127.0.0.1\n  port: 8080\n", "server: [a]\n", "server", "a list", "the daemon's page"),
    ("port: 8080", "port: 70000", "server.port", "70000", "a number of at most 65535"),
    ("port: 8080", "port: 80.5", "server.port", "80.5", "a whole number"),
    ("port: 8080", "port: web", "server.port", "'web'", "a whole number"),
    ("port: 8080", "prot: 8080", "server.prot", "an unknown key", "did you mean 'port'?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "found", "expected"), MISTAKES)
def test_a_mistake_names_line_key_what_was_found_and_what_was_expected(
    folder: Path, old: str, new: str, path: str, found: str, expected: str
) -> None:
    text, path = replaced(old, new), path.replace("@", "syncs.customers")
    line = first_difference(text)
    messages = refusal(folder, text).messages
    place = f"{folder / 'config.yaml'}:{line}: {path}: "
    told = [message.removeprefix(place) for message in messages if message.startswith(place)]
    assert told, messages
    assert re.search(rf"found (an? )?{re.escape(found)}", told[0])
    assert expected in told[0]
    assert "pydantic" not in str(messages)


@pytest.mark.parametrize(
    ("old", "path", "line", "expected"),
    [
        ("  api_key: ${OPENPHONE_API_KEY}\n", "openphone.api_key", 1, "OpenPhone's API key"),
        ("      firstName: first_name\n", "syncs.customers.fields.firstName", 15, "the column of first names"),
        ("    key: id\n", "syncs.customers.key", 8, "the column, or list of columns, that identifies a row"),
        ("      path: customers.csv\n", "syncs.customers.source.path", 10, "the table's path"),
        ("      type: table\n", "syncs.customers.source.type", 10, "crm, csv, excel, google_sheets, sql"),
    ],
)
def test_a_missing_key_is_told_at_the_line_it_should_stand_below(
    folder: Path, old: str, path: str, line: int, expected: str
) -> None:
    (message,) = refusal(folder, replaced(old, "")).messages
    assert message.startswith(f"{folder / 'config.yaml'}:{line}: {path}: ")
    assert "is missing, expected here: " in message or "found nothing, expected " in message
    assert expected in message


def test_every_mistake_is_told_at_once_in_the_order_of_lines(folder: Path) -> None:
    text = (
        VALID.replace("timeout: 30", "timeout: soon").replace("pages: 3", "pages: x").replace("region: US", "region: 1")
    )
    text = text.replace("port: 8080", "port: -1").replace("${OPENPHONE_API_KEY}", "${UNSET_ONE}")
    error = refusal(folder, text)
    lines = [int(message.split("config.yaml:")[1].split(":")[0]) for message in error.messages]
    assert lines == [2, 5, 13, 26, 36]
    assert str(error) == "\n".join(error.messages)


def test_a_connectors_own_words_are_told_as_they_are(folder: Path) -> None:
    assert str(refusal(folder, replaced("customers.csv", "wild.csv"))).endswith(
        "config.yaml:10: syncs.customers.source: the table 'wild.csv' is not tame"
    )


def test_a_misspelt_required_key_is_one_mistake(folder: Path) -> None:
    assert len(refusal(folder, replaced("firstName:", "fistName:")).messages) == 1


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("openphone:\n\tapi_key: x\n", 2, "found a tab, expected spaces"),
        ("openphone:\n  api_key: x\n timeout: 3\n", 3, "does not fit those above it"),
        ("openphone: {api_key: x\nsyncs: [\n", None, "not closed"),
        ("openphone:\n  api_key: 'x\n", 2, "quotes that are not closed"),
        ("openphone:\n  api_key: *x\n", 2, "begins with '*'"),
        ("openphone:\n  api_key: @x\n", 2, "expected the value to be in quotes"),
        ("openphone:\n  api_key: a: b\n", 2, "a colon that cannot stand here"),
        ("openphone:\n  api_key: !python/object x\n", 2, "begins with '!'"),
        ("openphone:\n  - 'a' b\n", 2, "nothing after a closing quote"),
        ("openphone: {a: [}\n", 1, "in place of a value"),
        ("syncs: {}\n", 1, "found an empty mapping, expected at least 1"),
        ("syncs: [a]\n", 1, "found a list, expected a mapping"),
        ("openphone: x\n---\nsyncs: y\n", 2, "only one"),
        ("openphone: x\x00\n", 1, "a control character"),
        ("- openphone\n- syncs\n", 1, "found a list, expected 'openphone:' and 'syncs:'"),
        ("just text\n", 1, "found plain text, expected"),
        ("{[a]: b}\n", 1, "a list or a mapping as a name"),
        ("a: &a [*a]\n", 1, "the value that it stands in"),
        ("a: " + "[" * 3000, None, "nested too deeply"),
        ("a: " + "9" * 5000, 1, "a number that is too long"),
        ("<<: 5\n", 1, "expected a mapping to merge"),
        ("", None, "found an empty file"),
        ("# only a comment\n", None, "found an empty file"),
    ],
)
def test_what_is_not_yaml_is_told_in_plain_words(folder: Path, text: str, line: int | None, said: str) -> None:
    place = f"{folder / 'config.yaml'}:{'' if line is None else f'{line}: '}"
    messages = refusal(folder, text).messages
    assert any(said in message and message.startswith(place) for message in messages), messages


def test_aliases_that_multiply_are_refused(folder: Path) -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 20)}]" for n in range(1, 8))
    assert "more than 100,000 values" in str(refusal(folder, f"l0: &l0 x\n{levels}\n"))


def test_a_file_that_is_missing_says_how_to_get_one(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such file.*openphone-sync init.*-c FILE"):
        load(folder / "nowhere.yaml", {})


def test_a_folder_is_not_a_configuration(folder: Path) -> None:
    with pytest.raises(ConfigError, match="found a folder, expected a file"):
        load(folder, {})


def test_bytes_that_are_not_utf_8_are_told_with_their_line(folder: Path) -> None:
    path = folder / "config.yaml"
    path.write_bytes(b"openphone:\n  api_key: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"config\.yaml:2: found bytes that are not UTF-8"):
        load(path, {})


@pytest.mark.parametrize(
    "text",
    [
        f"{SECRET}\n",
        f"openphone: {SECRET}\n",
        f"openphone: {{api_key: {SECRET}, api_key: {SECRET}}}\n",
        f"openphone: {{api_kye: {SECRET}}}\n",
        f"openphone: {{api_key: *{SECRET}}}\n",
        f"openphone: {{api_key: '{SECRET}}}\n",
        f"openphone: {{api_key: !{SECRET}}}\n",
        f"openphone:\n  api_key: {SECRET}: x\n",
        f"openphone:\n  - {SECRET}\n",
        f"state: mysql://u:{SECRET}@host/db\n",
        replaced("pages: 3", f"auth: {SECRET}"),
        replaced("pages: 3", f"auth: {{token: [{SECRET}]}}"),
        replaced("pages: 3", f"password: {SECRET}"),
        replaced("pages: 3", f"credentials: {SECRET}"),
        replaced("pages: 3", f"url_password: {SECRET}"),
        replaced("path: customers.csv", "pages: ${OPENPHONE_API_KEY}"),
        replaced("region: US", "region: ${OPENPHONE_API_KEY}"),
        replaced("source_label: contact-sync", "source_label: csv${OPENPHONE_API_KEY}"),
        replaced("pages: 3", "url: ${OPENPHONE_API_KEY}"),
        replaced("path: customers.csv", "path: ${OPENPHONE_API_KEY}"),
        replaced("pages: 3", f"paging: 'x://u:{SECRET}/x@host'"),
        replaced("type: table", f"type: sql\n      url: {SECRET}"),
        replaced("type: table", f"type: crm\n      incremental: {{headers: {{X: [{SECRET}]}}}}"),
        replaced("type: table", f"type: crm\n      auth: {{type: oauth2, params: {{x: {SECRET}, y: 5}}}}"),
    ],
)
def test_a_secret_is_never_shown(folder: Path, text: str) -> None:
    assert SECRET not in str(refusal(folder, text))


@pytest.mark.parametrize("where", ["lock: {place}", "locks: {{front: {place}}}"])
@pytest.mark.parametrize("place", ["{{pin: {0}}}", "{{pin: x, hint: {0}}}", "{0}"])
def test_what_a_connectors_model_calls_a_secret_is_one_whatever_its_name(folder: Path, where: str, place: str) -> None:
    said = str(refusal(folder, replaced("pages: 3", where.format(place=place.format(SECRET)))))
    assert SECRET not in said
    assert "a value (not shown here)" in said


def test_what_no_one_calls_a_secret_is_shown(folder: Path) -> None:
    assert "found 'oblong'" in str(refusal(folder, replaced("pages: 3", "lock: {pin: x, shape: oblong}")))
    text = VALID.replace("Inbound Lead: is_lead", "API key: {column: a, format: odd}")
    assert "found 'odd'" in str(refusal(folder, text))


def test_a_secret_is_not_in_the_configurations_repr(folder: Path) -> None:
    loaded = read(folder, replaced("pages: 3", f"auth: {{token: {SECRET}}}"))
    assert SECRET not in repr(loaded)


HOSTILE = """~ -1 1e999 [] {} [[]] true *a &a !x ${ ${A {0} ' " ? - % @ | > é {a:{b:[c]}} 2026-01-31 999999999999d"""
VALUES = st.sampled_from([*HOSTILE.split(), "", "\t", "<<: {}", "<<: *a", "&a {b: c}", "9" * 5000, "\x07", "k: v"])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mutation_raises_anything_but_a_configuration_error(folder: Path, data: st.DataObject) -> None:
    lines = VALID.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        head, colon, _ = lines[at].partition(":")
        new = data.draw(VALUES | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20))
        kind = data.draw(st.sampled_from(["value", "line", "gone", "twice", "key", "indent"]))
        lines[at : at + 1] = {
            "value": [f"{head}{colon} {new}"],
            "line": [new],
            "gone": [],
            "twice": [lines[at], lines[at]],
            "key": [f"  {new}: x"],
            "indent": [f" {lines[at]}"],
        }[kind] or [""]
    try:
        loaded = read(folder, "\n".join(lines))
    except ConfigError as error:
        message = str(error)
    else:
        message = f"{folder / 'config.yaml'}"
        assert mapped_columns(next(iter(loaded.config.syncs.values())))
        assert loaded.state_url()
    assert message.startswith(f"{folder / 'config.yaml'}")
    assert SECRET not in message

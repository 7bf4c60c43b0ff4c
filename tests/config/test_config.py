"""What config.yaml may say, and what it comes to."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from sync.config import schema as config_schema
from sync.config.file import environment, load
from sync.mapping.columns import mapped_columns, unknown_columns
from sync.options import interval
from sync.plan.options import Limit
from tests.support.config_samples import SECRET, VALID, TableOptions, read, refusal, replaced
from tests.support.paths import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_a_byte_order_mark_is_no_mistake(folder: Path) -> None:
    assert read(folder, "\ufeff" + VALID).config.state == "state.db"


class TestVariables:
    def test_the_environment_wins_over_the_env_file(self, folder: Path) -> None:
        (folder / ".env").write_text("OPENPHONE_API_KEY=from-file\nHOST=${OTHER} # comment\n")
        assert environment(folder, {"OPENPHONE_API_KEY": "given"})["OPENPHONE_API_KEY"] == "given"
        assert environment(folder, {}) == {"OPENPHONE_API_KEY": "from-file", "HOST": "${OTHER}"}
        assert read(folder, VALID, {}).config.openphone.api_key.get_secret_value() == "from-file"

    def test_a_default_stands_in_for_what_is_unset_or_empty(self, folder: Path) -> None:
        text = replaced("port: 8080", "port: ${PORT:-9090}")
        key = {"OPENPHONE_API_KEY": SECRET}
        assert read(folder, text).config.server.port == 9090
        assert read(folder, text, {**key, "PORT": ""}).config.server.port == 9090
        assert read(folder, text, {**key, "PORT": "7070"}).config.server.port == 7070

    def test_a_value_cannot_bring_yaml_with_it(self, folder: Path) -> None:
        text = replaced("path: customers.csv", "path: ${FILE}")
        value = "a.csv\n    key: [stolen]\n#{}"
        loaded = read(folder, text, {"OPENPHONE_API_KEY": SECRET, "FILE": value})
        assert loaded.sources["customers"].model_dump()["path"] == value
        assert loaded.config.syncs["customers"].key == ("id",)

    def test_two_dollars_stand_for_the_text_itself(self, folder: Path) -> None:
        text = replaced("{title} ({team})", "$${title} pa$$ $5")
        assert read(folder, text).config.syncs["customers"].fields.role.template == "${title} pa$$ $5"  # type: ignore[union-attr]

    def test_an_env_file_that_is_not_text_is_a_mistake(self, folder: Path) -> None:
        (folder / ".env").write_bytes(b"A=\xff\xfe\n")
        assert "not UTF-8" in str(refusal(folder, VALID))

    def test_an_unset_variable_is_one_mistake(self, folder: Path) -> None:
        assert len(refusal(folder, VALID, {}).messages) == 1
        assert len(refusal(folder, replaced("[company, account]", "['${NIX}']")).messages) == 1


class TestWhatIsRight:
    def test_the_interfaces_example(self, folder: Path) -> None:
        loaded = read(folder, VALID)
        sync = loaded.config.syncs["customers"]
        assert sync.fields.company is not None
        assert sync.fields.company.columns == ("company", "account")
        assert sync.max_deletes == Limit(percent=10)
        assert loaded.sources["customers"] == TableOptions(path="customers.csv", pages=3)
        assert loaded.source_type("customers") == "table"
        assert (loaded.path, loaded.folder) == (folder / "config.yaml", folder)
        assert loaded.context.folder == folder

    def test_a_point_may_stand_in_a_columns_name(self, folder: Path) -> None:
        sync = read(folder, replaced("{title} ({team})", "{owner.name} {{x}}")).config.syncs["customers"]
        assert ("fields.role.template", "owner.name") in mapped_columns(sync)

    @pytest.mark.parametrize("code", ["NO", "no", "US", "gb"])
    def test_norway_is_a_country(self, folder: Path, code: str) -> None:
        assert read(folder, replaced("region: US", f"region: {code}")).config.syncs["customers"].region == code.upper()

    def test_keys_are_the_text_that_was_written(self, folder: Path) -> None:
        text = replaced("Inbound Lead: is_lead", "Inbound Lead: {column: x, map: {yes: true, no: false, 1: 2, 007: ~}}")
        spec = read(folder, text).config.syncs["customers"].customFields["Inbound Lead"]
        assert spec.map == {"yes": True, "no": False, "1": 2, "007": None}

    def test_a_mapping_can_be_shared(self, folder: Path) -> None:
        text = replaced("  customers:\n", "  customers: &base\n")
        text = text.replace("server:\n", "  more:\n    <<: *base\n    region: DE\nserver:\n")
        syncs = read(folder, text).config.syncs
        assert (syncs["more"].region, syncs["more"].key, syncs["customers"].region) == ("DE", ("id",), "US")

    def test_headings_with_nothing_below_them(self, folder: Path) -> None:
        text = VALID.replace("  host: 127.0.0.1\n  port: 8080\n", "").replace("emails: {work: email}", "emails:")
        assert read(folder, text).config.server.port == 8080

    def test_a_key_may_be_absent_where_contact_ids_are_written_back(self, folder: Path) -> None:
        text = replaced("    key: id\n", "").replace("pages: 3", "write_back: {contactId: contact}")
        assert read(folder, text).config.syncs["customers"].key is None

    def test_a_fixed_value_may_be_false_or_nothing(self, folder: Path) -> None:
        for value in ("false", "~", "0"):
            read(folder, replaced("Inbound Lead: is_lead", f"Inbound Lead: {{value: {value}}}"))

    @pytest.mark.parametrize(
        ("state", "url"),
        [
            ("state.db", "sqlite:///{folder}/state.db"),
            ("/var/lib/s.db", "sqlite:////var/lib/s.db"),
            ("sqlite:///x.db", "sqlite:///x.db"),
            ("postgresql://u:p@h/d", "postgresql://u:p@h/d"),
            ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ],
    )
    def test_the_states_address(self, folder: Path, state: str, url: str) -> None:
        loaded = read(folder, replaced("state: state.db", f"state: {state}"))
        assert loaded.state_url() == url.format(folder=folder)

    @pytest.mark.parametrize(
        "text",
        ["*/15 * * * *", "0 9-17 * * mon-fri", "5,10 0 1 JAN *", "0 0 * * 7", "0-30/10 2 1-15 1,6 sun", "0 0 * * 5-7"],
    )
    def test_cron_expressions(self, folder: Path, text: str) -> None:
        assert read(folder, replaced("0 * * * *", text)).config.syncs["customers"].schedule == text


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2s", 2),
        ("15m", 900),
        ("1.5h", 5400),
        ("1d", 86400),
        ("0s", None),
        ("1w", None),
        ("999999999999d", None),
        ("", None),
    ],
)
def test_intervals(text: str, span: int | None) -> None:
    assert interval(text) == (None if span is None else timedelta(seconds=span))


def test_limits() -> None:
    assert (Limit.parse("10%").allows(57), Limit.parse(25).allows(3), str(Limit.parse("2.5%"))) == (5, 25, "2.5%")
    for wrong in ("", "ten", "-1", "1.5", "101%", True, None, [1]):
        with pytest.raises(ValueError, match="is not a limit: expected a number such as 25"):
            Limit.parse(wrong)


class TestColumns:
    def test_every_mapped_column_with_the_key_that_maps_it(self, folder: Path) -> None:
        columns = mapped_columns(read(folder, VALID).config.syncs["customers"])
        assert columns[:4] == [
            ("key", "id"),
            ("fields.firstName", "first_name"),
            ("fields.lastName", "last_name"),
            ("fields.company", "company"),
        ]
        assert ("fields.role.template", "team") in columns
        assert ("fields.phoneNumbers.work", "office_phone") in columns
        assert ("customFields.tags", "tags") in columns
        assert columns[-1] == ("source_url", "id")

    def test_unknown_columns_are_told_with_the_nearest_one(self, folder: Path) -> None:
        sync = read(folder, replaced("first_name", "Fist Name")).config.syncs["customers"]
        header = [column for _, column in mapped_columns(sync) if column != "Fist Name"]
        assert unknown_columns(sync, [*header, "First Name"], "customers") == [
            "unknown column 'Fist Name' (syncs.customers.fields.firstName): the source has id, last_name, company, "
            "account, title, team, phone, office_phone, email, is_lead, tags, since, …; did you mean 'First Name'?"
        ]

    def test_nothing_is_unknown_where_all_are_there(self, folder: Path) -> None:
        sync = read(folder, VALID).config.syncs["customers"]
        assert unknown_columns(sync, [column for _, column in mapped_columns(sync)]) == []
        assert "the source has no columns" in unknown_columns(sync, [])[0]


class TestFilesBesideTheProgram:
    def test_the_example_loads_and_names_every_key(self) -> None:
        loaded = load(ROOT / "config.example.yaml", {"OPENPHONE_API_KEY": "x"})
        sync = loaded.config.syncs["customers"]
        assert set(type(sync).model_fields) == sync.model_fields_set
        assert set(type(sync.fields).model_fields) == sync.fields.model_fields_set
        assert set(type(loaded.config).model_fields) == loaded.config.model_fields_set

    @pytest.mark.parametrize("text", [VALID, (ROOT / "config.example.yaml").read_text(encoding="utf-8")])
    def test_what_is_right_is_right_by_the_schema_too(self, text: str) -> None:
        jsonschema.Draft202012Validator.check_schema(config_schema.schema())
        jsonschema.validate(yaml.safe_load(text), config_schema.schema())

    @pytest.mark.parametrize(
        ("old", "new"),
        [("firstName: first_name", "firstname: a"), ("region: US", "region: [x]"), ("port: 8080", "port: web"),
         ("lastName: last_name", "lastName: 5"), ("max_deletes: 10%", "max_deletes: many"), ("type: table", "typ: a")],
    )  # fmt: skip
    def test_what_is_wrong_is_wrong_by_the_schema_too(self, old: str, new: str) -> None:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(replaced(old, new)), config_schema.schema())

    def test_the_schema_lets_a_variable_stand_for_a_number(self) -> None:
        text = replaced("port: 8080", "port: ${PORT:-8080}").replace("timeout: 30", "timeout: ${T}")
        jsonschema.validate(yaml.safe_load(text), config_schema.schema())

    def test_the_schemas_file_is_fresh(self) -> None:
        stored = json.loads((ROOT / "docs" / "config.schema.json").read_text(encoding="utf-8"))
        assert stored == config_schema.schema(), "renew it: python -m sync.config.schema > docs/config.schema.json"

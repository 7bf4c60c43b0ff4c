"""What is said when Google, the credentials or the spreadsheet are not as they should be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Connector, SourceConfigError, SourceError
from connectors.contract import check_refuses
from tests.support.google_sheet_bench import ALL, ID, PEOPLE, Clock, Make, maker, results, rows_of
from tests.support.sheets_grid import Refused
from tests.support.sheets_server import ACCOUNT, SheetsServer


@pytest.fixture
def make(google: SheetsServer, tmp_path: Path) -> Make:
    return maker(google, tmp_path, Clock())


class TestMistakes:
    """Each is one clear message; ``config``: it is the configuration that is wrong (exit 2)."""

    async def refuses(self, make: Callable[[], Connector], *, config: bool) -> str:
        error = await check_refuses(make, SourceConfigError if config else SourceError)
        assert isinstance(error, SourceConfigError) == config
        message = str(error)
        assert "\n" not in message
        assert "PRIVATE KEY" not in message
        assert "token-" not in message
        return message

    async def test_a_spreadsheet_that_does_not_exist(self, make: Make) -> None:
        assert ID in await self.refuses(make, config=True)

    async def test_a_spreadsheet_that_is_not_shared_names_the_account_to_share_it_with(
        self, google: SheetsServer, make: Make
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        google.roles[ID] = "none"
        message = await self.refuses(make, config=False)
        assert f"press Share, enter {ACCOUNT} and choose Viewer" in message
        assert "choose Editor" in await self.refuses(lambda: make(write_back=ALL), config=False)

    async def test_a_sheet_that_is_shared_for_reading_only_is_not_written(
        self, google: SheetsServer, make: Make
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        google.roles[ID] = "reader"
        connector = make(write_back=ALL)
        rows = await rows_of(connector)
        with pytest.raises(SourceError, match=f"{ACCOUNT} may not edit .* choose Editor"):
            await connector.write_back(results(rows))

    async def test_a_worksheet_that_does_not_exist_lists_those_that_do(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Customers", PEOPLE)
        google.add(ID, "Old ones", PEOPLE)
        message = await self.refuses(lambda: make(worksheet="Sheet1"), config=True)
        assert "'Sheet1'" in message
        assert "'Customers', 'Old ones'" in message

    async def test_a_header_row_that_is_empty(self, google: SheetsServer, make: Make) -> None:
        google.add(ID, "Sheet1", [])
        assert "Row 1 of worksheet 'Sheet1' is empty" in await self.refuses(make, config=False)
        assert "Row 5000" in await self.refuses(lambda: make(header_row=5000), config=False)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (None, "does not exist"),
            ("not json", "is not JSON"),
            ("[]", "is not a service account's key"),
            ("{}", "of type None"),
            ('{"installed": {"client_secret": "s3cret"}}', "an OAuth client's secret"),
            ('{"type": "service_account", "private_key": "s3cret"}', "not complete"),
            ('{"type": "external_account"}', "not complete"),
            ('{"type": "authorized_user"}', "not complete"),
        ],
    )
    async def test_a_credentials_file_that_is_none(
        self, make: Make, tmp_path: Path, content: str | None, said: str
    ) -> None:
        file = tmp_path / "other.json"
        if content is not None:
            file.write_text(content)
        message = await self.refuses(lambda: make(credentials="other.json"), config=True)
        assert said in message
        assert str(file) in message
        assert "s3cret" not in message

    async def test_a_private_key_that_is_none(self, google: SheetsServer, make: Make, tmp_path: Path) -> None:
        google.key_file(tmp_path, private_key="-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n")
        message = await self.refuses(make, config=True)
        assert "not complete" in message
        assert "s3cret" not in message

    async def test_no_credentials_at_all(self, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
        monkeypatch.setenv("NO_GCE_CHECK", "true")
        message = await self.refuses(lambda: make(credentials=""), config=True)
        assert "set 'credentials' to a service account's key file" in message

    async def test_an_api_that_is_not_enabled_gives_the_address_to_enable_it(
        self, google: SheetsServer, make: Make
    ) -> None:
        refused = Refused(403, "…", "PERMISSION_DENIED", "SERVICE_DISABLED", consumer="projects/123")
        google.fail("GET", 403, refused.payload)
        message = await self.refuses(make, config=False)
        assert (
            "https://console.cloud.google.com/apis/library/sheets.googleapis.com?project=123, press Enable" in message
        )

    async def test_a_token_without_the_right_to_sheets(self, google: SheetsServer, make: Make) -> None:
        refused = Refused(403, "…", "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
        google.fail("GET", 403, refused.payload)
        assert "gcloud auth application-default login --scopes" in await self.refuses(make, config=False)

    async def test_an_excel_file(self, google: SheetsServer, make: Make) -> None:
        refused = Refused(400, "This operation is not supported for this document", "FAILED_PRECONDITION")
        google.fail("GET", 400, refused.payload)
        assert "Save as Google Sheets" in await self.refuses(make, config=True)

    async def test_credentials_that_google_refuses(self, google: SheetsServer, make: Make) -> None:
        payload = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        google.fail("POST /token", 400, payload, times=9)
        message = await self.refuses(make, config=False)
        assert f"{ACCOUNT} (invalid_grant: Invalid JWT Signature.)" in message

    async def test_a_token_that_sheets_refuses(self, google: SheetsServer, make: Make) -> None:
        google.fail("GET", 401, Refused(401, "Invalid credentials", "UNAUTHENTICATED").payload, times=99)
        assert "did not accept the token" in await self.refuses(make, config=False)

    async def test_an_answer_that_is_a_web_page(self, google: SheetsServer, make: Make) -> None:
        google.fail("GET", 200, "<html>log in to the proxy</html>", times=99)
        assert "Is there a proxy" in await self.refuses(make, config=False)

    @pytest.mark.parametrize("payload", [[], "[]", {}])
    async def test_an_answer_of_another_shape(self, google: SheetsServer, make: Make, payload: Any) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        connector = make(write_back=ALL)
        told = results(await rows_of(connector))
        google.fail("batchGet", 200, payload, times=99)
        with pytest.raises(SourceError, match="Is there a proxy"):
            await connector.write_back(told)

    async def test_a_person_s_credentials_without_a_project(self, google: SheetsServer, make: Make) -> None:
        said = "The sheets.googleapis.com API requires a quota project, which is not set by default."
        refused = Refused(403, said, "PERMISSION_DENIED", "SERVICE_DISABLED", consumer="projects/764086051850")
        google.fail("GET", 403, refused.payload)
        assert "application-default set-quota-project" in await self.refuses(make, config=False)

    async def test_an_error_that_no_rule_knows_is_passed_on_in_one_line(self, google: SheetsServer, make: Make) -> None:
        google.fail("GET", 418, Refused(418, "teapot\n" * 200, "X").payload)
        message = await self.refuses(make, config=False)
        assert "HTTP 418" in message
        assert len(message) < 400

    async def test_a_redirect_is_not_followed_with_our_token(self, google: SheetsServer, make: Make) -> None:
        with SheetsServer() as elsewhere:
            google.fail("GET", 302, {}, headers={"Location": f"{elsewhere.url}/v4/spreadsheets/{ID}"})
            assert "where credentials do not go" in await self.refuses(make, config=False)
            assert not elsewhere.headers

    async def test_a_netrc_does_not_replace_the_token(
        self, google: SheetsServer, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        google.add(ID, "Sheet1", PEOPLE)
        (tmp_path / "netrc").write_text("default login me password s3cret")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        assert len(await rows_of(make())) == 3

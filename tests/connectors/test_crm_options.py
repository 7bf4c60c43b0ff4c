"""What a ``crm`` source's configuration may say, and the sentences for what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import load
from connectors.crm import CrmConnector, CrmOptions

GOOD: dict[str, Any] = {"url": "https://crm.example.com/people", "paging": "none"}


def complaint(**changes: Any) -> str:
    """Why a configuration is refused."""
    with pytest.raises(ValidationError) as caught:
        CrmOptions.model_validate({**GOOD, **changes})
    return str(caught.value)


def test_it_is_found_by_its_name() -> None:
    assert load("crm").__name__ == CrmConnector.__name__


def test_little_is_enough() -> None:
    options = CrmOptions.model_validate(GOOD)
    assert (options.method, options.records, options.auth.type) == ("GET", "@", "none")


def test_paging_must_be_said() -> None:
    with pytest.raises(ValidationError, match="paging"):
        CrmOptions.model_validate({"url": "https://crm.example.com"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "crm.example.com"}, "must begin with https://"),
        ({"url": "https://me:secret@crm.example.com"}, "give them under 'auth' instead"),
        ({"url": "https://crm.example.com:99999/"}, "is not an address"),
        ({"records": "data["}, "is not a JMESPath expression"),
        ({"columns": {"phone": "phones[?"}}, "is not a JMESPath expression"),
        ({"pagination": "none"}, "pagination"),
        ({"paging": {"type": "cursor"}}, "cursor"),
        ({"paging": {"type": "page", "size_param": "limit"}}, "'size_param' needs 'size'"),
        ({"paging": {"type": "offset", "anchor": "id", "size": 1}}, "'anchor' repeats a record"),
        ({"paging": {"type": "page", "end": "short"}}, "'end: short' needs 'size'"),
        ({"paging": {"type": "page", "end": "short", "size": 10}}, "'end: short' needs 'total'"),
        ({"auth": {"type": "api_key", "key": "k"}}, "exactly one of 'header' and 'param'"),
        ({"auth": {"type": "bearer", "token": ""}}, "token"),
        ({"incremental": {}}, "nothing says since when"),
        ({"incremental": {"param": "since", "full_every": "daily"}}, "is not an interval"),
        ({"preset": "hubsport"}, "there is no preset 'hubsport': choose one of airtable, attio, hubspot"),
        ({"preset": "airtable", "url": None, "token": "t"}, "needs 'base'"),
        ({"token": "t", "auth": {"type": "bearer", "token": "u"}}, "not both"),
    ],
)
def test_a_mistake_is_explained(changes: dict[str, Any], said: str) -> None:
    if changes.get("url", "") is None:
        with pytest.raises(ValidationError, match=said):
            CrmOptions.model_validate({key: value for key, value in changes.items() if value is not None})
    else:
        assert said in complaint(**changes)


def test_a_token_alone_is_a_bearer_token() -> None:
    options = CrmOptions.model_validate({**GOOD, "token": "abc"})
    assert options.auth.type == "bearer"
    assert options.auth.token.get_secret_value() == "abc"


@pytest.mark.parametrize(
    "secrets",
    [
        {"token": "s3cr3t-value"},
        {"auth": {"type": "basic", "username": "me", "password": "s3cr3t-value"}},
        {"auth": {"type": "api_key", "param": "key", "key": "s3cr3t-value"}},
        {"headers": {"X-Key": "s3cr3t-value"}},
    ],
)
def test_secrets_do_not_show(secrets: dict[str, Any]) -> None:
    assert "s3cr3t" not in repr(CrmOptions.model_validate({**GOOD, **secrets}))
    assert "s3cr3t" not in complaint(**secrets, timeout=-1)

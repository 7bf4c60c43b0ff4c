"""What a ``crm`` source's configuration may say. Data only; presets are merged in before it is checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from connectors.base import Options
from connectors.crm.fields import Address, ColumnName, Expression, Interval, Json, Param, Part
from connectors.crm.placing import placed
from connectors.crm.presets import merged


class NoAuth(Part):
    """An API that asks for no credentials."""

    type: Literal["none"] = "none"


class BearerAuth(Part):
    """``Authorization: Bearer <token>``; ``scheme`` is the word before the token."""

    type: Literal["bearer"]
    token: SecretStr = Field(min_length=1, description="the token that the CRM gave you")
    scheme: str = "Bearer"


class ApiKeyAuth(Part):
    """A key in a header of its own, or in a parameter of the address."""

    type: Literal["api_key"]
    key: SecretStr = Field(min_length=1, description="the key that the CRM gave you")
    header: str | None = None
    param: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> ApiKeyAuth:
        if (self.header is None) == (self.param is None):
            raise ValueError("give exactly one of 'header' and 'param': where the API expects its key")
        return self


class BasicAuth(Part):
    """HTTP basic authentication."""

    type: Literal["basic"]
    username: SecretStr = Field(description="the user to log in as, or the key that some APIs want in its place")
    password: SecretStr = SecretStr("")


class OAuth2Auth(Part):
    """OAuth2 without a person: client credentials, or a refresh token where one is given."""

    type: Literal["oauth2"]
    token_url: Address = Field(description="the address that gives tokens")
    client_id: str = Field(description="the OAuth2 client's id")
    client_secret: SecretStr = Field(description="the OAuth2 client's secret")
    refresh_token: SecretStr | None = None
    scope: str | None = None
    params: dict[str, SecretStr] = Field(default_factory=dict)
    client_auth: Literal["body", "basic"] = "body"
    scheme: str = "Bearer"


Auth = Annotated[NoAuth | BearerAuth | ApiKeyAuth | BasicAuth | OAuth2Auth, Field(discriminator="type")]


class Pages(Part):
    """What every way of paging may say: ``sure`` that all came, though the last answer looks as if there were more."""

    sure: bool = False


class SinglePage(Pages):
    """The API answers with everything at once."""

    type: Literal["none"] = "none"


class Sized(Pages):
    """The size of a page, where the paging parameters go, and what in an answer says whether there is more."""

    size: int | None = Field(default=None, gt=0)
    size_param: str | None = None
    send: Literal["query", "body"] = "query"
    more: Expression | None = None

    @model_validator(mode="after")
    def _size_is_sent(self) -> Sized:
        if self.size_param is not None and self.size is None:
            raise ValueError("'size_param' needs 'size': how many records to ask for")
        return self


class Counted(Sized):
    """Pages that are asked for by counting, and end with an empty page unless the API tells otherwise."""

    end: Literal["empty", "short"] = "empty"

    @model_validator(mode="after")
    def _short_of_what(self) -> Counted:
        if self.end == "short" and self.size is None:
            raise ValueError("'end: short' needs 'size': a page is short of what?")
        return self


class PagePaging(Counted):
    """Pages by number."""

    type: Literal["page"]
    param: str = "page"
    first: int = 1


class OffsetPaging(Counted):
    """Pages by the number of records to skip.

    ``anchor`` identifies a record, such as ``id``: each page then begins with the record that the one before ended
    with, so that records which come or go meanwhile cannot slip through unnoticed.
    """

    type: Literal["offset"]
    param: str = "offset"
    anchor: Expression | None = None

    @model_validator(mode="after")
    def _room_for_the_anchor(self) -> OffsetPaging:
        if self.anchor is not None and (self.end == "short" or self.size == 1):
            raise ValueError("'anchor' repeats a record on every page: it goes with 'end: empty' and a 'size' above 1")
        return self


class CursorPaging(Sized):
    """Each answer holds the cursor of the next page: in its body (``cursor``) or in a header (``next_header``)."""

    type: Literal["cursor"]
    param: str = Field(description="the parameter that takes the cursor")
    cursor: Expression | None = None
    next_header: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> CursorPaging:
        if (self.cursor is None) == (self.next_header is None):
            raise ValueError(
                "give exactly one of 'cursor' (a JMESPath expression) and 'next_header': where the answer holds the "
                "cursor of the next page"
            )
        return self


class Addressed(Sized):
    """Each answer names the address of the next page.

    ``keep_origin``: only its path and parameters count; behind a proxy an API names its inner host, or http.
    """

    keep_origin: bool = False


class NextPaging(Addressed):
    """The address of the next page stands in the answer's body (``next``) or in a header (``next_header``)."""

    type: Literal["next"]
    next: Expression | None = None
    next_header: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> NextPaging:
        if (self.next is None) == (self.next_header is None):
            raise ValueError(
                "give exactly one of 'next' (a JMESPath expression) and 'next_header': where the answer holds the next "
                "page's address"
            )
        return self


class LinkPaging(Addressed):
    """Each answer names the next page in its Link header."""

    type: Literal["link"]


def _paging_word(raw: object) -> object:
    return {"type": raw} if isinstance(raw, str) else raw


Paging = Annotated[
    Annotated[
        SinglePage | PagePaging | OffsetPaging | CursorPaging | NextPaging | LinkPaging,
        Field(discriminator="type"),
    ],
    BeforeValidator(_paging_word),
]


class Incremental(Part):
    """How to ask only for what changed. ``{since}`` stands for the moment, in ``format``.

    ``param`` is short for ``params: {<param>: "{since}"}``. ``url``, ``method``, ``params``, ``headers``, ``body``,
    ``paging`` and ``total`` replace those of the full read. ``max_records`` is how much the API gives away in this
    way: where more changed, everything is read instead.
    """

    param: str | None = None
    format: str = "iso"
    overlap: Interval = timedelta(minutes=5)
    full_every: Interval = timedelta(days=1)
    url: Address | None = None
    method: Literal["GET", "POST"] | None = None
    params: dict[str, Param] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict, json_schema_extra={"writeOnly": True})
    body: Json = None
    paging: Paging | None = None
    total: Expression | None = None
    max_records: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _says_since(self) -> Incremental:
        places = (self.params, self.headers, self.body, self.url)
        if self.param is None and not any("{since}" in str(place) for place in places):
            raise ValueError("nothing says since when: give 'param', or write {since} in params, headers, body or url")
        return self


class CrmOptions(Options):
    """A JSON-over-HTTP API: where it is, how to get in, how to turn its pages, and what is in a record."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["crm"] = "crm"
    preset: str | None = None
    url: Address = Field(description="the address that lists the records, such as https://api.example.com/v1/people")
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, Param] = Field(default_factory=dict)
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    body: Json = None
    auth: Auth = NoAuth()
    paging: Paging = Field(description="how pages follow one another: none, link, or a mapping with 'type'")
    records: Expression = "@"
    record_key: ColumnName | None = None
    columns: dict[ColumnName, Expression] = Field(default_factory=dict)
    columns_from: Expression | None = None
    filter: Expression | None = None
    deleted: Expression | None = None
    empty_values: tuple[Json, ...] = ()
    total: Expression | None = None
    total_header: str | None = None
    empty_status: tuple[int, ...] = ()
    error_when: Expression | None = None
    retry_when: Expression | None = None
    incremental: Incremental | None = None
    requests_per_second: float = Field(default=5, gt=0)
    timeout: float = Field(default=30, gt=0)
    retries: int = Field(default=4, ge=0, le=10)
    retry_wait: float = Field(default=1, ge=0, le=60)
    max_pages: int = Field(default=10_000, gt=0)
    max_page_mb: float = Field(default=64, gt=0)

    @model_validator(mode="after")
    def _short_pages_are_counted(self) -> CrmOptions:
        short = isinstance(self.paging, Counted) and self.paging.end == "short"
        if short and self.total is None and self.total_header is None:
            raise ValueError(
                "'end: short' needs 'total' or 'total_header': without a total, an API that gives smaller pages than "
                "it is asked for would seem to have ended"
            )
        return self

    @model_validator(mode="after")
    def _the_body_has_room(self) -> CrmOptions:
        _try_placing(self.paging, self.body)
        if self.incremental is not None:
            body = self.body if self.incremental.body is None else self.incremental.body
            _try_placing(self.incremental.paging or self.paging, body)
        return self

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, raw: Any) -> Any:
        return merged(raw) if isinstance(raw, dict) else raw


def _try_placing(paging: Paging, body: Any) -> None:
    """Raises ValueError where the paging parameters have no place in the body."""
    if isinstance(paging, Sized) and paging.send == "body":
        names = (getattr(paging, "param", None), paging.size_param)
        for name in filter(None, names):
            body = placed(body, name, 0)

"""Pages as they are sent: templates, the policy that lets nothing in from elsewhere, answers and their headers."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sync.redaction import printable

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'nonce-{nonce}'",
        "img-src data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_LIVE = "; script-src 'nonce-{nonce}'; connect-src 'self'"
"""What a page that shows progress may do besides: run the one script that it carries, which asks this site alone."""


_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of the text that follows, in a name as well as in what stands behind it."""


class Pages:
    """Makes pages of templates and values."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("sync.daemon.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_fit,
        )
        self._templates.globals["link"] = link

    def page(self, template: str, *, status: int = 200, live: bool = False, **values: object) -> web.Response:
        """The page. ``live``: it shows how runs under way go on."""
        nonce = secrets.token_urlsafe(16)
        text = self._templates.get_template(template).render(nonce=nonce, live=live, **values)
        policy = (_POLICY + (_LIVE if live else "")).format(nonce=nonce)
        body = text.encode("utf-8", "replace")  # a contact may hold half a letter
        headers = {"Content-Security-Policy": policy}
        return web.Response(body=body, content_type="text/html", charset="utf-8", status=status, headers=headers)


def see_other(address: str) -> web.Response:
    """Where to go once a form was taken."""
    return web.Response(status=303, headers={"Location": address})


def link(path: str, /, **query: object) -> str:
    """An address on this site; what is None is left out."""
    given = {name: str(value) for name, value in query.items() if value is not None and value != ""}
    return quote(path, safe="/", errors="replace") + (f"?{urlencode(given, errors='replace')}" if given else "")


def contact_link(sync: str, external_id: str) -> str:
    """The address of a contact's page. The key may be anything: a path would read some keys as steps up."""
    return link("/contacts", sync=sync, key=external_id)


def number_in(query: Mapping[str, str], name: str, *, least: int = 0) -> int:
    """A number of the address; ``least`` where there is none."""
    text = query.get(name, "")
    return max(least, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else least


def _fit(value: object) -> object:
    """Nothing that is put into a page commands the browser, or is half a letter."""
    return _TURNS.sub("\ufffd", printable(value)) if type(value) is str and not isinstance(value, Markup) else value

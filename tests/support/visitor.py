"""Somebody at the daemon's page without a browser: presses the buttons that are really there. For tests."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.support.daemons import TOKEN, Answer, DaemonProcess

_FORM = re.compile(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_BOX = re.compile(r'<input type="checkbox" name="([^"]+)" value="([^"]*)" checked>')


@dataclass
class Visitor:
    """One person, signed in or not; ``page`` is what they look at, ``at`` its address."""

    daemon: DaemonProcess
    cookie: str = ""
    at: str = "/"
    page: str = ""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    def sign_in(self) -> Visitor:
        answer = self.daemon.post("/login", {"token": TOKEN})
        assert answer.status == 303
        self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return self

    def go(self, address: str) -> str:
        """Look at a page of the site, wherever it leads."""
        answer = self._get(address)
        while answer.status == 303:
            address = answer.headers["Location"]
            answer = self._get(address)
        self.at, self.page, self.status, self.headers = address, answer.text, answer.status, answer.headers
        return self.text

    @property
    def text(self) -> str:
        """What is to be read on the page."""
        body = re.sub(r"<(style|script).*?</\1>", "", self.page, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def buttons(self) -> list[str]:
        """The labels of everything that can be pressed, but the search."""
        return [
            " ".join(each.split()) for each in re.findall(r"<button(?! type=\"submit\">Search)[^>]*>(.*?)<", self.page)
        ]

    def press(self, label: str, *, without: Collection[str] = ()) -> str:
        """Press the button of this label, with all boxes ticked but those ``without``; look at where that leads."""
        action, form = next(
            (html.unescape(action), inside)
            for action, inside in _FORM.findall(self.page)
            if re.search(rf"<button[^>]*>{re.escape(html.escape(label, quote=False))}</button>", inside)
        )
        fields = [(name, html.unescape(value)) for name, value in _HIDDEN.findall(form)]
        boxes = [(name, html.unescape(value)) for name, value in _BOX.findall(form)]
        fields += [(name, value) for name, value in boxes if value not in without]
        assert all(any(value == each for _, value in boxes) for each in without), "no such box"
        answer = self.send(action, fields)
        assert answer.status == 303, answer.text
        return self.go(answer.headers["Location"])

    def send(self, action: str, fields: list[tuple[str, str]]) -> Answer:
        """A form as it is."""
        body = "&".join(f"{quote(name)}={quote(value)}" for name, value in fields)
        return self.daemon.send(action, body, {"Cookie": self.cookie} if self.cookie else {})

    def _get(self, address: str) -> Answer:
        return self.daemon.get(address, **({"Cookie": self.cookie} if self.cookie else {}))

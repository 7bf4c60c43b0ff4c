"""A web page in place of a file: share links that show something to people, and how to get the file itself. Pure."""

from __future__ import annotations

import re

from yarl import URL

_PAGE = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head)\b", re.I | re.S
)


def looks_like_a_page(beginning: bytes, content_type: str) -> bool:
    """Whether this is a page, whatever the address promised."""
    if _PAGE.match(beginning):
        return True
    return content_type in ("text/html", "application/xhtml+xml") and beginning.lstrip()[:1] == b"<"


def what_page(url: URL, shown: str) -> str:
    """What to say of a page that came from ``url``, and what to do."""
    return f"{shown} gives a web page (HTML) and not the file: {_advice(url)}"


def _advice(url: URL) -> str:
    host, path = url.host or "", url.path
    if host == "accounts.google.com" or (host.endswith("google.com") and "signin" in path.lower()):
        return (
            "Google asks to sign in. In the sheet choose File > Share > Publish to web and 'Comma-separated values', "
            "or share it with anyone who has the link; better still, use 'type: google_sheets'"
        )
    if host == "docs.google.com" and path.startswith("/spreadsheets/"):
        if "/d/e/" in path:
            return "in Google Sheets choose File > Share > Publish to web, and 'Comma-separated values', not 'Web page'"
        return (
            "it is where people edit a Google sheet. Use 'type: google_sheets', or choose File > Share > Publish to "
            "web and 'Comma-separated values', and give that link"
        )
    if host == "drive.google.com":
        return "give https://drive.google.com/uc?export=download&id=… with the long part of the link in place of '…'"
    if host == "dropbox.com" or host.endswith(".dropbox.com"):
        return "in a Dropbox link write dl=1 where dl=0 stands"
    if host.endswith(
        ("sharepoint.com", "1drv.ms", "onedrive.live.com", "onedrive.com", "live.com", "microsoftonline.com")
    ):
        return (
            "OneDrive shows a page to people. Share it with 'Anyone with the link' and add download=1 to the link's "
            "parameters (&download=1)"
        )
    if host == "github.com" and "/blob/" in path:
        return "press 'Raw' on that page, and give the address that follows"
    return "it asks to sign in, or is meant for people: look for a 'download' link, and give that one"

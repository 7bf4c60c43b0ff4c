"""The way to another machine: its proxy, and whose certificates are trusted; one rule for everything that speaks HTTP.

``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``, ``SSL_CERT_FILE`` and ``REQUESTS_CA_BUNDLE`` say it,
in the environment. This machine itself is asked directly. Knows nothing of what is asked.
"""

from __future__ import annotations

import ssl
from urllib.request import getproxies

import aiohttp
from yarl import URL

from connectors.this_machine import is_this_machine
from connectors.trust import NetworkMisconfigured, tls, untrusted

__all__ = ["UNTRUSTED", "NetworkMisconfigured", "proxy_for", "refused_by_proxy", "tls", "untrusted"]


UNTRUSTED = (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError, ssl.SSLCertVerificationError)
"""What aiohttp raises where the other side's certificate, or its TLS, is not to be trusted: no second try mends it."""


def proxy_for(url: URL) -> URL | None:
    """The proxy that leads to an address; None where it is asked directly. Raises NetworkMisconfigured."""
    if is_this_machine(url.host):
        return None
    known = getproxies()
    given = known.get(url.scheme) or known.get("all")
    if not given or _goes_past(url):
        return None
    proxy = URL(given if "://" in given else f"http://{given}")
    if proxy.scheme not in ("http", "https") or not proxy.host:
        raise NetworkMisconfigured(
            f"the proxy for {url.scheme} addresses ({proxy.scheme}://{proxy.host or '…'}) is of a kind that cannot be "
            f"used here: give an http:// one in {url.scheme.upper()}_PROXY, or name {url.host} in NO_PROXY"
        )
    return proxy


def refused_by_proxy(status: int) -> str:
    """What to say of a proxy that does not lead to where we want."""
    if status == 407:
        return "the proxy wants a user and password (HTTP 407): write http://user:password@… in HTTPS_PROXY"
    return f"the proxy refused to lead there (HTTP {status}): ask who runs it, or name the host in NO_PROXY"


def _goes_past(url: URL) -> bool:
    from requests.utils import should_bypass_proxies  # the same rules for every library; slow to import

    return bool(should_bypass_proxies(str(url.origin()), no_proxy=None))

"""The way to another machine: its proxy, and whose certificates are trusted; one rule for everything that speaks HTTP.

``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``, ``SSL_CERT_FILE`` and ``REQUESTS_CA_BUNDLE`` say it,
in the environment. This machine itself is asked directly. Knows nothing of what is asked.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from urllib.request import getproxies

import aiohttp
from yarl import URL

from connectors.this_machine import is_this_machine

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class NetworkMisconfigured(Exception):
    """The environment describes a way that cannot be taken; the message is for the user."""


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


def tls() -> ssl.SSLContext:
    """Whom to trust: the system's authorities, or those of ``SSL_CERT_FILE``, and those of ``REQUESTS_CA_BUNDLE``.

    Raises NetworkMisconfigured where one of them names a file that cannot be read.
    """
    for name in ("SSL_CERT_FILE", *_BUNDLES):
        if (path := os.environ.get(name)) and not os.access(path, os.R_OK):
            raise NetworkMisconfigured(f"{name} names {path}, which does not exist or cannot be read")
    context = ssl.create_default_context()
    for name in ("SSL_CERT_FILE", *_BUNDLES):
        if path := os.environ.get(name):
            _trust(context, name, Path(path))
    return context


def bundle() -> str | None:
    """The file of authorities for a library that knows ``REQUESTS_CA_BUNDLE`` itself, but not ``SSL_CERT_FILE``."""
    return None if any(map(os.environ.get, _BUNDLES)) else os.environ.get("SSL_CERT_FILE") or None


def untrusted(host: str | None, error: BaseException) -> str:
    """What to say of a certificate that is not trusted, or of a TLS that failed."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    why = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or type(cause).__name__
    if "hostname" in str(why).lower() or "ip address" in str(why).lower():
        advice = "the address leads to another machine than the certificate is for: correct the address"
    elif "expired" in str(why) or "not yet valid" in str(why):
        advice = "either this machine's clock is wrong, or whoever runs that server must renew the certificate"
    elif isinstance(cause, ssl.SSLCertVerificationError) or "certificate" in str(why).lower():
        advice = (
            "if your organisation's proxy or firewall puts its own certificates in place of others, or the server has "
            "one of your own making, save its issuer's certificate as a PEM file and name that file in SSL_CERT_FILE"
        )
    else:
        advice = "what answers there does not speak TLS as it should: are the address, its port and the proxy right?"
    return f"the certificate of {host} is not trusted ({why}): {advice}"


def _goes_past(url: URL) -> bool:
    from requests.utils import should_bypass_proxies  # the same rules for every library; slow to import

    return bool(should_bypass_proxies(str(url.origin()), no_proxy=None))


def _trust(context: ssl.SSLContext, name: str, path: Path) -> None:
    try:
        context.load_verify_locations(**{"capath" if path.is_dir() else "cafile": str(path)})
    except (ssl.SSLError, OSError) as error:
        said = getattr(error, "reason", None) or error
        raise NetworkMisconfigured(f"{name} names {path}, which holds no certificates in PEM form ({said})") from None

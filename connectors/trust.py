"""Whose certificates are trusted, and what to say of one that is not. Imports no HTTP library.

``SSL_CERT_FILE`` and ``REQUESTS_CA_BUNDLE`` say it, in the environment.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class NetworkMisconfigured(Exception):
    """The environment describes a way that cannot be taken; the message is for the user."""


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


def _trust(context: ssl.SSLContext, name: str, path: Path) -> None:
    try:
        context.load_verify_locations(**{"capath" if path.is_dir() else "cafile": str(path)})
    except (ssl.SSLError, OSError) as error:
        said = getattr(error, "reason", None) or error
        raise NetworkMisconfigured(f"{name} names {path}, which holds no certificates in PEM form ({said})") from None

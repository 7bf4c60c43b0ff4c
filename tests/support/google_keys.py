"""The key of the local Google's service account: what its key file holds, and whether a client signed with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt


@cache
def _keys() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_key() -> str:
    """The account's private key in PEM, as a key file holds it."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return _keys().private_bytes(encoding, form, serialization.NoEncryption()).decode()


def _public_key() -> bytes:
    return (
        _keys().public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def verified(assertion: str) -> Any:
    """The claims that a service account signed with its key."""
    decode: Callable[..., Any] = jwt.decode
    return decode(assertion, certs=_public_key())

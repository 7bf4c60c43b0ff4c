"""What sources must remember to get in next time: in the state, one user at a time, sealed where a key is given.

Each call opens the state by itself: ``check`` and a dry run keep a token, too, for the CRM has taken the old one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.base import SourceError
from sync.clock import Clock
from sync.state.address import StateError
from sync.state.lock import Locked, hold
from sync.state.store import State

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_SEALED = "sealed:"
_FOR_ALL = ""
"""Whose fact it is: two syncs that get in with one client share what is kept."""
_PATIENCE = 60.0
_BREATH = 0.2


@dataclass(frozen=True, slots=True)
class Secrets:
    """A ``connectors.base.SecretKeeper`` in the state at ``url`` (mode 0600); ``key`` seals what is kept."""

    url: str
    clock: Clock = Clock()
    key: str | None = None

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Nobody else uses the secret for the block. Raises SourceError after a minute."""
        with ExitStack() as stack:
            waited = 0.0
            while True:
                try:
                    stack.enter_context(hold(self.url, name))
                    break
                except Locked:
                    if waited >= _PATIENCE:
                        text = f"another run has been renewing the same token for {waited:.0f} seconds: try again later"
                        raise SourceError(text) from None
                    await self.clock.sleep(_BREATH)
                    waited += _BREATH
                except (StateError, OSError):
                    break  # where no lock can be, nobody can keep a token either; most stay as they are
            yield

    def kept(self, name: str) -> str | None:
        """What was last kept under the name. Raises SourceError where it cannot be read."""
        try:
            with State.open(self.url, read_only=True, clock=self.clock) as state:
                stored = state.notes.fact(_FOR_ALL, name)
        except StateError as error:
            raise SourceError(f"the kept token cannot be read: {error}") from None
        if stored is None or not stored.startswith(_SEALED):
            return stored
        return unsealed(stored.removeprefix(_SEALED), self.key)

    def keep(self, name: str, secret: str) -> None:
        """Keeps it; on the disk once this returns."""
        value = secret if self.key is None else _SEALED + sealed(secret, self.key)
        try:
            with State.open(self.url, clock=self.clock) as state:
                state.notes.set_fact(_FOR_ALL, name, value)
        except StateError as error:
            raise SourceError(f"the new token cannot be kept, and the old one is spent: {error}") from None


def sealed(secret: str, key: str) -> str:
    """The secret, encrypted. Raises SourceError without the package that does it."""
    return _fernet(key).encrypt(secret.encode()).decode()


def unsealed(text: str, key: str | None) -> str:
    """What ``sealed`` was given. Raises SourceError without the key, or with another."""
    if key is None:
        raise SourceError("the kept token is encrypted: give 'state_key' again, or a new refresh token")
    try:
        return bytes(_fernet(key).decrypt(text.encode())).decode()
    except SourceError:
        raise
    except Exception:
        raise SourceError("the kept token was encrypted with another 'state_key': give that one") from None


def _fernet(key: str) -> Fernet:
    try:
        from cryptography.fernet import Fernet
    except ImportError:
        raise SourceError(
            "'state_key' needs the package 'cryptography': pip install 'openphone-sync[encryption]'"
        ) from None
    derived = hashlib.scrypt(key.encode(), salt=b"openphone-sync state_key", n=2**14, r=8, p=1, dklen=32)
    return Fernet(base64.urlsafe_b64encode(derived))

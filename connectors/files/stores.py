"""A file from s3://, gs:// or sftp://, through fsspec and the package for each: all of it or an error.

Credentials are each package's own: the AWS profile or role, Google's application default credentials, ~/.ssh.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.base import SourceError
from connectors.brief import brief
from connectors.files.web import LARGEST
from connectors.threads import in_thread

_EXTRAS = {"s3": "s3", "gs": "gcs", "sftp": "sftp"}
_LET_IN = {
    "s3": "AWS credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role) with s3:GetObject",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or 'gcloud auth application-default login', with storage.objects.get",
    "sftp": "a key in ~/.ssh or a password in the address, and the server's line in ~/.ssh/known_hosts (ssh-keyscan)",
}


async def download(address: str, shown: str, into: Path, version: str | None) -> tuple[str | None, bool] | None:
    """See ``kept``. Raises SourceError."""
    return await in_thread(lambda: _download(address, shown, into, version), "file-store")


def _download(address: str, shown: str, into: Path, version: str | None) -> tuple[str | None, bool] | None:
    scheme = urlsplit(address).scheme.lower()
    try:
        store, path = _store(scheme, address)
    except ImportError:
        raise SourceError(
            f"{shown} needs what reads {scheme}://: pip install 'openphone-sync[{_EXTRAS[scheme]}]'"
        ) from None
    except Exception as error:  # each package has errors of its own
        raise _said(scheme, shown, error) from error
    try:
        before = store.info(path)
        if before.get("type") == "directory":
            raise SourceError(f"{shown} is a folder: give the file in it")
        if version is not None and _version(before) == version:
            return None
        if (before.get("size") or 0) > LARGEST:
            raise SourceError(f"{shown} is larger than {LARGEST >> 20} MB: export fewer columns or rows")
        store.get_file(path, str(into))
        store.invalidate_cache()
        after = store.info(path)
    except SourceError:
        raise
    except Exception as error:
        raise _said(scheme, shown, error) from error
    finally:
        with suppress(Exception):
            close = getattr(store, "close", None) or getattr(store, "_finalizer", None)
            if close is not None:
                close()
    if _version(before) != _version(after) or into.stat().st_size != after.get("size"):
        raise SourceError(f"{shown} changed while it was read, or did not arrive whole: run again when it is complete")
    return _version(after), True


def _store(scheme: str, address: str) -> tuple[Any, str]:
    """The file system, not shared with anybody, and the path in it."""
    parts = urlsplit(address)
    options: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
    if scheme == "s3":
        from s3fs import S3FileSystem

        return S3FileSystem(**options), f"{parts.netloc}{unquote(parts.path)}"
    if scheme == "gs":
        from gcsfs import GCSFileSystem

        return GCSFileSystem(**options), f"{parts.netloc}{unquote(parts.path)}"
    from sshfs import SSHFileSystem

    login = {"port": parts.port, "username": parts.username, "password": parts.password}
    given: dict[str, Any] = {
        name: unquote(value) if isinstance(value, str) else value for name, value in login.items() if value
    }
    known = Path("~/.ssh/known_hosts").expanduser()
    # Said here, since the package trusts every server where it is left out.
    given["known_hosts"] = known.read_bytes() if known.is_file() else b""
    return SSHFileSystem(parts.hostname, skip_instance_cache=True, connect_timeout=30, **given), unquote(parts.path)


def _version(info: Mapping[str, Any]) -> str | None:
    """What tells one state of a file from another."""
    for name in ("ETag", "etag", "generation"):
        if info.get(name):
            return str(info[name])
    when = info.get("mtime") or info.get("LastModified") or info.get("updated")
    return f"{when}/{info.get('size')}" if when is not None else None


def _said(scheme: str, shown: str, error: BaseException) -> SourceError:
    """The sentence for what a store's package raised; its own words are not repeated at length."""
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    names = {type(each).__name__ for each in chain}
    if isinstance(error, FileNotFoundError):
        return SourceError(f"{shown} does not exist: check the bucket (or server) and the path")
    if names & {"HostKeyNotVerifiable"}:
        return SourceError(
            f"{shown} is not read: the server's key is not known here. Connect once by 'ssh', compare the key's "
            "fingerprint with what the server's owner says, and let it be put into ~/.ssh/known_hosts"
        )
    if isinstance(error, PermissionError) or any(
        word in name for name in names for word in ("Credential", "Permission", "Forbidden", "Denied", "Auth")
    ):
        return SourceError(f"{shown} is not given to us ({type(error).__name__}): it needs {_LET_IN[scheme]}")
    return SourceError(f"{shown} could not be read ({type(error).__name__}: {brief(error, 200)}): run again later")

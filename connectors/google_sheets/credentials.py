"""Who we are to Google: a credentials file, or the application default credentials. Imports google-auth.

Files are loaded by their type here rather than by ``google.auth.default``, which asks a further Google service
for the project's name. No message repeats anything but a file's path and its ``type``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import google.auth
from google.auth import aws, identity_pool, impersonated_credentials, pluggable
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import credentials as user_credentials
from google.oauth2 import service_account

from connectors.base import SourceConfigError

READ = "https://www.googleapis.com/auth/spreadsheets.readonly"
WRITE = "https://www.googleapis.com/auth/spreadsheets"
_FROM_ENVIRONMENT = "GOOGLE_APPLICATION_CREDENTIALS"
_AWS_TOKEN = "urn:ietf:params:aws:token-type:aws4_request"
_HOW_TO_MAKE_A_KEY = "docs/google-sheets.md tells how to make one."


def find_credentials(file: str | None, folder: Path, *, writes: bool) -> Credentials:
    """The credentials in ``file``, seen from ``folder``, else the default ones. Raises SourceConfigError."""
    scopes = [WRITE if writes else READ]
    if file is not None:
        return _from_file(folder / Path(file).expanduser(), scopes)
    if from_environment := os.environ.get(_FROM_ENVIRONMENT, "").strip():
        return _from_file(Path(from_environment), scopes)
    try:
        found, _project = google.auth.default(scopes=scopes)
    except GoogleAuthError as error:
        raise SourceConfigError(
            "There are no credentials for Google: set 'credentials' to a service account's key file, or "
            f"{_FROM_ENVIRONMENT} to one, or run: gcloud auth application-default login. {_HOW_TO_MAKE_A_KEY}"
        ) from error
    return found


def account_of(credentials: Credentials) -> str | None:
    """The address to share a sheet with, where the credentials know it."""
    address = getattr(credentials, "service_account_email", None)
    return address if isinstance(address, str) and "@" in address else None


def _from_file(file: Path, scopes: list[str]) -> Credentials:
    info = _read(file)
    kind = info.get("type")
    loader = _loader(info)
    if loader is None:
        what = "an OAuth client's secret" if {"installed", "web"} & info.keys() else f"of type {kind!r}"
        raise SourceConfigError(
            f"The credentials file {file} is {what}, not a service account's key. {_HOW_TO_MAKE_A_KEY}"
        )
    try:
        # What a person who signed in has allowed was settled then: asking for scopes again is refused.
        return loader(info) if kind == "authorized_user" else loader(info, scopes=scopes)
    except (GoogleAuthError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceConfigError(
            f"The credentials file {file} is not complete: it says that it is of type {kind!r}, but it cannot be "
            f"loaded as one. Download the key again. {_HOW_TO_MAKE_A_KEY}"
        ) from error


def _read(file: Path) -> Mapping[str, Any]:
    try:
        info = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SourceConfigError(f"The credentials file {file} does not exist. {_HOW_TO_MAKE_A_KEY}") from error
    except OSError as error:
        raise SourceConfigError(f"The credentials file {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SourceConfigError(f"The credentials file {file} is not JSON. {_HOW_TO_MAKE_A_KEY}") from error
    if not isinstance(info, dict):
        raise SourceConfigError(f"The credentials file {file} is not a service account's key. {_HOW_TO_MAKE_A_KEY}")
    return info


def _loader(info: Mapping[str, Any]) -> Callable[..., Credentials] | None:
    """What makes credentials of a file's content, or None where its type is none of Google's."""
    match info.get("type"):
        case "service_account":
            return service_account.Credentials.from_service_account_info
        case "external_account":
            return _workload_identity(info)
        case "impersonated_service_account":
            return impersonated_credentials.Credentials.from_impersonated_service_account_info
        case "authorized_user":
            return user_credentials.Credentials.from_authorized_user_info
    return None


def _workload_identity(info: Mapping[str, Any]) -> Callable[..., Credentials]:
    """By where the outside token comes from: AWS, a program, or a file or address."""
    if info.get("subject_token_type") == _AWS_TOKEN:
        return aws.Credentials.from_info
    by_program = "executable" in (info.get("credential_source") or {})
    return pluggable.Credentials.from_info if by_program else identity_pool.Credentials.from_info

"""A local OpenPhone workspace to try things on: the API as documented and as measured, with faults on demand.

It stands in for the service, so it must know nothing of the client, the plan or the state.
"""

from sync.sandbox.faults import KINDS, Fault, FaultKind, Faults
from sync.sandbox.law_book import CustomField, FieldType
from sync.sandbox.options import DEFAULT_CUSTOM_FIELDS, SandboxOptions
from sync.sandbox.server import Sandbox, serve
from sync.sandbox.shelf import ShelfError
from sync.sandbox.thread import SandboxThread
from sync.sandbox.traffic import Request

__all__ = [
    "DEFAULT_CUSTOM_FIELDS",
    "KINDS",
    "CustomField",
    "Fault",
    "FaultKind",
    "Faults",
    "FieldType",
    "Request",
    "Sandbox",
    "SandboxOptions",
    "SandboxThread",
    "ShelfError",
    "serve",
]

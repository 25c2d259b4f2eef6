"""The one place where a C++ name becomes a JavaScript name."""

from __future__ import annotations

import re

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def camel(name: str) -> str:
    """connect_timeout → connectTimeout"""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def with_unit(name: str, is_duration: bool) -> str:
    """connect_timeout of milliseconds → connectTimeoutMs: the unit is in the type in C++, in the name in JS."""
    return camel(name) + ("Ms" if is_duration else "")


def kebab(name: str) -> str:
    """kReadWrite → read-write"""
    if re.match(r"k[A-Z0-9]", name):
        name = name[1:]
    return "-".join(_BOUNDARY.split(name)).lower()


def snake(name: str) -> str:
    """PoolOptions → pool_options"""
    return "_".join(_BOUNDARY.split(name)).lower()

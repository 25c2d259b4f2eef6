"""The model of the API: frozen dataclasses, no logic. Everything below build.py sees only these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Loc:
    """Where a declaration stands; file is relative to the repository."""

    file: str
    line: int


@dataclass(frozen=True)
class Doc:
    """What `///` says; texts keep the line breaks of the source."""

    summary: str = ""
    remarks: str = ""
    params: tuple[tuple[str, str], ...] = ()
    returns: str = ""
    throws: tuple[tuple[str, str], ...] = ()
    examples: tuple[str, ...] = ()
    since: str = ""
    deprecated: str = ""


@dataclass(frozen=True)
class Ts:
    """How a type is spelt: public or native typings, on the way in or out."""

    public_in: str
    public_out: str
    native_in: str
    native_out: str


@dataclass(frozen=True)
class Type:
    """A C++ type of the vocabulary. `cpp` selects its Converter."""

    cpp: str
    ts: Ts
    way: str  # "in", "out", "both": which direction has a converter; "last", "return": only there
    tags: tuple[str, ...]  # what `typeof` and `type` tell of its values; rule R5 compares them


@dataclass(frozen=True)
class Scalar(Type):
    pass


@dataclass(frozen=True)
class Opaque(Type):
    """Converted by hand in src/node."""


@dataclass(frozen=True)
class Ref(Type):
    name: str
    what: str  # "enum", "options", "record", "event", "class"


@dataclass(frozen=True)
class Optional(Type):
    item: Type


@dataclass(frozen=True)
class List(Type):
    item: Type


@dataclass(frozen=True)
class Map(Type):
    item: Type


@dataclass(frozen=True)
class Union(Type):
    items: tuple[Type, ...]


@dataclass(frozen=True)
class Async(Type):
    """Completion<T>: the payload of a promise."""

    item: Type


@dataclass(frozen=True)
class Fallible(Type):
    """Expected<T>: the value, or an error that is thrown."""

    item: Type


@dataclass(frozen=True)
class Callable(Type):
    params: tuple[Type, ...]


@dataclass(frozen=True)
class Param:
    name: str
    js_name: str
    type: Type
    may_be_absent: bool
    public_ts: str
    native_ts: str
    read: str  # C++: info[i] as an argument of the method
    loc: Loc


@dataclass(frozen=True)
class Method:
    name: str
    js_name: str
    where: str  # "native", "internal", "lib"
    params: tuple[Param, ...]
    result: Type
    is_async: bool
    may_fail: bool
    is_static: bool
    callback: str  # name of its function in the glue
    generic: str
    public_ts: str
    native_ts: str
    doc: Doc
    tsdoc: tuple[str, ...]
    loc: Loc


@dataclass(frozen=True)
class Field:
    name: str
    js_name: str
    where: str  # "native", "internal", "lib"
    type: Type
    default: str  # as JavaScript writes it; empty: none
    range: tuple[str, str] | None
    public_ts: str
    native_ts: str
    doc: Doc
    tsdoc: tuple[str, ...]
    loc: Loc


@dataclass(frozen=True)
class Class:
    name: str
    js_name: str
    methods: tuple[Method, ...]
    doc: Doc
    tsdoc: tuple[str, ...]
    loc: Loc


@dataclass(frozen=True)
class Struct:
    name: str
    js_name: str
    kind: str  # "options", "record", "event"
    event: str
    fields: tuple[Field, ...]
    doc: Doc
    tsdoc: tuple[str, ...]
    loc: Loc


@dataclass(frozen=True)
class Value:
    """One value of an enum, or one error kind."""

    name: str
    js_name: str
    doc: Doc
    loc: Loc
    error: str = ""
    parent: str = ""
    code: str = ""
    is_transient: bool = False
    tsdoc: tuple[str, ...] = ()


@dataclass(frozen=True)
class Enum:
    name: str
    js_name: str
    kind: str  # "enum", "errors"
    values: tuple[Value, ...]
    ts: str
    doc: Doc
    tsdoc: tuple[str, ...]
    loc: Loc


@dataclass(frozen=True)
class Alias:
    """A name for raw TypeScript."""

    name: str
    js_name: str
    ts: str
    doc: Doc
    tsdoc: tuple[str, ...]
    loc: Loc


@dataclass(frozen=True)
class Header:
    path: str
    stem: str
    includes: tuple[str, ...]  # stems of other headers that have glue
    aliases: tuple[Alias, ...]
    enums: tuple[Enum, ...]
    structs: tuple[Struct, ...]
    classes: tuple[Class, ...]
    functions: tuple[Method, ...]


@dataclass(frozen=True)
class Escape:
    """A use of JS_TYPE or JS_NAME: listed by --ir, counted by R11."""

    note: str
    text: str
    loc: Loc


@dataclass(frozen=True)
class Api:
    headers: tuple[Header, ...]
    escapes: tuple[Escape, ...]

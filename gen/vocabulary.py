"""C++ type → type of the model: the vocabulary table. What is not here, JavaScript does not see (R1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gen.model import Async, Callable, Fallible, List, Loc, Map, Opaque, Optional, Ref, Scalar, Ts, Type, Union
from gen.rules import Problems

_INTEGERS = ("int16_t", "uint16_t", "int32_t", "uint32_t")


def _same(text: str) -> Ts:
    return Ts(text, text, text, text)


_WORDS: dict[str, Type] = {
    "bool": Scalar("bool", _same("boolean"), "both", ("boolean",)),
    "double": Scalar("double", _same("number"), "both", ("number",)),
    "string": Scalar("std::string", _same("string"), "both", ("string",)),
    "milliseconds": Scalar("std::chrono::milliseconds", _same("number"), "both", ("number",)),
    "int64_t": Scalar("std::int64_t", Ts("bigint | number", "bigint", "bigint | number", "bigint"), "both",
                      ("bigint", "number")),
    "void": Opaque("void", _same("void"), "out", ("undefined",)),
    "Unit": Opaque("Unit", _same("void"), "out", ("undefined",)),
    "CancelToken": Opaque("CancelToken", Ts("AbortSignal", "never", "CancelToken", "never"), "in", ("token",)),
    "Value": Opaque("Value", Ts("Parameter", "never", "unknown", "never"), "in", ("any",)),
    "ResultSet": Opaque("ResultSet", Ts("never", "Result", "never", "Result"), "out", ("array",)),
    "Sql": Opaque("Sql", _same("Sql"), "both", ("object",)),
    "SqlPart": Opaque("SqlPart", _same("SqlPart"), "in", ("any",)),
    "Bytes": Opaque("Bytes", _same("Uint8Array"), "both", ("bytes",)),
    **{name: Scalar(f"std::{name}", _same("number"), "both", ("number",)) for name in _INTEGERS},
}
_TEMPLATES = ("optional", "vector", "map", "variant", "shared_ptr", "Expected", "Completion", "Callback")
_PLACED = ("void", "Expected", "Completion", "Callback")
UNKNOWN = Opaque("unknown", _same("unknown"), "both", ())


@dataclass(frozen=True)
class Spelt:
    """A type as text, split: name without namespaces, arguments, and what follows (`*`)."""

    name: str
    args: tuple["Spelt", ...] = ()
    suffix: str = ""

    def __str__(self) -> str:
        args = f"<{', '.join(map(str, self.args))}>" if self.args else ""
        return self.name + args + self.suffix


def split(text: str) -> Spelt:
    """Namespaces are cut: versions of libclang differ in whether they print them."""
    tokens = re.findall(r"[A-Za-z_][\w:]*|\d+|[<>,*&()\[\].]", text)
    tokens = [token for token in tokens if token not in ("const", "struct", "class", "enum", "&")]
    spelt, end = _split(tokens, 0)
    return spelt if end == len(tokens) else Spelt(text)


def _split(tokens: list[str], at: int) -> tuple[Spelt, int]:
    name = tokens[at].rpartition("::")[2] if at < len(tokens) else ""
    at += 1
    args: list[Spelt] = []
    if at < len(tokens) and tokens[at] == "<":
        while tokens[at] != ">":
            if tokens[at + 1] == ">":
                at += 1
                break
            arg, at = _split(tokens, at + 1)
            args.append(arg)
            if at >= len(tokens) or tokens[at] not in (",", ">"):
                return Spelt(" ".join(tokens)), len(tokens)
        at += 1
    suffix = ""
    while at < len(tokens) and tokens[at] == "*":
        suffix += " *"
        at += 1
    return Spelt(name, tuple(args), suffix), at


@dataclass
class Vocabulary:
    """What a type may be: the words above, and what the headers declare."""

    problems: Problems
    refs: dict[str, tuple[str, str]] = field(default_factory=dict)  # C++ name → (what, JavaScript name)
    aliases: dict[str, str] = field(default_factory=dict)  # name → spelling that it stands for
    raw_aliases: dict[str, str] = field(default_factory=dict)  # name with JS_TYPE → JavaScript name

    def read(self, text: str, loc: Loc, also: tuple[str, ...] = ()) -> Type:
        """`also` are the words that only this place may have: the outermost Completion, Expected, Callback, void."""
        return self._read(split(text), loc, also)

    def _read(self, spelt: Spelt, loc: Loc, also: tuple[str, ...] = ()) -> Type:
        name = spelt.name
        if spelt.suffix or (bool(spelt.args) and name not in _TEMPLATES):
            return self._unknown(spelt, loc)
        if name in _PLACED and name not in also:
            return self._unknown(spelt, loc)
        if name in _WORDS:
            return _WORDS[name]
        if name in self.raw_aliases:
            return Opaque(name, _same(self.raw_aliases[name]), "both", ("any",))
        if name in self.aliases:
            return self._read(split(self.aliases[name]), loc, also)
        if name in self.refs:
            what, js_name = self.refs[name]
            return self._unknown(spelt, loc) if what == "class" else _ref(name, what, js_name)
        return self._template(spelt, loc) if name in _TEMPLATES else self._unknown(spelt, loc)

    def _template(self, spelt: Spelt, loc: Loc) -> Type:
        name, args = spelt.name, spelt.args
        if name == "shared_ptr":
            what, js_name = self.refs.get(args[0].name, ("", "")) if args else ("", "")
            if what != "class":
                return self._unknown(spelt, loc)
            return Ref(f"std::shared_ptr<{args[0].name}>", _same(js_name), "both", (js_name,), args[0].name, what)
        if name == "Callback":
            return _callback(tuple(self._read(arg, loc) for arg in args))
        wanted = {"map": 2, "variant": max(len(args), 1)}.get(name, 1)
        if len(args) != wanted or (name == "map" and args[0].name != "string"):
            return self._unknown(spelt, loc)
        items = tuple(self._read(arg, loc) for arg in args[1 if name == "map" else 0:])
        build = {"optional": _optional, "vector": _list, "map": _map, "Expected": _fallible, "Completion": _async}
        return _union(items) if name == "variant" else build[name](items[0])

    def _unknown(self, spelt: Spelt, loc: Loc) -> Type:
        self.problems.add("R1", loc, f"{spelt} is not in the vocabulary.")
        return UNKNOWN


def _each(build, *items: Type) -> Ts:
    """One spelling from the same spelling of each item."""
    return Ts(*(build(*(getattr(item.ts, side) for item in items))
                for side in ("public_in", "public_out", "native_in", "native_out")))


def _closed(text: str) -> str:
    """As an element: TypeScript takes `readonly` in front of the outermost list only."""
    return f"({text})" if " | " in text or "=>" in text or text.startswith("readonly ") else text


def _ref(name: str, what: str, js_name: str) -> Type:
    way = {"enum": "both", "options": "in", "record": "out", "event": "out"}[what]
    tag = {"enum": "string", "event": f"event {js_name}"}.get(what, "object")
    return Ref(name, _same(js_name), way, (tag,), name, what)


def _optional(item: Type) -> Type:
    incoming, outgoing = "{} | null | undefined".format, "{} | null".format
    ts = Ts(incoming(item.ts.public_in), outgoing(item.ts.public_out), incoming(item.ts.native_in),
            outgoing(item.ts.native_out))
    return Optional(f"std::optional<{item.cpp}>", ts, item.way, ("null", *item.tags), item)


def _list(item: Type) -> Type:
    return List(f"std::vector<{item.cpp}>", _each(lambda t: f"readonly {_closed(t)}[]", item), item.way, ("array",),
                item)


def _map(item: Type) -> Type:
    return Map(f"std::map<std::string, {item.cpp}>", _each(lambda t: f"Readonly<Record<string, {t}>>", item),
               item.way, ("object",), item)


def _union(items: tuple[Type, ...]) -> Type:
    ts = _each(lambda *texts: " | ".join(map(closed_function, texts)), *items)
    cpp = f"std::variant<{', '.join(item.cpp for item in items)}>"
    # A union has only a way out: on the way in its converter would have to guess.
    way = "out" if all(item.way in ("out", "both") for item in items) else "none"
    return Union(cpp, ts, way, tuple(tag for item in items for tag in item.tags), items)


def closed_function(text: str) -> str:
    """As a part of a union: TypeScript takes what follows `=>` for the result."""
    return f"({text})" if text.startswith("(") and "=>" in text else text


def without_undefined(text: str) -> str:
    """The type of an option, as it is shown to readers."""
    text = text.removesuffix(" | undefined")
    return text[1:-1] if text.startswith("((") and text.endswith(")") else text


def _callback(params: tuple[Type, ...]) -> Type:
    def spell(side: str) -> str:
        names = "abcdefgh" if len(params) != 1 else ("event",)
        return f"({', '.join(f'{n}: {getattr(p.ts, side)}' for n, p in zip(names, params))}) => void"

    public, native = spell("public_out"), spell("native_out")
    cpp = f"Callback<{', '.join(param.cpp for param in params)}>"
    return Callable(cpp, Ts(public, "never", native, "never"), "in", ("function",), params)


def _async(item: Type) -> Type:
    return Async(f"Completion<{item.cpp}>", _each("Promise<{}>".format, item), "last", (), item)


def _fallible(item: Type) -> Type:
    return Fallible(f"Expected<{item.cpp}>", item.ts, "return", item.tags, item)


"""Raw declarations → model: notes, names, docs and types put together."""

from __future__ import annotations

import re
from dataclasses import replace

from gen import docs, names
from gen.model import (Alias, Api, Async, Class, Doc, Enum, Escape, Fallible, Field, Header, List, Loc, Method,
                       Optional, Param, Ref, Struct, Type, Value)
from gen.parse import Raw, RawHeader
from gen.rules import Problems
from gen.vocabulary import Vocabulary, closed_function, split

# Which notes may stand on what. `class` is a class or struct, `method` also a function.
_PLACES = {
    "class": ("class", "options", "record", "event", "name"),
    "enum": ("enum", "name"),
    "enumerator": ("error", "name"),
    "method": ("method", "internal", "lib", "name", "generic", "type"),
    "param": ("type", "name"),
    "field": ("internal", "lib", "name", "type", "range"),
    "alias": ("type", "name"),
}
_PLACE_OF = {"struct": "class", "function": "method"}
_MACROS = {note: f"JS_{note.upper()}" for notes in _PLACES.values() for note in notes}
_WHERE = {"method": "native", "internal": "internal", "lib": "lib"}


def build(headers: tuple[RawHeader, ...], problems: Problems) -> Api:
    return _Builder(headers, problems).api()


class _Builder:
    def __init__(self, headers: tuple[RawHeader, ...], problems: Problems) -> None:
        self.headers = headers
        self.problems = problems
        self.vocabulary = Vocabulary(problems)
        self.values: dict[tuple[str, str], str] = {}  # (enum, value) → JavaScript name
        self.escapes: list[Escape] = []
        self.notes: dict[int, dict[str, str]] = {}
        for raw in (raw for header in headers for raw in header.decls):
            self.declare(raw)
            self.look_inside(raw)

    def look_inside(self, raw: Raw) -> None:
        """R7 for notes that nothing below will read."""
        notes = self.read_notes(raw)
        if raw.kind in ("method", "function") and not any(note in notes for note in _WHERE):
            if notes or any(self.read_notes(child) for child in raw.children):
                message = f"{raw.name} has notes, but neither JS_METHOD, JS_INTERNAL nor JS_LIB."
                self.problems.add("R7", raw.loc, message)
        for child in raw.children:
            if child.kind in ("class", "struct", "enum", "alias") and self.read_notes(child):
                self.problems.add("R7", child.loc, f"{child.name} is inside of {raw.name}, where nothing is exported.")
            self.look_inside(child)

    def declare(self, raw: Raw) -> None:
        """Makes the name known, so that the order of headers does not matter."""
        notes = self.read_notes(raw)
        js_name = notes.get("name", raw.name)
        for what in ("class", "options", "record", "event", "enum"):
            if what in notes:
                self.vocabulary.refs[raw.name] = (what, js_name)
        if raw.kind == "alias":
            known = self.vocabulary.raw_aliases if "type" in notes else self.vocabulary.aliases
            known[raw.name] = js_name if "type" in notes else raw.type
        for child in raw.children if raw.kind == "enum" else ():
            self.values[raw.name, child.name] = self.read_notes(child).get("name", names.kebab(child.name))

    def read_notes(self, raw: Raw) -> dict[str, str]:
        """R7: a note nobody reads is a mistake, not a comment."""
        if id(raw) in self.notes:
            return self.notes[id(raw)]
        place = _PLACE_OF.get(raw.kind, raw.kind)
        notes: dict[str, str] = {}
        for text in raw.notes:
            note, _, value = text.partition(":")
            if note not in _MACROS:
                self.problems.add("R7", raw.loc, f"The note “{text}” on {raw.name} is unknown.")
            elif note not in _PLACES.get(place, ()):
                self.problems.add("R7", raw.loc, f"{_MACROS[note]} has no meaning on the {raw.kind} {raw.name}.")
            else:
                notes[note] = value
                if note in ("type", "name"):
                    self.escapes.append(Escape(note, value, raw.loc))
        roles = [note for note in notes if note in ("class", "options", "record", "event", *_WHERE)]
        for note in roles[1:]:
            self.problems.add("R7", raw.loc, f"{raw.name} has both {_MACROS[roles[0]]} and {_MACROS[note]}.")
        if place in ("method", "field") and ("lib" in notes) != raw.in_gen_block and roles:
            where = "outside" if "lib" in notes else "inside"
            self.problems.add("R7", raw.loc, f"{_MACROS[roles[0]]} of {raw.name} stands {where} "
                              "`#if defined(HDB_GEN)`: JS_LIB belongs in it, everything else does not.")
        if notes and not raw.is_public:
            self.problems.add("R7", raw.loc, f"{raw.name} is not public.")
        self.notes[id(raw)] = notes
        return notes

    def api(self) -> Api:
        built = tuple(self.header(header) for header in self.headers)
        yields = {header.stem for header in built if header.enums or header.structs or header.classes}
        built = tuple(Header(h.path, h.stem, tuple(i for i in h.includes if i in yields), h.aliases, h.enums, h.structs,
                             h.classes, h.functions) for h in built)
        return Api(built, tuple(sorted(self.escapes, key=lambda escape: escape.loc)))

    def header(self, raw: RawHeader) -> Header:
        parts: dict[type, list] = {Alias: [], Enum: [], Struct: [], Class: [], Method: []}
        for decl in raw.decls:
            item = self.declaration(decl)
            if item is not None:
                parts[type(item)].append(item)
        return Header(raw.path, raw.stem, raw.includes, *(tuple(parts[kind]) for kind in parts))

    def declaration(self, raw: Raw) -> Alias | Enum | Struct | Class | Method | None:
        notes = self.read_notes(raw)
        if raw.kind == "enum" and ("enum" in notes or any(self.read_notes(child) for child in raw.children)):
            return self.enum(raw, notes)
        if raw.kind == "function" and any(note in notes for note in _WHERE):
            return self.method(raw, raw.name)
        if raw.kind == "alias" and "type" in notes:
            doc = self.doc(raw)
            return Alias(raw.name, notes.get("name", raw.name), notes["type"], doc, docs.tsdoc(doc), raw.loc)
        if raw.kind in ("class", "struct"):
            if "class" in notes:
                return self.klass(raw, notes)
            kind = next((kind for kind in ("options", "record", "event") if kind in notes), None)
            if kind:
                return self.struct(raw, notes, kind)
            for child in raw.children:
                if self.read_notes(child):
                    self.problems.add("R7", child.loc, f"{child.name} has a note, but {raw.name} is not exported.")
        return None

    def doc(self, raw: Raw) -> Doc:
        return docs.read(raw.comment, raw.loc, self.problems)

    def enum(self, raw: Raw, notes: dict[str, str]) -> Enum:
        values = []
        for child in raw.children:
            if not child.comment:
                self.problems.add("R13", child.loc, f"{raw.name}::{child.name} has no comment of its own.")
            name, parent, code, duration = (self.read_notes(child).get("error", "") + ":::").split(":")[:4]
            if "enum" in notes and name:
                self.problems.add("R7", child.loc, f"JS_ERROR of {child.name} stands in a JS_ENUM.")
            if "enum" not in notes and not name:
                self.problems.add("R7", child.loc, f"{raw.name}::{child.name} has no JS_ERROR, but others have.")
            if name and (not code or duration not in ("transient", "lasting")):
                message = f'JS_ERROR of {child.name} needs a code, and then "transient" or "lasting".'
                self.problems.add("R7", child.loc, message)
            doc = replace(self.doc(child), summary=docs.one_line(self.doc(child)))
            values.append(Value(child.name, self.values[raw.name, child.name], doc, child.loc, name, parent, code,
                                duration == "transient", docs.tsdoc(doc)))
        doc = self.doc(raw)
        extra = "\n".join(f"- `'{value.js_name}'`: {value.doc.summary}" for value in values)
        kind = "enum" if "enum" in notes else "errors"
        ts = " | ".join(f"'{value.js_name}'" for value in values)
        return Enum(raw.name, notes.get("name", raw.name), kind, tuple(values), ts, doc,
                    docs.tsdoc(doc, extra=(extra,)), raw.loc)

    def klass(self, raw: Raw, notes: dict[str, str]) -> Class:
        methods = [child for child in raw.children
                   if child.kind == "method" and any(note in self.read_notes(child) for note in _WHERE)]
        doc = self.doc(raw)
        return Class(raw.name, notes.get("name", raw.name), tuple(self.method(child, raw.name) for child in methods),
                     doc, docs.tsdoc(doc), raw.loc)

    def struct(self, raw: Raw, notes: dict[str, str], kind: str) -> Struct:
        fields = tuple(self.field(child, raw.name, kind) for child in raw.children if child.kind == "field")
        for child in raw.children:
            if child.kind == "method" and self.read_notes(child):
                self.problems.add("R7", child.loc, f"{raw.name} is plain data: {child.name} cannot be a method of it.")
        doc = self.doc(raw)
        return Struct(raw.name, notes.get("name", raw.name), kind, notes.get("event", ""), fields, doc, docs.tsdoc(doc),
                      raw.loc)

    def field(self, raw: Raw, owner: str, kind: str) -> Field:
        notes = self.read_notes(raw)
        type_ = self.vocabulary.read(raw.type, raw.loc, also=("Callback",) if "internal" in notes else ())
        inner = type_.item if isinstance(type_, Optional) else type_
        js_name = notes.get("name", names.with_unit(raw.name, inner.cpp == "std::chrono::milliseconds"))
        where = next((_WHERE[note] for note in ("internal", "lib") if note in notes), "native")
        if kind != "options" and (where != "native" or "range" in notes):
            self.problems.add("R7", raw.loc, f"{owner}::{raw.name} is no option: JS_INTERNAL, JS_LIB and JS_RANGE "
                              "have no meaning on it.")
        bounds = self.range(notes["range"], raw, inner) if "range" in notes else None
        if kind == "options":
            default = self.default(raw, bounds)
            public, native = (notes.get("type", text) for text in (inner.ts.public_in, inner.ts.native_in))
            public, native = (closed_function(text) for text in (public, native))
            spell = f"{js_name}?: {{}} | undefined".format
        else:
            default = ""
            public, native = (notes.get("type", text) for text in (type_.ts.public_out, type_.ts.native_out))
            spell = f"readonly {js_name}: {{}}".format
        doc = self.doc(raw)
        extra = (f"From {bounds[0]} to {bounds[1]}.",) if bounds else ()
        tags = (f"@defaultValue {default}",) if default else ()
        return Field(raw.name, js_name, where, type_, default, bounds, spell(public), spell(native), doc,
                     docs.tsdoc(doc, extra=extra, tags=tags), raw.loc)

    def range(self, text: str, raw: Raw, type_: Type) -> tuple[str, str] | None:
        low, _, high = (part.strip() for part in text.replace("'", "").partition(":"))
        try:
            if "number" in type_.tags and float(low) <= float(high):
                return low, high
        except ValueError:
            pass
        self.problems.add("R7", raw.loc, f"JS_RANGE of {raw.name} needs a number, and two bounds, the lower one first.")
        return None

    def default(self, raw: Raw, bounds: tuple[str, str] | None) -> str:
        """The initialiser as JavaScript writes it."""
        tokens = raw.default[1:-1] if raw.default[:1] == ("{",) else raw.default
        if not tokens:
            return ""
        text = "".join(tokens)
        number = re.fullmatch(r"(-?\d[\d']*(?:\.\d*)?(?:[eE][-+]?\d+)?)[uUlLfF]*", text)
        value = self.values.get((tokens[-3], tokens[-1])) if len(tokens) >= 3 else None
        if number:
            text = number[1].replace("'", "")
            if bounds and not float(bounds[0]) <= float(text) <= float(bounds[1]):
                self.problems.add("R9", raw.loc, f"The default of {raw.name} is outside of its JS_RANGE.")
            return text
        if text in ("true", "false"):
            return text
        if re.fullmatch(r'"[^"\\]*"', text):
            return f"'{text[1:-1]}'"
        if value is not None:
            return f"'{value}'"
        self.problems.add("R9", raw.loc, f"The initialiser of {raw.name} is no literal: {text}.")
        return text

    def method(self, raw: Raw, owner: str) -> Method:
        notes = self.read_notes(raw)
        where = next(_WHERE[note] for note in _WHERE if note in notes)
        raw_params = [child for child in raw.children if child.kind == "param"]
        ends = [i for i, child in enumerate(raw_params) if split(child.type).name == "Completion"]
        done = raw_params[ends[0]] if ends else None
        if ends and (ends != [len(raw_params) - 1] or raw.type != "void"):
            self.problems.add("R8", raw.loc, f"The Completion of {raw.name} is not its last parameter and only result.")
        result = self.vocabulary.read(raw.type, raw.loc, also=("void", "Expected"))
        if done is not None:
            result = self.vocabulary.read(done.type, done.loc, also=("Completion",))
        if "type" in notes and where != "lib":
            self.problems.add("R7", raw.loc, f"JS_TYPE of {raw.name}: only a JS_LIB method has it for its result; "
                              "put it on the Completion.")
        raw_result = notes.get("type") or (done and self.read_notes(done).get("type"))
        params = self.params([child for i, child in enumerate(raw_params) if i not in ends])
        doc = self.doc(raw)
        is_async = isinstance(result, Async)
        item = result.item if isinstance(result, (Async, Fallible)) else result
        wrap = "Promise<{}>".format if is_async else "{}".format
        public = raw_result if raw_result and done is None else wrap(raw_result or item.ts.public_out)
        js_name = notes.get("name", names.camel(raw.name))
        generic = notes.get("generic", "")
        head = js_name + (f"<{generic}>" if generic else "")
        static = "static " if raw.is_static else ""
        return Method(
            name=raw.name,
            js_name=js_name,
            where=where,
            params=params,
            result=item,
            is_async=is_async,
            may_fail=isinstance(result, Fallible),
            is_static=raw.is_static,
            callback=f"{names.snake(owner)}_{raw.name}" if owner != raw.name else f"call_{raw.name}",
            generic=generic,
            public_ts=f"{static}{head}({', '.join(p.public_ts for p in params)}): {public}",
            native_ts=f"{static}{js_name}({', '.join(p.native_ts for p in params)}): {wrap(item.ts.native_out)}",
            doc=doc,
            tsdoc=docs.tsdoc(doc, names={param.name: param.js_name.lstrip(".") for param in params}),
            loc=raw.loc,
        )

    def params(self, raws: list[Raw]) -> tuple[Param, ...]:
        """From the last to the first: what follows decides whether one may be absent."""
        built: list[Param] = []
        rest_may_be_absent = True
        for index, raw in reversed(list(enumerate(raws))):
            notes = self.read_notes(raw)
            type_ = self.vocabulary.read(raw.type, raw.loc, also=("Callback",))
            inner = type_.item if isinstance(type_, Optional) else type_
            is_options = isinstance(type_, Ref) and type_.what == "options"
            is_values = isinstance(type_, List) and type_.item.cpp == "Value"  # a statement may have no parameters
            absent = is_options or is_values or bool(raw.default) or isinstance(type_, Optional)
            rest_may_be_absent = rest_may_be_absent and absent
            js_name = notes.get("name", names.with_unit(raw.name, inner.cpp == "std::chrono::milliseconds"))
            said = inner if rest_may_be_absent else type_
            head = js_name + ("?: " if rest_may_be_absent else ": ")
            built.append(Param(raw.name, js_name, type_, rest_may_be_absent,
                               head + notes.get("type", said.ts.public_in), head + said.ts.native_in,
                               _read_argument(index, js_name, type_, raw.default, absent and not is_options), raw.loc))
        return tuple(reversed(built))


def _read_argument(index: int, js_name: str, type_: Type, default: tuple[str, ...], has_own_default: bool) -> str:
    read = f'Converter<{type_.cpp}>::from_js(env, info[{index}], Path::argument("{js_name}"))'
    if not has_own_default or isinstance(type_, Optional):
        return read
    value = "".join(default)
    value = value if value.startswith("{") else f"{{{value}}}"
    return f"info[{index}].IsUndefined() ? {type_.cpp}{value} : {read}"

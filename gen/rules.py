"""What may not be: the rules R1 to R13, and how a breach is told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gen.model import Api, Class, Doc, Enum, Field, Loc, Method, Struct, Type, Union
from gen.model import Async, Callable, Fallible, List, Map, Opaque, Optional, Ref

ESCAPE_BUDGET = 48

HINTS = {
    "R1": "Use a type of the vocabulary (the tables in docs/EXTENDING.md), or teach gen/vocabulary.py a new one.",
    "R2": "Write a `///` sentence above it: users read it in their editor.",
    "R3": "Each parameter but the completion has one `@param name text`.",
    "R4": "Write `@throws {ClassName} when`, with a class that a JS_ERROR in api/error.hpp names.",
    "R5": "Alternatives must differ by `typeof`, or be records marked JS_EVENT, which carry a `type`.",
    "R6": "Rename one of them, or give it another name with JS_NAME.",
    "R7": "The macros and where they stand are in api/annotate.hpp; the doc tags are @param, @returns, @throws, "
    "@example, @since, @deprecated.",
    "R8": "A method has at most one Completion: its last parameter, of a method that returns void.",
    "R9": "Give the field an initialiser that is a literal or an enum value, or make it std::optional.",
    "R10": "Mark what JavaScript sees, or move the header to src/.",
    "R11": "Find a word of the vocabulary for it; the budget is ESCAPE_BUDGET in gen/rules.py.",
    "R12": "Headers of api/ must parse without a complaint; an include that is not found turns types into int. "
    "A new standard header needs a stub in gen/stubs/.",
    "R13": "Each value has its own `///<` beside it: libclang gives an undocumented value the comment of the one "
    "before it.",
}

# Names that the templates write by hand.
PRELUDE = ("SqlValue", "JsonValue", "Parameter", "Result", "ResultSet", "HyperionError", "ErrorFacts", "PoolEvents",
           "Sql", "SqlStatement", "SqlPart")


@dataclass(frozen=True, order=True)
class Problem:
    loc: Loc
    rule: str
    message: str

    def text(self) -> str:
        return f"{self.loc.file}:{self.loc.line}: {self.rule}: {self.message}"


@dataclass
class Problems:
    """Collects breaches, so that one run tells them all."""

    found: list[Problem] = field(default_factory=list)

    def add(self, rule: str, loc: Loc, message: str) -> None:
        problem = Problem(loc, rule, message)
        if problem not in self.found:
            self.found.append(problem)

    def text(self) -> str:
        """One line each; the hint of a rule once, after its first breach."""
        lines: list[str] = []
        hinted: set[str] = set()
        for problem in sorted(self.found):
            lines.append(problem.text())
            if problem.rule not in hinted:
                lines.append(f"  hint: {HINTS[problem.rule]}")
            hinted.add(problem.rule)
        return "\n".join(lines)


class ApiError(Exception):
    """The headers break rules; the text is for the terminal."""


def check(api: Api, problems: Problems) -> None:
    """Rules that need the whole model."""
    errors = {v.error for h in api.headers for e in h.enums if e.kind == "errors" for v in e.values}
    for header in api.headers:
        for klass in header.classes:
            _summary(klass, f"class {klass.name}", problems)
            _methods(klass.methods, f"{klass.name}::", errors, problems)
        for struct in header.structs:
            _summary(struct, f"struct {struct.name}", problems)
            _fields(struct, problems)
        for enum in header.enums:
            _summary(enum, f"enum {enum.name}", problems)
        for alias in header.aliases:
            _summary(alias, f"type {alias.name}", problems)
        _methods(header.functions, "", errors, problems)
        if not (header.classes or header.structs or header.enums or header.functions or header.aliases):
            problems.add("R10", Loc(header.path, 1), "Nothing in this header is for JavaScript.")
    _unique(api, problems)
    uses = [escape for escape in api.escapes if escape.note == "type"]
    for escape in uses[ESCAPE_BUDGET:]:
        problems.add("R11", escape.loc, f"JS_TYPE is used {len(uses)} times; the budget is {ESCAPE_BUDGET}.")


def _summary(item: Class | Struct | Enum | Method | Field, what: str, problems: Problems) -> None:
    if not item.doc.summary:
        problems.add("R2", item.loc, f"The {what} has no summary.")


def _methods(methods: tuple[Method, ...], prefix: str, errors: set[str], problems: Problems) -> None:
    for method in methods:
        name = prefix + method.name
        _summary(method, f"method {name}" if prefix else f"function {name}", problems)
        known = [param.name for param in method.params]
        told = [param for param, _ in method.doc.params]
        for param in told:
            if param not in known:
                problems.add("R3", method.loc, f"{name} has no parameter {param}.")
        for param in known:
            if param not in told and method.where != "internal":
                problems.add("R3", method.loc, f"The parameter {param} of {name} has no @param.")
        _throws(method.doc, name, method.loc, errors, problems)
        for param in method.params:
            _type(param.type, "in", f"the parameter {param.name} of {name}", param.loc, problems)
            if param.name == "options" and not param.may_be_absent:
                problems.add("R9", param.loc, f"The options of {name} cannot be left out.")
        _type(method.result, "out", f"the result of {name}", method.loc, problems)


def _throws(doc: Doc, name: str, loc: Loc, errors: set[str], problems: Problems) -> None:
    for kind, _ in doc.throws:
        if kind not in errors:
            problems.add("R4", loc, f"{name} throws {kind}, which is no error class.")


def _fields(struct: Struct, problems: Problems) -> None:
    for item in struct.fields:
        name = f"{struct.name}::{item.name}"
        _summary(item, f"field {name}", problems)
        if item.where == "lib":
            continue
        _type(item.type, "in" if struct.kind == "options" else "out", f"the field {name}", item.loc, problems)
        if struct.kind == "options" and item.where == "native" and not item.default:
            absent_is_a_value = isinstance(item.type, (Optional, List, Map, Opaque, Callable))
            if not absent_is_a_value and not (isinstance(item.type, Ref) and item.type.what == "options"):
                problems.add("R9", item.loc, f"The option {name} is neither optional nor has a default.")


def _type(type_: Type, way: str, what: str, loc: Loc, problems: Problems) -> None:
    if isinstance(type_, (Async, Fallible)):
        return
    if type_.way not in ("both", way):
        side = "cannot come from JavaScript" if way == "in" else "cannot go to JavaScript"
        problems.add("R1", loc, f"{type_.cpp} {side}: {what}.")
        return
    for item in _parts(type_):
        _type(item, "out" if isinstance(type_, Callable) else way, what, loc, problems)
    if isinstance(type_, Union):
        seen: dict[str, str] = {}
        for item in type_.items:
            for tag in item.tags:
                if tag in seen and seen[tag] != item.cpp:
                    message = f"{seen[tag]} and {item.cpp} look the same in JavaScript ({tag}): {what}."
                    problems.add("R5", loc, message)
                seen.setdefault(tag, item.cpp)


def _parts(type_: Type) -> tuple[Type, ...]:
    if isinstance(type_, (Optional, List, Map)):
        return (type_.item,)
    if isinstance(type_, Union):
        return type_.items
    return type_.params if isinstance(type_, Callable) else ()


def _unique(api: Api, problems: Problems) -> None:
    top: dict[str, str] = {name: "the prelude" for name in PRELUDE}

    def take(scope: dict[str, str], name: str, loc: Loc, inside: str = "") -> None:
        if name in scope:
            problems.add("R6", loc, f"The JavaScript name {inside}{name} is taken by {scope[name]}.")
        scope.setdefault(name, f"{loc.file}:{loc.line}")

    for header in api.headers:
        for item in (*header.aliases, *header.structs, *header.classes):
            take(top, item.js_name, item.loc)
        for enum in header.enums:
            if enum.kind == "enum":
                take(top, enum.js_name, enum.loc)
            values: dict[str, str] = {}
            for value in enum.values:
                take(values, value.js_name, value.loc, f"{enum.js_name}.")
                if value.error:
                    take(top, value.error, value.loc)
        for struct in header.structs:
            fields = {"type": "the event's own `type`"} if struct.kind == "event" else {}
            for item in struct.fields:
                take(fields, item.js_name, item.loc, f"{struct.js_name}.")
        functions: dict[str, str] = {}
        for owner, methods in [(c.js_name + ".", c.methods) for c in header.classes] + [("", header.functions)]:
            names = functions if not owner else {}
            overloads: set[str] = set()
            for method in methods:
                if method.where == "lib" and method.js_name in overloads:
                    continue  # lib/ may have overloads, also of what is native: JavaScript tells them apart
                take(names, method.js_name, method.loc, owner)
                overloads.add(method.js_name)

"""api/*.hpp → raw declarations. The only file that imports clang.cindex."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from clang import cindex
from clang.cindex import Cursor, CursorKind, TokenGroup, TokenKind

from gen.model import Loc
from gen.rules import Problems

STUBS = Path(__file__).parent / "stubs"
VOCABULARY = "annotate.hpp"  # a header of api/ that declares nothing

_KINDS = {
    CursorKind.CLASS_DECL: "class",
    CursorKind.STRUCT_DECL: "struct",
    CursorKind.ENUM_DECL: "enum",
    CursorKind.ENUM_CONSTANT_DECL: "enumerator",
    CursorKind.FIELD_DECL: "field",
    CursorKind.CXX_METHOD: "method",
    CursorKind.FUNCTION_DECL: "function",
    CursorKind.PARM_DECL: "param",
    CursorKind.TYPE_ALIAS_DECL: "alias",
}


@dataclass(frozen=True)
class Raw:
    """One declaration, with nothing of clang left in it."""

    kind: str
    name: str
    loc: Loc
    notes: tuple[str, ...]
    comment: str
    type: str  # as the header spells it; of a method: its result
    default: tuple[str, ...]  # tokens of the initialiser
    is_static: bool
    is_public: bool
    in_gen_block: bool
    children: tuple["Raw", ...]


@dataclass(frozen=True)
class RawHeader:
    path: str
    stem: str
    includes: tuple[str, ...]
    decls: tuple[Raw, ...]


def read_api(root: Path, problems: Problems) -> tuple[RawHeader, ...]:
    """Parses all headers of root/api in one translation unit, so that each is read once."""
    paths = sorted(path for path in (root / "api").glob("*.hpp") if path.name != VOCABULARY)
    wrapper = str(root / "gen_wrapper.cpp")  # not on disk; a header as main file would complain about #pragma once
    text = "".join(f'#include "api/{path.name}"\n' for path in paths)
    args = ["-std=c++20", "-xc++", "-nostdinc", "-nostdinc++", "-DHDB_GEN", f"-I{STUBS}", f"-I{root}"]
    unit = cindex.Index.create().parse(
        wrapper,
        args=args,
        unsaved_files=[(wrapper, text)],
        options=cindex.TranslationUnit.PARSE_SKIP_FUNCTION_BODIES,
    )
    reader = _Reader(root, problems)
    for diagnostic in unit.diagnostics:
        if diagnostic.severity >= cindex.Diagnostic.Error:
            problems.add("R12", reader.loc(diagnostic.location), f"{diagnostic.spelling}.")
    decls: dict[str, list[Raw]] = {f"api/{path.name}": [] for path in paths}
    for cursor in reader.declarations(unit.cursor):
        raw = reader.read(cursor)
        decls[raw.loc.file].append(raw)
    return tuple(_header(path, decls[f"api/{path.name}"]) for path in paths)


def _header(path: Path, decls: list[Raw]) -> RawHeader:
    includes = re.findall(r'^#include "api/(\w+)\.hpp"', path.read_text(encoding="utf-8"), re.MULTILINE)
    return RawHeader(f"api/{path.name}", path.stem, tuple(sorted(includes)), tuple(decls))


def _notes(cursor: Cursor) -> list[str]:
    notes = (child.spelling for child in cursor.get_children() if child.kind == CursorKind.ANNOTATE_ATTR)
    return [note.removeprefix("hdb:") for note in notes if note.startswith("hdb:")]


def _with_end(cursor: Cursor, children: list[Cursor]) -> list[tuple[Cursor, int]]:
    kept = [child for child in children if child.kind in _KINDS or _notes(child)]
    ends = [child.location.line for child in kept[1:]] + [cursor.extent.end.line]
    return list(zip(kept, ends))


class _Reader:
    def __init__(self, root: Path, problems: Problems) -> None:
        self.root = root.resolve()
        self.problems = problems
        self.lines: dict[str, list[str]] = {}
        self.gen_lines: dict[str, set[int]] = {}

    def loc(self, location: cindex.SourceLocation) -> Loc:
        if location.file is None:
            return Loc("api", 1)
        path = Path(location.file.name).resolve()
        inside = path.is_relative_to(self.root)
        return Loc(path.relative_to(self.root).as_posix() if inside else path.name, location.line)

    def declarations(self, cursor: Cursor) -> list[Cursor]:
        """What stands in namespaces of headers of api/."""
        found: list[Cursor] = []
        for child in cursor.get_children():
            if not self.loc(child.location).file.startswith("api/"):
                continue
            if child.kind == CursorKind.NAMESPACE:
                found += self.declarations(child)
            elif _notes(child) or child.kind in _KINDS and child.is_definition():
                found.append(child)
        return found

    def read(self, cursor: Cursor, end: int = 0) -> Raw:
        """`end` is the line that what follows in the same enum begins on."""
        kind = _KINDS.get(cursor.kind, "declaration")  # any other kind has a note, where none may stand
        loc = self.loc(cursor.location)
        children = list(cursor.get_children())
        is_function = kind in ("method", "function")
        if kind == "alias":
            type_ = cursor.underlying_typedef_type.spelling
        else:
            type_ = (cursor.result_type if is_function else cursor.type).spelling
        return Raw(
            kind=kind,
            name=cursor.spelling,
            loc=loc,
            notes=tuple(_notes(cursor)),
            comment=(self.comment_beside(loc, end) if kind == "enumerator" else
                     cursor.raw_comment or self.comment_above(loc)),
            type=type_,
            default=self.default(cursor) if kind in ("field", "param") else (),
            is_static=kind == "method" and cursor.is_static_method(),
            is_public=cursor.access_specifier in (cindex.AccessSpecifier.PUBLIC, cindex.AccessSpecifier.INVALID),
            in_gen_block=loc.line in self.gen_block(loc.file),
            children=tuple(self.read(child, follow) for child, follow in _with_end(cursor, children)),
        )

    def comment_beside(self, loc: Loc, end: int) -> str:
        """The `///<` of a value, also when its note takes more than one line. libclang loses such a comment, and gives
        a value without one that of the value before it."""
        lines = (line.partition("///<") for line in self.source(loc.file)[loc.line - 1:end - 1])
        return "\n".join(f"///<{text}" for _, mark, text in lines if mark)

    def comment_above(self, loc: Loc) -> str:
        """libclang loses a comment if a note between it and the declaration has one of `;{}#@` in its text."""
        lines = [line.strip() for line in self.source(loc.file)[:loc.line - 1]]
        between = self.source(loc.file)[loc.line - 1].split(";")[0]
        while lines and not lines[-1].startswith("///"):
            between += lines.pop()
        comment: list[str] = []
        while lines and re.match(r"///(?!<)", lines[-1]):
            comment.insert(0, lines.pop())
        return "" if re.search("[;{}#]", re.sub(r'"[^"]*"', "", between)) else "\n".join(comment)

    def default(self, cursor: Cursor) -> tuple[str, ...]:
        tokens = [token.spelling for token in TokenGroup.get_tokens(cursor._tu, cursor.extent)
                  if token.kind != TokenKind.COMMENT]
        if cursor.spelling in tokens:
            tokens = tokens[tokens.index(cursor.spelling) + 1:]
        for mark in ("=", "{"):
            if mark in tokens:
                rest = tokens[tokens.index(mark) + (mark == "="):]
                return tuple(rest[:-1] if rest[-1:] == [";"] else rest)
        return ()

    def source(self, file: str) -> list[str]:
        if file not in self.lines:
            self.lines[file] = (self.root / file).read_text(encoding="utf-8").splitlines()
        return self.lines[file]

    def gen_block(self, file: str) -> set[int]:
        """The lines inside `#if defined(HDB_GEN)`: no compiler of ours sees them."""
        if file not in self.gen_lines:
            inside: set[int] = set()
            stack: list[bool] = []
            for number, line in enumerate(self.source(file), 1):
                if re.match(r"\s*#\s*if", line):
                    stack.append("HDB_GEN" in line and "!" not in line and "ifndef" not in line)
                elif re.match(r"\s*#\s*endif", line) and stack:
                    stack.pop()
                elif any(stack):
                    inside.add(number)
            self.gen_lines[file] = inside
        return self.gen_lines[file]

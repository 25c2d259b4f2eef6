"""Model → files. Templates print; what they print is decided here and before."""

from __future__ import annotations

import dataclasses
import difflib
import json
from pathlib import Path
from typing import Any

import jinja2

from gen import names, reference
from gen.model import Api, Header, Method

COMMAND = "npm run gen"
OUT = "generated"
DOCS = "docs/api"


def render(api: Api) -> dict[str, str]:
    """All files of generated/ and docs/api/, by path in the repository."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["snake"] = names.snake
    environment.filters["literal"] = lambda text: json.dumps(text, ensure_ascii=False)
    context = _context(api)
    files: dict[str, str] = {}
    for name in ("index.d.ts", "index.d.cts", "index.d.mts", "index.mjs", "native.d.ts", "defaults.js", "errors.js",
                 "names.js"):
        files[name] = environment.get_template(f"{name}.j2").render(context)
    for header in context["glue"]:
        for suffix in ("hpp", "cpp"):
            template = environment.get_template(f"glue.{suffix}.j2")
            files[f"glue/{header.stem}.gen.{suffix}"] = template.render(context, header=header, **_glue(header))
        if header.enums:
            files[f"names/{header.stem}.hpp"] = environment.get_template("names.hpp.j2").render(context, header=header)
    for name, suffix in (("calls", "hpp"), ("register", "hpp"), ("register", "cpp")):
        files[f"glue/{name}.gen.{suffix}"] = environment.get_template(f"{name}.{suffix}.j2").render(context)
    pages = reference.render(api, environment)
    return {f"{OUT}/{name}": text for name, text in files.items()} | {f"{DOCS}/{name}": text for name, text in pages.items()}


def _context(api: Api) -> dict[str, Any]:
    every = {part: [item for header in api.headers for item in getattr(header, part)]
             for part in ("aliases", "enums", "structs", "classes", "functions")}
    # The error itself has its code and message; the rest of the server's report may be missing.
    report = [field for struct in every["structs"] if struct.name == "ServerReport" for field in struct.fields
              if field.name not in ("sqlstate", "message")]
    public = [function for function in every["functions"] if function.where != "internal"]
    members: dict[str, list[tuple[Method, str]]] = {}  # of a function: what is called as a property of it
    for function in public:
        owner, dot, rest = function.public_ts.partition(".")
        if dot and owner.isidentifier():
            members.setdefault(owner, []).append((function, rest))
    defaults = [(struct, [field for field in struct.fields if field.default and field.where != "internal"])
                for struct in every["structs"]]
    return every | {
        "defaults": [(struct, fields) for struct, fields in defaults if fields],
        "internal": sorted({field.js_name for struct in every["structs"] if struct.kind == "options"
                            for field in struct.fields if field.where == "internal"}),
        "glue": [h for h in api.headers if h.enums or h.structs or h.classes or _native(h.functions)],
        "unions": [enum for enum in every["enums"] if enum.kind == "enum"],
        "errors": [value for enum in every["enums"] if enum.kind == "errors" for value in enum.values],
        "events": [struct for struct in every["structs"] if struct.kind == "event"],
        "report": [(field, getattr(field.type, "item", field.type).ts.public_out) for field in report],
        "imports": sorted(item.js_name for part in ("enums", "structs") for item in every[part]
                          if getattr(item, "kind") not in ("errors", "options")),
        "has_field": any(struct.name == "Field" for struct in every["structs"]),
        "has_row_mode": any(enum.name == "RowMode" for enum in every["enums"]),
        "defining": [header for header in api.headers if _defines(header)],
        "defines": [name for header in api.headers for name in _defines(header)],
        "native_functions": _native(every["functions"]),
        "public_functions": [function for function in public if "." not in function.js_name],
        "members": members,
    }


def _defines(header: Header) -> list[str]:
    """Names of the functions that put a header's classes and functions into the exports."""
    functions = [f"functions_of_{header.stem}"] if _native(header.functions) else []
    return [names.snake(klass.name) for klass in header.classes] + functions


def _glue(header: Header) -> dict[str, Any]:
    return {
        "methods": [(klass, [m for m in _native(klass.methods)]) for klass in header.classes],
        "calls": _native(header.functions),
    }


def _native(methods: Any) -> list[Method]:
    return [method for method in methods if method.where != "lib"]


def ir(api: Api) -> str:
    """The model as JSON; each dataclass names itself."""

    def plain(item: Any) -> Any:
        if dataclasses.is_dataclass(item):
            fields = {field.name: plain(getattr(item, field.name)) for field in dataclasses.fields(item)}
            return {"is": type(item).__name__, **fields}
        return [plain(part) for part in item] if isinstance(item, tuple) else item

    return json.dumps(plain(api), indent=2, ensure_ascii=False) + "\n"


def write(files: dict[str, str], root: Path) -> list[str]:
    """Writes what differs, and deletes what is in our folders and no longer made."""
    changed = []
    for name in sorted(files):
        path = root / name
        if not path.is_file() or path.read_bytes() != files[name].encode():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name].encode())
            changed.append(name)
    for name in orphans(files, root):
        (root / name).unlink()
        changed.append(f"{name} (deleted)")
    return changed


def orphans(files: dict[str, str], root: Path) -> list[str]:
    found = (path.relative_to(root).as_posix() for out in (OUT, DOCS) for path in (root / out).rglob("*") if path.is_file())
    return sorted(name for name in found if name not in files)


def diff(files: dict[str, str], root: Path) -> str:
    """What `write` would do, as a diff; empty if there is nothing to do."""
    texts = []
    for name in sorted({*files, *orphans(files, root)}):
        path = root / name
        before = path.read_bytes().decode() if path.is_file() else ""
        after = files.get(name, "")
        if name in files and path.is_file() and before == after:
            continue
        if name not in files:
            texts.append(f"{name} is made from no header\n")
        lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, f"{name} (as api/ has it)")
        texts.append("".join(lines))
    return "".join(texts)

"""Model → the API reference in Markdown: one page for each header, and an index of all names."""

from __future__ import annotations

import re
from typing import Any

import jinja2

from gen.model import Api, Doc, Field, Header, Method
from gen.vocabulary import without_undefined

_WORD = re.compile(r"`[^`]*`|\b[A-Z]\w+\b")


def render(api: Api, environment: jinja2.Environment) -> dict[str, str]:
    """All pages, by name."""
    pages = [_page(header) for header in api.headers if _names(header)]
    places = {name: f"{page['stem']}.md#{_anchor(name)}" for page in pages for name in page["names"]}
    environment.filters |= {
        "linked": lambda text: _linked(text, places),
        "cell": lambda text: " ".join(text.split()).replace("|", "\\|"),
    }
    template = environment.get_template("reference.md.j2")
    files = {f"{page['stem']}.md": template.render(page) for page in pages}
    files["README.md"] = environment.get_template("reference_index.md.j2").render(pages=pages, places=places)
    return files


def _page(header: Header) -> dict[str, Any]:
    return {
        "stem": header.stem,
        "names": _names(header),
        "classes": [(klass, [_method(klass.js_name, m) for m in _public(klass.methods)]) for klass in header.classes],
        "functions": [_method("", function) for function in _public(header.functions)],
        "options": [s for s in header.structs if s.kind == "options"],
        "records": [s for s in header.structs if s.kind == "record"],
        "events": [s for s in header.structs if s.kind == "event"],
        "enums": [enum for enum in header.enums if enum.kind == "enum"],
        "errors": [value for enum in header.enums if enum.kind == "errors" for value in enum.values],
        "aliases": header.aliases,
        "fields": {struct.name: [_field(f) for f in struct.fields if f.where != "internal"] for struct in header.structs},
    }


def _names(header: Header) -> list[str]:
    named = [*header.classes, *_public(header.functions), *header.structs, *header.aliases,
             *(enum for enum in header.enums if enum.kind == "enum")]
    errors = [value.error for enum in header.enums if enum.kind == "errors" for value in enum.values]
    return list(dict.fromkeys([item.js_name for item in named] + errors))


def _public(methods: tuple[Method, ...]) -> list[Method]:
    return [method for method in methods if method.where != "internal"]


def _method(owner: str, method: Method) -> dict[str, Any]:
    return {
        "title": f"{owner}.{method.js_name}" if owner else method.js_name,
        "signature": method.public_ts,
        "doc": method.doc,
        "prose": _prose(method.doc),
        "examples": [text if "```" in text else f"```ts\n{text}\n```" for text in method.doc.examples],
        "params": [(param.js_name, dict(method.doc.params).get(param.name, "")) for param in method.params
                   if param.name in dict(method.doc.params)],
    }


def _field(field: Field) -> dict[str, str]:
    name, _, ts = field.public_ts.removeprefix("readonly ").partition(": ")
    bounds = f" From {field.range[0]} to {field.range[1]}." if field.range else ""
    return {"name": name.removesuffix("?"), "ts": without_undefined(ts), "default": field.default,
            "is_optional": name.endswith("?"), "text": _prose(field.doc) + bounds}


def _prose(doc: Doc) -> str:
    return "\n\n".join(text for text in (doc.summary, doc.remarks) if text)


def _anchor(title: str) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _linked(text: str, places: dict[str, str]) -> str:
    """Names that stand alone in prose become links; code stays as it is."""

    def link(match: re.Match[str]) -> str:
        word = match[0]
        return f"[{word}]({places[word]})" if word in places and not word.startswith("`") else word

    return _WORD.sub(link, text)

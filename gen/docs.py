"""`///` text → Doc → TSDoc lines."""

from __future__ import annotations

import re

from gen.model import Doc, Loc
from gen.rules import Problems

_TAG = re.compile(r"@(\w+)\s?(.*)")
_KNOWN = ("param", "returns", "throws", "example", "since", "deprecated")


def strip(comment: str) -> list[str]:
    """The lines of a comment without its marks."""
    if comment.startswith("/**"):
        body = comment[3:].removesuffix("*/").splitlines()
        lines = [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in body]
    else:
        lines = [re.sub(r"^\s*//[/!]<? ?", "", line).rstrip() for line in comment.splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def read(comment: str, loc: Loc, problems: Problems) -> Doc:
    """Reads what a doc comment says; an unknown tag is reported, not dropped."""
    head: list[str] = []
    tagged: list[tuple[str, list[str]]] = []
    for line in strip(comment):
        match = _TAG.match(line)
        if match and match[1] not in _KNOWN:
            problems.add("R7", loc, f"The doc comment has the unknown tag @{match[1]}.")
        elif match:
            tagged.append((match[1], [match[2]]))
        else:
            (tagged[-1][1] if tagged else head).append(line)
    summary, _, remarks = "\n".join(head).partition("\n\n")
    fields: dict[str, list] = {tag: [] for tag in _KNOWN}
    for tag, lines in tagged:
        text = "\n".join(lines).strip()
        if tag == "param":
            name, _, rest = text.partition(" ")
            fields[tag].append((name, rest.strip()))
        elif tag == "throws":
            match = re.match(r"\{(\w+)\}\s*(.*)", text, re.DOTALL)
            if not match:
                problems.add("R4", loc, f"@throws names no error class: “{text}”.")
            else:
                fields[tag].append((match[1], match[2]))
        else:
            fields[tag].append(text)
    return Doc(
        summary=summary.strip(),
        remarks=remarks.strip(),
        params=tuple(fields["param"]),
        returns="\n".join(fields["returns"]),
        throws=tuple(fields["throws"]),
        examples=tuple(fields["example"]),
        since="\n".join(fields["since"]),
        deprecated="\n".join(fields["deprecated"]),
    )


def one_line(doc: Doc) -> str:
    """Summary and remarks, where there is room for one line."""
    return " ".join(f"{doc.summary} {doc.remarks}".split())


def tsdoc(
    doc: Doc, *, extra: tuple[str, ...] = (), tags: tuple[str, ...] = (), names: dict[str, str] | None = None
) -> tuple[str, ...]:
    """The lines between `/**` and `*/`. `names` are the JavaScript names of the parameters."""
    blocks: list[str] = [text for text in (doc.summary, doc.remarks, *extra) if text]
    lines = [f"@param {(names or {}).get(name, name)} - {text}" for name, text in doc.params]
    lines += [f"@returns {doc.returns}"] if doc.returns else []
    lines += [f"@throws {{@link {kind}}} {text}" for kind, text in doc.throws]
    lines += [f"@example\n{text}" for text in doc.examples]
    lines += [f"@since {doc.since}"] if doc.since else []
    lines += [f"@deprecated {doc.deprecated}"] if doc.deprecated else []
    lines += tags
    if lines:
        blocks.append("\n".join(lines))
    text = "\n\n".join(blocks).replace("*/", "*\\/")
    return tuple(text.split("\n")) if text else ()

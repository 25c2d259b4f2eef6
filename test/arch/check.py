"""Keeps the promises about the sources that no compiler keeps: which layer may include what, who may throw, lock
or call libpq, and how errors are worded. The directions of the layers come from src/LAYERS and lib/LAYERS.

    python3 test/arch/check.py [root]     prints one line per rule and one per finding; exit code 1 on any finding

Each rule is a function of the tree that yields findings; test_check.py proves that each one can fail.
"""
import ast
import posixpath
import re
import subprocess
import sys
from collections import namedtuple
from fnmatch import fnmatch
from pathlib import Path

Finding = namedtuple("Finding", "path line message")

MAY_SYNCHRONISE = ["src/base/cancel_token.hpp", "src/base/snapshot.hpp", "src/base/meter.hpp", "src/loop/*", "src/client/engine*",
                   "src/node/env_mailbox*"]
MAY_THROW = ["src/node/*", "generated/glue/*"]
FORBIDDEN_WORDS = {"src/conn": r"\w*Pool(?!Options)\w*|\w*Topology(?!View)\w*", "src/cluster": r"\w*Pool(?!Options)\w*"}
PROMISED = re.compile(r'"no (writable primary|standby|host) available')  # wording that applications match
NOT_CODE = re.compile(r'R"([^(\s]*)\([\s\S]*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''
                      r'|//[^\n]*|/\*[\s\S]*?\*/')
NOT_JS_CODE = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*[\s\S]*?\*/')
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)
STRING = r'(?:u8)?"(?:\\.|[^"\\\n])*"'


class Tree:
    """The files of the repository, read once."""

    def __init__(self, root):
        self.root = Path(root)
        self.layers, self.externals = {}, {}
        for line in (self.root / "src/LAYERS").read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                name, may, external = (part.split() for part in (line + "::").split(":")[:3])
                self.layers[name[0]], self.externals[name[0]] = may, external
        order = self.root / "lib/LAYERS"
        lines = order.read_text().splitlines() if order.exists() else []
        self.order = [name for line in lines if not line.startswith("#") for name in line.partition(":")[2].split()]
        self.text = {}
        for folder in ("src", "api", "generated/glue", "generated/names", "lib"):
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in (".hpp", ".cpp", ".js", ".mjs"):
                    self.text[path.relative_to(self.root).as_posix()] = path.read_text()

    def listed(self):
        """The files of the repository, by name."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self.root,
                                capture_output=True, text=True)
        names = listed.stdout.split("\0") if listed.returncode == 0 else [
            p.relative_to(self.root).as_posix() for p in self.root.rglob("*")]
        return [name for name in names if (self.root / name).is_file() and not (self.root / name).is_symlink()]

    def vocabulary(self, files):
        """Where else functions are that comments and documents speak of."""
        return " ".join((self.root / name).read_text() for name in files
                        if fnmatch(name, "gen/*.py") or fnmatch(name, "scripts/*.mjs") or fnmatch(name, "test/*.js")
                        or fnmatch(name, "test/*.[ch]pp") or fnmatch(name, "generated/*.ts"))

    def cpp(self, *folders):
        return [p for p in self.text if p.endswith("pp") and p.startswith(folders or ("src/", "api/", "generated/"))]

    def code(self, path):
        """The text with comments and literals blanked; offsets and lines stay."""
        pattern = NOT_CODE if path.endswith("pp") else NOT_JS_CODE
        return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), self.text[path])

    def layer(self, path):
        unit = path.removeprefix("src/")
        if unit.removesuffix(".hpp") in self.layers:
            return unit.removesuffix(".hpp")
        parts = unit.split("/")
        return "/".join(parts[:2]) if parts[0] == "generated" else parts[0]

    def includes(self, path):
        for m in INCLUDE.finditer(self.text[path]):
            yield m[1] == "<", m[2], line_of(self.text[path], m.start())

    def find(self, path, pattern):
        code = self.code(path)
        for m in re.finditer(pattern, code):
            yield m[0], line_of(code, m.start())


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def matches(path, patterns):
    return any(fnmatch(path, pattern) for pattern in patterns)


def layers(tree):
    """A file includes only the layers that its row of src/LAYERS names."""
    for path in tree.cpp():
        layer = tree.layer(path)
        if layer not in tree.layers:
            yield Finding(path, 1, f"the folder {layer} has no row in src/LAYERS")
            continue
        for system, name, line in tree.includes(path):
            other = tree.layer(name)
            if not system and other not in tree.layers:
                yield Finding(path, line, f'"{name}" is not spelt from a layer, like "base/result.hpp"')
            elif not system and other != layer and other not in tree.layers[layer]:
                yield Finding(path, line, f"{layer} may not include {other} ({name})")


def externals(tree):
    """A header that is not of C++ is included only where a row of src/LAYERS names it."""
    guarded = {name for names in tree.externals.values() for name in names}
    for path in tree.cpp():
        allowed = tree.externals.get(tree.layer(path), [])
        for system, name, line in tree.includes(path):
            stem = re.split(r"[/.]", name)[0]
            foreign = "." in name or "/" in name or name in guarded
            crosses = name in ("mutex", "thread") and matches(path, MAY_SYNCHRONISE)
            if system and foreign and not crosses and not {name, stem} & set(allowed):
                yield Finding(path, line, f"<{name}> is not among the external headers of {tree.layer(path)} in src/LAYERS")


def cycles(tree):
    """The files of one folder, header and source taken together, form no cycle of includes."""
    graph = {}
    for path in tree.cpp("src/", "api/"):
        unit, folder = path.rsplit(".", 1)[0], path.rsplit("/", 1)[0]
        for system, name, _ in tree.includes(path):
            target = (name if name.startswith("api/") else "src/" + name).rsplit(".", 1)[0]
            if not system and target.rsplit("/", 1)[0] == folder and target != unit:
                graph.setdefault(unit, set()).add(target)
    done, reported = set(), set()

    def walk(unit, trail):
        if unit in trail:
            cycle = trail[trail.index(unit):]
            if frozenset(cycle) not in reported:
                reported.add(frozenset(cycle))
                yield Finding(cycle[0] + ".hpp", 1, "a cycle of includes: " + " > ".join([*cycle, unit]))
        elif unit not in done:
            for target in sorted(graph.get(unit, ())):
                yield from walk(target, [*trail, unit])
            done.add(unit)

    for unit in sorted(graph):
        yield from walk(unit, [])


def no_throw(tree):
    """Nothing throws outside the edge to Node."""
    for path in tree.cpp():
        if not matches(path, MAY_THROW):
            for word, line in tree.find(path, r"\bthrow\b"):
                yield Finding(path, line, "throw; return an Expected<T> instead")


def synchronisation(tree):
    """Threads, locks and atomics are in the few files that cross threads."""
    for path in tree.cpp():
        if not matches(path, MAY_SYNCHRONISE):
            for word, line in tree.find(path, r"\bstd::(atomic\w*|\w*mutex|j?thread|condition_variable\w*)\b"):
                yield Finding(path, line, f"{word} outside " + ", ".join(MAY_SYNCHRONISE))


def libpq(tree):
    """Only src/pq calls libpq."""
    for path in tree.cpp():
        if not path.startswith("src/pq/"):
            for word, line in tree.find(path, r"\bPQ[a-z]\w*"):
                yield Finding(path, line, f"{word} outside src/pq")


def javascript(tree):
    """The JavaScript layer compiles no text outside rows.js and has no timers but for warnings, which nothing waits for."""
    for path in tree.text:
        if fnmatch(path, "lib/*js") and path.count("/") == 1 and path != "lib/rows.js":
            for word, line in tree.find(path, r"\bnew\s+Function\b|\beval\s*\(|\bset(Timeout|Interval)\b"):
                if path in ("lib/leaks.js", "lib/silence.js") and word == "setTimeout":
                    continue
                yield Finding(path, line, f"{word} in lib outside rows.js")


def direction(tree):
    """A file of lib/ requires only what stands after it in lib/LAYERS, which names them all."""
    def place(path):
        unit = path.removeprefix("lib/").removesuffix(".js")
        return next((name for name in (unit, unit.split("/")[0]) if name in tree.order), None)

    files = [path for path in tree.text if path.startswith("lib/")]
    for name in {*tree.order} - {place(path) for path in files}:
        yield Finding("lib/LAYERS", 1, f"there is no {name}")
    for path in files:
        own = place(path)
        if own is None:
            yield Finding(path, 1, "has no place in lib/LAYERS")
            continue
        for m in re.finditer(r"\brequire\('(\.[^']*)'\)", tree.text[path]):
            other = place(posixpath.normpath(posixpath.join(posixpath.dirname(path), m[1])))
            if other and other != own and tree.order.index(other) < tree.order.index(own):
                yield Finding(path, line_of(tree.text[path], m.start()), f"{own} may not require {other}")


def module_comments(tree):
    """Each file of lib/ says first what it is."""
    for path in tree.text:
        if path.startswith("lib/") and not re.match(r"(?://[^\n]*\n)+'use strict';\n", tree.text[path]):
            yield Finding(path, 1, "does not begin with `// What it is.` and 'use strict'")


def words(tree):
    """A lower layer does not know the names of a higher one."""
    for folder, pattern in FORBIDDEN_WORDS.items():
        for path in tree.cpp(folder + "/"):
            for word, line in tree.find(path, rf"\b(?:{pattern})\b"):
                yield Finding(path, line, f"{word} is not a word of {folder}")


def header_comments(tree):
    """Each header says first what it is and on which thread it lives."""
    for path in tree.cpp("src/"):
        head = re.match(r"(?://[^\n]*\n)*", tree.text[path])[0]
        if path.endswith(".hpp") and not re.match(r"// [^\n]+:", head):
            yield Finding(path, 1, "the first line is not `// Name: what it is.`")
        elif path.endswith(".hpp") and not re.search(r"thread", head, re.I):
            yield Finding(path, 1, "the comment at the top does not name a thread (`// Thread: any.`)")


def messages(tree):
    """The text of an error is a full sentence: a capital first, a period last."""
    for path in tree.cpp():
        text = tree.text[path]
        for m in re.finditer(r"\bError::make\s*\(", text):
            depth, end, commas = 1, m.end(), []
            while depth and end < len(text):
                literal = re.compile(STRING).match(text, end)
                end = literal.end() if literal else end + 1
                char = text[end - 1]
                depth += 0 if literal else (char in "({[") - (char in ")}]")
                if char == "," and depth == 1 and not literal:
                    commas.append(end)
            if not commas:
                continue
            message = text[commas[0]:(commas[1] if len(commas) > 1 else end) - 1].strip()
            first, last = re.match(STRING, message), re.search(rf"({STRING})\s*$", message)
            line = line_of(text, m.start())
            if first and not re.match(r'(?:u8)?"(?:[A-Z`$]|\\")', first[0]) and not PROMISED.match(first[0]):
                yield Finding(path, line, f"a message begins with a capital: {first[0]}")
            if last and not re.search(r'\.(?:\\n)?"$', last[1]):
                yield Finding(path, line, f"a message ends with a period: {last[1]}")


def names(tree):
    """A file or function that a comment or a document names is there."""
    files = tree.listed()
    tails = {"/".join(name.split("/")[at:]) for name in files for at in range(name.count("/") + 1)}
    code = {path: tree.code(path) for path in tree.text}
    known = set(re.findall(r"\w+", " ".join(code.values()))) | set(re.findall(r"\w+", tree.vocabulary(files)))
    texts = {path: comments_of(path, text) for path, text in tree.text.items() if not path.startswith("generated/")}
    texts |= {name: without_fences((tree.root / name).read_text()) for name in files
              if fnmatch(name, "docs/*.md") or name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")}
    for path, text in texts.items():
        for m in re.finditer(r"(?<![\w./*<>{}~$:@-])((?:[\w-]+/)*[\w-]+\.(?:hpp|cpp|[cm]?js|[cm]?ts|py|mjs|md|case))\b(?![\w/*-])", text):
            if m[1] not in tails and not re.fullmatch(r"[A-Z]\w+\.js", m[1]):  # Node.js
                yield Finding(path, line_of(text, m.start()), f"there is no {m[1]}")
        for m in re.finditer(r"`(\w+/\w+)\.[ch]pp` \(`(\w+)\(\)`\)", text):
            unit = [tree.text.get(f"src/{m[1]}.{end}", "") for end in ("hpp", "cpp")]
            if not re.search(rf"\b{m[2]}\b", " ".join(unit)):
                yield Finding(path, line_of(text, m.start()), f"{m[1]} has no {m[2]}()")
        for m in re.finditer(r"`(?:[\w.]+\.)?(\w+)\(\)`|(?<![\w.:`])([a-z]\w*_\w+)\(\)", text):
            name = m[1] or m[2]
            if name not in known and not name.startswith(("pg_", "PQ")):
                yield Finding(path, line_of(text, m.start()), f"there is no {name}()")


def without_fences(text):
    """A document without its blocks of code; lines stay."""
    return re.sub(r"^```.*?^```", lambda m: re.sub(r"[^\n]", "", m[0]), text, flags=re.M | re.S)


def comments_of(path, text):
    """Only the comments; lines stay."""
    pattern = NOT_CODE if path.endswith("pp") else NOT_JS_CODE
    kept, end = [], 0
    for m in pattern.finditer(text):
        kept.append(re.sub(r"[^\n]", " ", text[end:m.start()]))
        kept.append(m[0] if m[0].startswith(("//", "/*")) else re.sub(r"[^\n]", " ", m[0]))
        end = m.end()
    return "".join(kept) + re.sub(r"[^\n]", " ", text[end:])


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno


def functions(code, is_cpp):
    """The functions of blanked code, as (first line, last line); in C++ those inside of others are parts of them."""
    kinds, begins, after = [], [], 0
    for m in re.finditer(r"[;{}]", code):
        if m[0] == "{":
            prelude = code[after:m.start()]
            begin = after + len(prelude) - len(prelude.lstrip())
            outer = kinds[-1] if kinds else "scope"
            if is_cpp and outer != "scope":
                kinds.append("body")
            elif is_cpp:
                is_scope = re.search(r"\b(?:namespace|class|struct|union|enum)\b[^()]*$", prelude)
                # Nothing stands between an initialiser in braces and the body of its constructor.
                kinds.append("scope" if is_scope else "function" if "(" in prelude or not prelude.strip() else "body")
            else:
                is_control = re.match(r"\s*(?:\w+:\s*)?(?:else\s+)?(?:if|for|while|switch|catch|with)\b", prelude)
                kinds.append("function" if not is_control and re.search(r"(?:\)|=>)\s*$", prelude) else "body")
            begins.append(begin)
        elif m[0] == "}" and kinds:
            begin = begins.pop()
            if kinds.pop() == "function":
                yield line_of(code, begin), line_of(code, m.start())
        after = m.end()


def sizes(tree):
    """A source file has at most 450 lines, a function at most 60."""
    gen = {p.relative_to(tree.root).as_posix(): p.read_text() for p in tree.root.glob("gen/*.py")}
    for path, text in {**tree.text, **gen}.items():
        if path.startswith("generated/"):
            continue
        if text.count("\n") > 450:
            yield Finding(path, 451, f"{text.count(chr(10))} lines: divide it along its verbs")
        found = python_functions(text) if path in gen else functions(tree.code(path), path.endswith("pp"))
        for first, last in found:
            if last - first >= 60:
                yield Finding(path, first, f"a function of {last - first + 1} lines")


def nothing_private(tree):
    """No path of one machine and no host of a package registry is in the repository."""
    private = re.compile(r"(?<![\w.}\])*-])/(?:wor[k]|roo[t]|home/\w+)/[\w.]"
                         r"|\bregistr[y]\.(?:npmjs|yarnpkg|npmmirror)\b|\b(?:deb|security)\.debia[n]\.org\b"
                         r"|\bdeb\.nodesourc[e]\b|\bfiles\.pythonhoste[d]\b|\bproxy\.golan[g]\b")
    for name in tree.listed():
        path = tree.root / name
        if path.stat().st_size < 2_000_000:
            data = path.read_bytes()
            text = "" if b"\0" in data else data.decode("utf-8", "replace")
            for m in private.finditer(text):
                yield Finding(name, line_of(text, m.start()), f"{m[0]} belongs to one machine")


RULES = [layers, externals, cycles, no_throw, synchronisation, libpq, javascript, direction, module_comments, words, header_comments, messages,
         names, sizes, nothing_private]


def main(root):
    tree = Tree(root)
    failed = 0
    for rule in RULES:
        findings = list(rule(tree))
        failed += bool(findings)
        print("FAIL" if findings else "ok  ", f"{rule.__name__}: {rule.__doc__}")
        for f in findings:
            print(f"     {f.path}:{f.line}: {f.message}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]))

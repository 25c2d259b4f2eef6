"""docs/EXTENDING.md, done as it says: every example in one copy of the repository, generated once."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import COMPILERS, ROOT, compile_cpp, compile_ts, generate

BLOCKS = dict(re.findall(r"<!-- example:([\w-]+) -->\n+```\w+\n(.*?)```",
                         (ROOT / "docs/EXTENDING.md").read_text(), re.DOTALL))
CHECKS = """#include "recorder.hpp"
#define TEST(suite, name) int main()
#define EXPECT_EQ(made, expected) if ((made) != (expected)) return __LINE__
using namespace hdb;
using namespace hdb::types;
"""


class Extending(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = root = Path(folder.name)
        for part in ("api", "src/types"):
            shutil.copytree(ROOT / part, root / part)
        cls.insert("api/pool.hpp", "  /// Refuses new work, lets running work finish", BLOCKS["method-header"] + "\n")
        cls.insert("api/options.hpp", "  /// Allow a retry after a failure with outcome `unknown`. Default: only in the modes",
                   BLOCKS["option-header"])
        cls.insert("api/error.hpp", "  kTimeout JS_ERROR(", BLOCKS["error-header"])
        cls.insert("src/types/type_table.hpp", '    {"xid", 28, 1011},\n', BLOCKS["type-row"], replaced=True)
        run = generate(root)
        assert (run.returncode, run.stderr) == (0, ""), run.stderr

    @classmethod
    def insert(cls, file: str, anchor: str, block: str, replaced: bool = False) -> None:
        """In front of the anchor, or instead of it."""
        path = cls.root / file
        text = path.read_text()
        assert text.count(anchor) == 1, f"{file}: {anchor}"
        path.write_text(text.replace(anchor, block if replaced else block + anchor))

    def read(self, file: str) -> str:
        return (self.root / file).read_text()

    def compiles(self, name: str, text: str) -> None:
        source = self.root / name
        source.write_text(text)
        self.assertEqual(compile_cpp(source, self.root), "")

    def test_a_method(self) -> None:
        typings = "".join("  " + line + "\n" if line else "\n" for line in BLOCKS["method-typings"].splitlines())
        self.assertIn(typings, self.read("generated/index.d.ts"))
        self.assertIn(BLOCKS["method-glue"].strip(), self.read("generated/glue/pool.gen.cpp"))
        self.assertEqual(compile_cpp(self.root / "generated/glue/pool.gen.cpp", self.root), "")
        self.compiles("method.cpp", f'#include "api/pool.hpp"\n\nnamespace hdb {{\n{BLOCKS["method-source"]}}}\n')

    def test_an_option_of_a_query(self) -> None:
        self.assertIn('"deadlineAt", out.deadline_at, Range{0, 9007199254740991}', self.read("generated/glue/options.gen.cpp"))
        self.assertIn(" make_request(", (ROOT / "src/client/make_request.cpp").read_text())
        self.compiles("option.cpp", '#include "conn/request.hpp"\n\nnamespace hdb {\n'
                      f'void act(const QueryOptions& options, Request* request) {{\n{BLOCKS["option-source"]}}}\n}}\n')

    def test_a_class_of_errors(self) -> None:
        self.assertIn("export declare class QueueFullError extends PoolExhaustedError {", self.read("generated/index.d.ts"))
        self.assertIn("  QueueFullError,\n", self.read("generated/index.mjs"))
        self.compiles("error.cpp", '#include "generated/names/error.hpp"\n\nnamespace hdb {\n' + BLOCKS["error-source"] +
                      'static_assert(class_of(ErrorKind::kQueueFull).code == "QUEUE_FULL");\n'
                      "static_assert(class_of(ErrorKind::kQueueFull).is_transient);\n}\n")
        (self.root / "lib").mkdir()
        shutil.copy(ROOT / "lib/errors.js", self.root / "lib")
        script = ("const { classes, makeError } = require('./lib/errors.js');"
                  "const kind = require('./generated/errors.js').findIndex(({ name }) => name === 'QueueFullError');"
                  "const error = makeError(kind, 'Full.', {}, [], undefined);"
                  "console.log(error.name, error instanceof classes.PoolExhaustedError);")
        run = subprocess.run(["node", "-e", script], cwd=self.root, capture_output=True, text=True, check=False)
        self.assertEqual((run.stdout, run.stderr), ("QueueFullError true\n", ""))

    def test_a_type_of_a_known_family(self) -> None:
        source, program = self.root / "type.cpp", self.root / "type"
        source.write_text(CHECKS + BLOCKS["type-test"].replace("}\n", "  return 0;\n}\n"))
        files = [self.root / f"src/types/{name}.cpp" for name in ("array", "bytea", "decode", "json", "number", "numeric",
                                                                  "oid", "timestamp")]
        folders = (self.root, self.root / "src", ROOT, ROOT / "src", ROOT / "test/unit/types")
        command = ["g++", "-std=c++20", "-O0", *(f"-I{folder}" for folder in folders), str(source), *map(str, files)]
        run = subprocess.run([*command, "-o", str(program)], capture_output=True, text=True, check=False)
        self.assertEqual(run.stderr, "")
        self.assertEqual(subprocess.run([program], check=False).returncode, 0, "the line of type.cpp that failed")

    def test_they_are_used_as_it_says(self) -> None:
        usages = []
        for name, text in BLOCKS.items():
            if name.endswith("-usage"):
                usages.append(self.root / f"{name}.mts")
                usages[-1].write_text('import { createPool, QueueFullError } from "./generated/index.mjs";\n' + text)
        self.assertEqual(len(usages), 3)
        for compiler in COMPILERS:
            with self.subTest(compiler):
                self.assertEqual(compile_ts(compiler, usages), "")


if __name__ == "__main__":
    unittest.main()

"""The generator: what it makes of every row of the vocabulary, what it refuses, and that the result compiles."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import unittest
from pathlib import Path

from harness import CASES, COMPILERS, ERRORS, HERE, ROOT, compile_cpp, compile_ts, generate, make_root, message, outputs



class Temporary(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def repository(self) -> Path:
        """A copy of what the generator reads and writes here."""
        shutil.copytree(ROOT / "api", self.folder / "api")
        self.assertEqual(generate(self.folder).returncode, 0)
        return self.folder


class Golden(Temporary):
    def test_every_case_gives_what_is_expected(self) -> None:
        for header in CASES:
            with self.subTest(header.stem):
                expected = {path.name: path.read_text() for path in header.with_suffix(".expected").iterdir()}
                made = outputs(header)
                self.assertEqual(sorted(made), sorted(expected), "npm run gen:accept")
                for name, text in expected.items():
                    self.assertEqual(made[name], text, f"{header.stem}/{name}; npm run gen:accept")

    def test_the_glue_of_every_case_compiles_against_the_converters(self) -> None:
        root = self.folder
        (root / "api").mkdir()
        shutil.copytree(ROOT / "generated/glue", root / "generated/glue")
        shutil.copytree(ROOT / "generated/names", root / "generated/names")
        names = []
        for header in CASES:
            # Its own api/<topic>.hpp is found before the real one; everything else that it includes is the real one.
            shutil.copy(header, root / "api" / header.name)
            for suffix in ("hpp", "cpp"):
                name = f"{header.stem}.gen.{suffix}"
                shutil.copy(header.with_suffix(".expected") / name, root / "generated/glue" / name)
            spelt = header.with_suffix(".expected") / "names.hpp"
            if spelt.is_file():
                shutil.copy(spelt, root / f"generated/names/{header.stem}.hpp")
            names.append(name)
        source = root / "all.cpp"
        source.write_text("".join(f'#include "generated/glue/{name}"\n' for name in names))
        self.assertEqual(compile_cpp(source, root), "")

    def test_the_typings_of_every_case_compile(self) -> None:
        files = [path for header in CASES for path in sorted(header.with_suffix(".expected").glob("*.d.ts"))]
        for compiler in COMPILERS:
            with self.subTest(compiler):
                self.assertEqual(compile_ts(compiler, files, "--types", "node"), "")

    def test_every_macro_and_every_type_of_the_vocabulary_is_in_a_case(self) -> None:
        text = "\n".join(header.read_text() for header in CASES)
        macros = re.findall(r"#define (JS_\w+)", (ROOT / "api/annotate.hpp").read_text())
        vocabulary = (ROOT / "gen/vocabulary.py").read_text()
        words = re.findall(r'^    "(\w+)": (?:Scalar|Opaque)', vocabulary, re.MULTILINE)
        templates = re.search(r"_TEMPLATES = \((.*)\)", vocabulary)[1]
        integers = re.search(r"_INTEGERS = \((.*)\)", vocabulary)[1]
        for word in [*macros, *words, *re.findall(r'"(\w+)"', templates + integers)]:
            with self.subTest(word):
                self.assertRegex(text, rf"\b{word}\b")


class Rules(Temporary):
    def test_every_breach_is_told_with_its_place_and_a_hint(self) -> None:
        for header in ERRORS:
            with self.subTest(header.stem):
                expected = header.with_suffix(".expected").read_text()
                self.assertEqual(message(header), expected, "npm run gen:accept")
                rule = header.stem.partition("_")[0]
                self.assertRegex(expected, rf"^api/{header.name}:\d+: {rule}: ")
                self.assertIn("\n  hint: ", expected)

    def test_every_rule_has_a_case(self) -> None:
        rules = re.findall(r'^    "(R\d+)"', (ROOT / "gen/rules.py").read_text(), re.MULTILINE)
        self.assertEqual(rules, [f"R{number}" for number in range(1, 14)])
        for rule in rules:
            with self.subTest(rule):
                self.assertTrue(any(header.stem.startswith(f"{rule}_") for header in ERRORS))

    def test_a_broken_header_changes_nothing(self) -> None:
        root = make_root(self.folder, HERE / "errors/R2_summary.hpp")
        self.assertEqual(generate(root).returncode, 1)
        self.assertFalse((root / "generated").exists())


class Freshness(Temporary):
    def test_what_is_checked_in_is_what_the_headers_say(self) -> None:
        run = generate(ROOT, "--check")
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_the_same_bytes_under_every_hash_seed(self) -> None:
        made = []
        for seed in ("0", "1", "4711"):
            root = self.folder / seed
            shutil.copytree(ROOT / "api", root / "api")
            self.assertEqual(generate(root, seed=seed).returncode, 0)
            files = sorted(path for path in (root / "generated").rglob("*") if path.is_file())
            made.append({path.relative_to(root): path.read_bytes() for path in files})
        self.assertEqual(made[0], made[1])
        self.assertEqual(made[0], made[2])
        for name, content in made[0].items():
            self.assertNotIn(b"\r", content, name)
            self.assertNotIn(str(self.folder).encode(), content, name)

    def test_a_second_run_has_nothing_to_do(self) -> None:
        self.assertEqual(generate(self.repository()).stdout, "Nothing to do.\n")

    def test_check_shows_what_is_stale_and_the_command_to_run(self) -> None:
        root = self.repository()
        header = root / "api/transaction.hpp"
        header.write_text(header.read_text().replace("bool is_open() const;", "bool is_alive() const;"))
        before = (root / "generated/index.d.ts").read_text()
        run = generate(root, "--check")
        self.assertEqual(run.returncode, 1)
        self.assertIn("\n-  isOpen(): boolean;\n+  isAlive(): boolean;\n", run.stderr)
        self.assertTrue(run.stderr.endswith("Run: npm run gen\n"))
        self.assertEqual((root / "generated/index.d.ts").read_text(), before, "--check writes nothing")

    def test_check_finds_missing_files_and_orphans_and_a_run_repairs_both(self) -> None:
        root = self.repository()
        (root / "generated/errors.js").unlink()
        (root / "generated/glue/old.gen.cpp").write_text("")
        run = generate(root, "--check")
        self.assertEqual(run.returncode, 1)
        self.assertIn("+++ generated/errors.js (as api/ has it)", run.stderr)
        self.assertIn("generated/glue/old.gen.cpp is made from no header", run.stderr)
        self.assertEqual(generate(root).stdout, "generated/errors.js\ngenerated/glue/old.gen.cpp (deleted)\n")
        self.assertEqual(generate(root, "--check").returncode, 0)

    def test_the_model_is_json_and_lists_the_escapes(self) -> None:
        model = json.loads(generate(ROOT, "--ir").stdout)
        self.assertEqual([header["path"] for header in model["headers"]],
                         sorted(f"api/{path.name}" for path in (ROOT / "api").glob("*.hpp") if path.stem != "annotate"))
        self.assertIn("Result<RowOf<Row, Mode>>", [escape["text"] for escape in model["escapes"]])


class RealApi(Temporary):
    def test_the_typings_compile_with_and_without_those_of_node(self) -> None:
        files = [ROOT / f"generated/{name}" for name in ("index.d.ts", "index.d.cts", "index.d.mts", "native.d.ts")]
        for compiler in COMPILERS:
            with self.subTest(compiler):
                self.assertEqual(compile_ts(compiler, files, "--types", "node"), "")
                project = self.folder / f"{compiler}.json"
                project.write_text(json.dumps({
                    "compilerOptions": {"strict": True, "noEmit": True, "types": [], "lib": ["es2022"],
                                        "module": "nodenext", "skipLibCheck": False},
                    "files": list(map(str, files)),
                }))
                self.assertEqual(compile_ts(compiler, [], "-p", str(project)), "")

    def test_a_kind_of_error_without_a_class_does_not_compile(self) -> None:
        root = self.repository()
        source = root / "kinds.cpp"
        source.write_text('#include "generated/names/error.hpp"\n')
        self.assertEqual(compile_cpp(source, root), "")
        header = root / "api/error.hpp"
        header.write_text(header.read_text().replace("\n  kInternal ", "\n  kForgotten,\n  kInternal "))
        self.assertIn("kForgotten", compile_cpp(source, root))

    def test_the_error_table_has_the_order_of_the_enum(self) -> None:
        header = (ROOT / "api/error.hpp").read_text()
        names = re.findall(r'JS_ERROR\(\s*"(\w+)"', header)
        table = (ROOT / "generated/errors.js").read_text()
        self.assertEqual(re.findall(r'name: "(\w+)"', table), names)


if __name__ == "__main__":
    unittest.main()

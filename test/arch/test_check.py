"""Each rule of check.py finds its own mistake in a tiny tree, and nothing in a tree without mistakes."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import check  # noqa: E402

LAYERS = """# a comment
base: :
api: base :
loop: base : asio thread
pq: base api : libpq-fe.h
conn: base api loop pq :
cluster: base conn :
node: base api : napi.h
generated/glue: api node : napi.h
"""
HEADER = "// Thing: what it is.\n// Thread: any.\n#pragma once\n"
MODULE = "// What it is.\n'use strict';\n"
GOOD = {
    "src/base/thing.hpp": HEADER,
    "src/conn/thing.hpp": HEADER + '#include <vector>\n#include "base/thing.hpp"\n#include "pq/session.hpp"\n',
    "src/conn/thing.cpp": '#include "conn/thing.hpp"\n// std::mutex, throw, PQexec and Pool in a comment are words.\n'
                          'const char* text = "throw PQexec Pool std::atomic";\nPoolOptions options;\n',
    "src/pq/session.hpp": HEADER + "#include <libpq-fe.h>\n",
    "src/pq/session.cpp": '#include "pq/session.hpp"\nauto e = Error::make(kind(1, 2), "Host " + host + " is gone.", 3);\n'
                          'auto n = PQntuples(nullptr);\nauto f = Error::make(kind, text);\n',
    "src/loop/loop.hpp": HEADER + "#include <asio/post.hpp>\n#include <thread>\nstd::mutex m;\n",
    "src/node/addon.cpp": "#include <napi.h>\nvoid f() { throw 1; }\n",
    "lib/LAYERS": "# a comment\ntools: testing\npublic: pool run\nvalues: rows\n",
    "lib/pool.js": MODULE + "// setTimeout is not used here\nconst { run } = require('./run.js');\n",
    "lib/rows.js": MODULE + "new Function('x')\n",
    "lib/run.js": MODULE + "/** @import { Pool } from './pool.js' */\nrequire('../generated/names.js');\n",
    "lib/testing/index.js": MODULE + "require('./node');\nrequire('../rows.js');\n",
    "lib/testing/node.js": MODULE + "require('./index');\n",
}


def findings(rule, add={}):
    with tempfile.TemporaryDirectory() as root:
        for name, text in {"src/LAYERS": LAYERS, **GOOD, **add}.items():
            path = Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [f"{f.path}:{f.line}: {f.message}" for f in rule(check.Tree(root))]


class Rules(unittest.TestCase):
    def fails(self, rule, name, text, expected):
        found = findings(rule, add={name: text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])
        self.assertTrue(found[0].startswith(name.rsplit(".", 1)[0]), found)

    def test_a_tree_without_mistakes_has_no_findings(self):
        for rule in check.RULES:
            self.assertEqual(findings(rule), [], rule.__name__)

    def test_a_comment_may_not_name_a_file_that_is_gone(self):
        self.fails(check.names, "src/base/a.cpp", "\n// Not here: time (base/clock.hpp).\n", "a.cpp:2: there is no base/clock.hpp")

    def test_a_document_may_not_name_a_function_that_is_gone(self):
        self.fails(check.names, "docs/WALK.md", "`on_gone()` collects; Node.js runs `f()`.\n", "there is no on_gone()")

    def test_a_lower_layer_may_not_include_a_higher_one(self):
        self.fails(check.layers, "src/base/a.hpp", HEADER + '#include "conn/thing.hpp"\n', "base may not include conn")

    def test_the_edge_may_not_include_libpq_s_layer(self):
        self.fails(check.layers, "src/node/a.cpp", '\n  #  include "pq/session.hpp"\n', "a.cpp:2: node may not include pq")

    def test_one_header_may_be_a_layer(self):
        files = {"src/LAYERS": LAYERS + "api/pool: base api :\n", "api/pool.hpp": HEADER + '#include "api/error.hpp"\n'}
        self.assertEqual(findings(check.layers, add=files), [])
        found = findings(check.layers, add={**files, "src/conn/a.hpp": '#include "api/pool.hpp"\n'})
        self.assertEqual(found, ["src/conn/a.hpp:1: conn may not include api/pool (api/pool.hpp)"])

    def test_the_glue_is_a_layer_too(self):
        self.fails(check.layers, "generated/glue/a.cpp", '#include "conn/thing.hpp"\n', "generated/glue may not include conn")

    def test_an_include_is_spelt_from_its_layer(self):
        self.fails(check.layers, "src/base/a.cpp", '#include "../conn/thing.hpp"\n', "is not spelt from a layer")

    def test_a_folder_without_a_row_is_found(self):
        self.fails(check.layers, "src/extra/a.cpp", "", "has no row in src/LAYERS")

    def test_libpq_is_included_by_its_own_layer_only(self):
        self.fails(check.externals, "src/conn/a.cpp", "#include <libpq-fe.h>\n", "<libpq-fe.h>")

    def test_a_folder_of_a_foreign_library_counts_as_that_library(self):
        self.fails(check.externals, "src/base/a.cpp", "#include <asio/post.hpp>\n", "<asio/post.hpp>")

    def test_an_unknown_foreign_header_needs_a_row(self):
        self.fails(check.externals, "src/loop/a.cpp", "#include <sys/socket.h>\n", "<sys/socket.h>")

    def test_a_header_of_threads_needs_a_row(self):
        self.fails(check.externals, "src/conn/a.cpp", "#include <thread>\n", "<thread>")

    def test_a_cycle_through_the_sources_is_found_once(self):
        found = findings(check.cycles, add={
            "src/conn/a.hpp": '#include "conn/b.hpp"\n', "src/conn/b.cpp": '#include "conn/a.hpp"\n'})
        self.assertEqual(found, ["src/conn/a.hpp:1: a cycle of includes: src/conn/a > src/conn/b > src/conn/a"])

    def test_a_source_may_include_its_own_header(self):
        self.assertEqual(findings(check.cycles, add={"src/base/thing.cpp": '#include "base/thing.hpp"\n'}), [])

    def test_the_core_does_not_throw(self):
        self.fails(check.no_throw, "src/conn/a.cpp", "void f() {\n  throw 1;\n}\n", "a.cpp:2: throw")

    def test_a_lock_outside_the_list_is_found(self):
        for word in ("std::mutex m;", "std::atomic<int> a;", "std::thread t;", "std::condition_variable c;"):
            self.fails(check.synchronisation, "src/conn/a.hpp", HEADER + word, word.split("<")[0].split(" ")[0])

    def test_libpq_is_called_by_its_own_layer_only(self):
        self.fails(check.libpq, "src/conn/a.cpp", "int n = PQntuples(r);\n", "PQntuples outside src/pq")

    def test_the_javascript_layer_has_no_timers_and_compiles_nothing(self):
        for word in ("setTimeout(f, 1)", "setInterval(f, 1)", "new Function('x')", "eval('x')"):
            self.fails(check.javascript, "lib/a.js", word, "in lib outside rows.js")

    def test_the_tools_beside_the_javascript_layer_may_have_timers(self):
        self.assertEqual(findings(check.javascript, add={"lib/testing/a.js": "setTimeout(f, 1)"}), [])

    def test_the_javascript_layer_has_one_direction(self):
        self.fails(check.direction, "lib/run.js", MODULE + "\nrequire('./pool.js');\n", "lib/run.js:4: run may not require pool")
        self.fails(check.direction, "lib/rows.js", MODULE + "require('./testing');\n", "rows may not require testing")
        self.fails(check.direction, "lib/rows.js", MODULE + "require('./testing/node');\n", "rows may not require testing")
        self.fails(check.direction, "lib/new.js", MODULE, "has no place in lib/LAYERS")
        self.fails(check.direction, "lib/LAYERS", "all: testing pool run rows gone\n", "there is no gone")

    def test_a_module_says_what_it_is(self):
        self.fails(check.module_comments, "lib/run.js", "'use strict';\n\n/* Runs. */\n", "does not begin with")

    def test_a_connection_does_not_know_the_pool(self):
        self.fails(check.words, "src/conn/a.hpp", HEADER + "class HostPool;", "HostPool is not a word of src/conn")
        self.fails(check.words, "src/conn/a.hpp", HEADER + "class Topology;", "Topology is not a word of src/conn")
        self.fails(check.words, "src/cluster/a.hpp", HEADER + "class PoolCore;", "PoolCore is not a word of src/cluster")

    def test_a_header_says_what_it_is_and_names_its_thread(self):
        self.fails(check.header_comments, "src/conn/a.hpp", "#pragma once\n", "the first line is not")
        self.fails(check.header_comments, "src/conn/a.hpp", "// A: a.\n#pragma once\n", "does not name a thread")

    def test_a_message_is_a_full_sentence(self):
        self.fails(check.messages, "src/conn/a.cpp", 'Error::make(kind, "host is gone.");', "begins with a capital")
        self.fails(check.messages, "src/conn/a.cpp", 'Error::make(k(1), "It is " + x + " gone", Outcome::kNot);', "ends with a period")
        self.fails(check.messages, "src/conn/a.cpp", 'Error::make(\n    kind,\n    "A (b, c) "\n    "is gone");', "ends with a period")

    def test_paths_of_one_machine_and_registry_hosts_are_found(self):
        paths = (("cd ", "work", "main"), ("see ", "root", ".x"), ("x = '", "home", "ann", "x'"))
        hosts = (("https://registry", "npmjs", "org"),)
        for text in (*map("/".join, paths), *map(".".join, hosts)):
            self.fails(check.nothing_private, "docs/a.md", text, "belongs to one machine")
        self.assertEqual(findings(check.nothing_private, add={"docs/a.md": "./work/x build/work/x https://x.org/home/a"}), [])

    def test_long_files_and_functions(self):
        for name, begin, line, end in (
                ("src/base/a.cpp", "namespace x {\nvoid A::f() {", "\n  go();", "\n}\n}\n"),
                ("src/base/b.cpp", "A::A(int n) : n_{n} {", "\n  go();", "\n}\n"),
                ("src/base/c.cpp", "struct C {\n  void f() {", "\n  go();", "\n}\n};\n"),
                ("lib/run.js", MODULE + "const f = () => {", "\n  go();", "\n};\n"),
                ("lib/run.js", MODULE + "class A {\n  async run(a = {}) {", "\n  go();", "\n}\n}\n"),
                ("gen/a.py", "class A:\n  def f(self):\n    go()", "\n    go()", "\n")):
            most = 58
            self.assertEqual(findings(check.sizes, add={name: begin + line * most + end}), [])
            self.fails(check.sizes, name, begin + line * (most + 1) + end, "a function of 61 lines")
        self.fails(check.sizes, "src/base/a.cpp", "int a;\n" * 451, "451 lines")
        for text in ("class A {" + "\n  int a;" * 70 + "\n};\n", "enum class A {" + "\n  a," * 70 + "\n};\n"):
            self.assertEqual(findings(check.sizes, add={"src/base/a.hpp": HEADER + text}), [])


if __name__ == "__main__":
    unittest.main()

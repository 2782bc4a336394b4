#!/usr/bin/env python3
"""The arrows of the house: api -> storage -> engine, and what each folder may not touch.

    engine     includes nothing of ours outside engine; no float, clock, thread, randomness, locale
               or I/O (but <chrono> may serve as a calendar, and CHECK may write to stderr)
    storage    may include engine; RocksDB is included by storage/store.* alone, SQLite by
               storage/database.cc alone
    api        may include both; Boost.Beast and Asio are included under api/http alone
    bench, tests   may include anything of ours, and nothing includes them

Each rule is shown to find what it is for; then the tree must be clean. There is no allow-list.
"""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {".h", ".cc", ".def"}
ARROWS = {
    "engine": {"engine"},
    "storage": {"engine", "storage"},
    "api": {"engine", "storage", "api"},
}
OURS = {"engine", "storage", "api", "bench", "tests"}
LIBRARY_HOMES = (  # (what is included, where alone that may be)
    (re.compile(r"rocksdb/"), re.compile(r"storage/store\.(h|cc)")),
    (re.compile(r"sqlite3"), re.compile(r"storage/database\.cc")),
    (re.compile(r"boost/(beast|asio)"), re.compile(r"api/http/.*")),
)
NOT_IN_ENGINE_HEADERS = {
    "atomic", "cfenv", "cmath", "condition_variable", "ctime", "filesystem", "fstream",
    "future", "iomanip", "iostream", "istream", "locale", "mutex", "ostream", "random", "regex",
    "shared_mutex", "sstream", "stop_token", "thread", "time.h", "unistd.h",
}
NOT_IN_ENGINE_WORDS = re.compile(
    r"\b(float|double|[a-z_]+_clock|getenv|srand|rand|setlocale|stdout)\b")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT_OR_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])*'""", re.DOTALL)


def without_comments_and_literals(text: str) -> str:
    return COMMENT_OR_LITERAL.sub(lambda found: "\n" * found.group().count("\n") or " ", text)


def violations(path: str, text: str):
    """What is wrong with a file of ours, as sentences. `path` is relative to the root."""
    folder = path.split("/")[0]
    found = []
    for bracket, target in INCLUDE.findall(text):
        owner = target.split("/")[0]
        if bracket == '"' and owner not in OURS:
            found.append(f'{path}: "{target}" is not written from the root of the repository')
        if folder in ARROWS and owner in OURS - ARROWS[folder]:
            found.append(f"{path}: {folder} may not include {target}")
        for library, home in LIBRARY_HOMES:
            if folder in ARROWS and library.match(target) and not home.fullmatch(path):
                found.append(f"{path}: {target} may be included in {home.pattern} alone")
        if folder == "engine" and (target in NOT_IN_ENGINE_HEADERS or target.startswith("sys/")):
            found.append(f"{path}: engine may not include <{target}>")
    if folder == "engine":
        for word in NOT_IN_ENGINE_WORDS.findall(without_comments_and_literals(text)):
            found.append(f"{path}: engine may not use {word}")
    if path.endswith(".h") and "#pragma once" not in text:
        found.append(f"{path}: no #pragma once")
    return found


class Rules(unittest.TestCase):
    def assert_found(self, path, text, part):
        found = violations(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def test_arrows_point_down(self):
        self.assert_found("engine/a.cc", '#include "storage/b.h"\n', "may not include")
        self.assert_found("engine/a.cc", "#include <api/b.h>\n", "may not include")
        self.assert_found("storage/a.cc", '#  include "api/b.h"\n', "may not include")
        self.assert_found("api/a.cc", '#include "tests/b.h"\n', "may not include")
        self.assertEqual(violations("api/a.cc", '#include "storage/b.h"\n#include <vector>\n'), [])
        self.assertEqual(violations("tests/api/a.cc", '#include "tests/b.h"\n'), [])

    def test_includes_are_written_from_the_root(self):
        self.assert_found("engine/a.cc", '#include "b.h"\n', "from the root")
        self.assert_found("engine/products/a.cc", '#include "../b.h"\n', "from the root")

    def test_libraries_have_one_home(self):
        self.assert_found("storage/view.cc", "#include <rocksdb/db.h>\n", "alone")
        self.assert_found("storage/ledger.cc", "#include <sqlite3.h>\n", "alone")
        self.assert_found("api/people/persons.cc", "#include <sqlite3.h>\n", "alone")
        self.assert_found("api/routes.cc", "#include <boost/beast/http.hpp>\n", "alone")
        self.assertEqual(violations("storage/store.cc", "#include <rocksdb/db.h>\n"), [])
        self.assertEqual(violations("storage/database.cc", "#include <sqlite3.h>\n"), [])
        self.assertEqual(violations("api/http/server.cc", "#include <boost/asio.hpp>\n"), [])

    def test_engine_is_pure(self):
        self.assert_found("engine/a.cc", "#include <thread>\n", "<thread>")
        self.assert_found("engine/a.cc", "#include <sys/stat.h>\n", "<sys/stat.h>")
        self.assert_found("engine/a.cc", "const double rate = 1;\n", "double")
        self.assert_found("engine/refusal.def", "X(a, float)\n", "float")
        self.assert_found("engine/a.cc", "auto t = std::chrono::system_clock::now();\n", "_clock")
        words = "// double-entry\n/* a float\n */ const char* s = \"double\"; int x = 1'000'000;\n"
        self.assertEqual(violations("engine/a.cc", words), [])
        self.assert_found("engine/a.cc", "int a = 1'000; double b; int c = 2'000;\n", "double")

    def test_headers_are_guarded(self):
        self.assert_found("api/a.h", "int x;\n", "#pragma once")


class Tree(unittest.TestCase):
    def test_is_clean(self):
        files = [path for folder in sorted(OURS) for path in sorted((ROOT / folder).rglob("*"))
                 if path.suffix in SUFFIXES and path.is_file()]
        self.assertGreater(len(files), 0)
        found = []
        for path in files:
            found += violations(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        self.assertEqual(found, [], "\n" + "\n".join(found))


if __name__ == "__main__":
    unittest.main()

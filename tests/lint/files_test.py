#!/usr/bin/env python3
"""What every source file keeps to: at most 600 lines, no blank at a line's end, no tab, no carriage
return, a newline at the end, nothing left to be done later. Documents may be longer.

Each rule is shown to find what it is for; then the tree must be clean. There is no allow-list.
"""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_LINES = 600
SOURCES = {".h", ".cc", ".c", ".def", ".py", ".sh", ".js", ".css", ".cmake"}
TEXTS = SOURCES | {".md", ".yaml", ".toml", ".html", ".test"}
NAMES = {"dev", "run", "CMakeLists.txt"}
OUTSIDE = {".git", "build", "data", "node_modules", "golden", "corpus"}
LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")


def violations(path: str, text: str):
    """What is wrong with a file of ours, as sentences. `path` is relative to the root."""
    found = []
    is_source = Path(path).suffix in SOURCES or Path(path).name in NAMES
    lines = text.split("\n")
    if is_source and len(lines) - 1 > MAX_LINES:
        found.append(f"{path}: {len(lines) - 1} lines, {MAX_LINES} are allowed")
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        found.append(f"{path}: does not end with one newline")
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            found.append(f"{path}:{number}: blank at the end of the line")
        if is_source and "\t" in line:
            found.append(f"{path}:{number}: tab")
        if is_source and LATER.search(line):
            found.append(f"{path}:{number}: something is left to be done later")
    return found


def texts():
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        if inside.parts[0] in OUTSIDE or OUTSIDE & set(inside.parts[1:-1]) - {"data"}:
            continue
        if path.is_file() and (path.suffix in TEXTS or path.name in NAMES):
            yield path


class Rules(unittest.TestCase):
    def assert_found(self, path, text, part):
        found = violations(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def test_length(self):
        self.assert_found("engine/a.cc", "x;\n" * (MAX_LINES + 1), "lines")
        self.assertEqual(violations("engine/a.cc", "x;\n" * MAX_LINES), [])
        self.assertEqual(violations("docs/a.md", "x\n" * (MAX_LINES + 1)), [])

    def test_line_ends(self):
        self.assert_found("docs/a.md", "x \ny\n", "blank")
        self.assert_found("engine/a.cc", "x\r\ny\n", "blank")
        self.assert_found("engine/a.cc", "x", "newline")
        self.assert_found("engine/a.cc", "x\n\n", "newline")
        self.assert_found("engine/a.cc", "\tx\n", "tab")

    def test_nothing_is_left_for_later(self):
        self.assert_found("engine/a.cc", "// TO" "DO: more\n", "later")


class Tree(unittest.TestCase):
    def test_is_clean(self):
        found = []
        count = 0
        for path in texts():
            count += 1
            found += violations(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        self.assertGreater(count, 0)
        self.assertEqual(found, [], "\n" + "\n".join(found))


if __name__ == "__main__":
    unittest.main()

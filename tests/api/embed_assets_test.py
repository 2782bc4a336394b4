#!/usr/bin/env python3
"""What api/embed_assets.py writes is compiled and read back, byte for byte."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "api"))
import embed_assets  # noqa: E402

PRINT_ASSET = """
#include <cstdio>
#include "api/assets.h"
int main(int, char** arguments) {
  const lumbung::api::Asset* asset = lumbung::api::find_asset(arguments[1]);
  if (asset == nullptr) return 1;
  std::fprintf(stderr, "%.*s %.*s", static_cast<int>(asset->content_type.size()),
               asset->content_type.data(), static_cast<int>(asset->etag.size()),
               asset->etag.data());
  std::fwrite(asset->body.data(), 1, asset->body.size(), stdout);
}
"""


class Yaml(unittest.TestCase):
    def test_scalars_are_those_of_yaml_1_2(self):
        # YAML 1.2.2, section 10.3: only these forms are not strings.
        text = "{a: 2026-11-25, b: no, c: on, d: 017, e: 12:30, f: 1_000, g: =, h: 12, i: -1.5}"
        self.assertEqual(
            json.loads(embed_assets.yaml_to_json(text)),
            {"a": "2026-11-25", "b": "no", "c": "on", "d": "017", "e": "12:30", "f": "1_000",
             "g": "=", "h": 12, "i": -1.5})
        self.assertEqual(json.loads(embed_assets.yaml_to_json("{a: true, b: false, c: null, d: }")),
                         {"a": True, "b": False, "c": None, "d": None})

    def test_references_of_openapi_stay_as_they_are(self):
        text = "responses:\n  '200': {$ref: '#/components/responses/Entry'}\n"
        self.assertEqual(embed_assets.yaml_to_json(text),
                         b'{"responses":{"200":{"$ref":"#/components/responses/Entry"}}}')

    def test_a_key_given_twice_is_an_error(self):
        with self.assertRaises(yaml.YAMLError):
            embed_assets.yaml_to_json("paths:\n  /a: 1\n  /a: 2\n")


class Program(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        (self.folder / "openapi.yaml").write_text("openapi: 3.1.0\n")

    def build(self, swagger_ui: Path):
        subprocess.run(
            [sys.executable, "-B", ROOT / "api/embed_assets.py",
             "--openapi", self.folder / "openapi.yaml", "--web-docs", ROOT / "api/web-docs",
             "--swagger-ui", swagger_ui, "--out", self.folder / "assets.cc"], check=True)
        (self.folder / "main.cc").write_text(PRINT_ASSET)
        subprocess.run(
            [os.environ.get("CXX", "c++"), "-std=c++20", "-Wall", "-Wextra", "-Wpedantic",
             "-Werror", "-I", ROOT, "assets.cc", "main.cc", "-o", "program"],
            cwd=self.folder, check=True)

    def read(self, path: str):
        return subprocess.run([self.folder / "program", path], capture_output=True)

    def test_bodies_come_back_byte_for_byte(self):
        bodies = {name: f"{name} ??/ ??( \"\\0\n1".encode() + bytes(range(256)) * 9 + b"7"
                  for name in embed_assets.SWAGGER_FILES}
        for name, body in bodies.items():
            (self.folder / name).write_bytes(body)
        self.build(self.folder)
        etags = set()
        for name, body in bodies.items():
            found = self.read(f"/docs/{name}")
            self.assertEqual(found.returncode, 0)
            self.assertEqual(found.stdout, body)
            etags.add(found.stderr.split()[-1])
        self.assertEqual(len(etags), len(bodies))
        page = self.read("/docs")
        self.assertEqual(page.stdout, (ROOT / "api/web-docs/index.html").read_bytes())
        self.assertRegex(page.stderr.decode(), r'^text/html; charset=utf-8 "[0-9a-f]{32}"$')
        self.assertEqual(self.read("/docs/init.js").stdout,
                         (ROOT / "api/web-docs/init.js").read_bytes())
        self.assertEqual(self.read("/v1/openapi.json").stdout, b'{"openapi":"3.1.0"}')
        self.assertEqual(self.read("/docs/").returncode, 1)

    def test_without_npm_the_page_says_how_to_get_it(self):
        self.build(self.folder / "nothing-here")
        self.assertIn(b"install npm", self.read("/docs").stdout)
        self.assertEqual(self.read("/docs/swagger-ui.css").returncode, 1)


if __name__ == "__main__":
    unittest.main()

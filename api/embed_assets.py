#!/usr/bin/env python3
"""Writes assets.cc (see assets.h): openapi.yaml as JSON, and the page that shows it.

The page is Swagger UI where npm has fetched it, and otherwise a short text that says how to get it.
"""

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

import yaml

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
SWAGGER_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt")
CHARACTERS_A_LINE = 90


class CoreSchemaLoader(yaml.SafeLoader):
    """YAML 1.2 as OpenAPI asks for it: a date and the word `no` are strings. A key given twice in
    one mapping is an error."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} twice", node.start_mark)
        return super().construct_mapping(node, deep)


for name, pattern, first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?", list("-+0123456789")),
):
    CoreSchemaLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{name}", re.compile(f"^(?:{pattern})$"), first)


def yaml_to_json(text: str) -> bytes:
    document = yaml.load(text, Loader=CoreSchemaLoader)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def assets(openapi: Path, web_docs: Path, swagger_ui: Path):
    """Bodies by path."""
    found = {"/v1/openapi.json": yaml_to_json(openapi.read_text(encoding="utf-8"))}
    if all((swagger_ui / name).is_file() for name in SWAGGER_FILES):
        found["/docs"] = (web_docs / "index.html").read_bytes()
        found["/docs/init.js"] = (web_docs / "init.js").read_bytes()
        for name in SWAGGER_FILES:
            found[f"/docs/{name}"] = (swagger_ui / name).read_bytes()
    else:
        found["/docs"] = (web_docs / "without-page.html").read_bytes()
    return found


def literal(body: bytes) -> str:
    """A C++ string literal over many lines. Octal escapes have three digits, so none runs on."""
    named = {ord("\n"): "\\n", ord('"'): '\\"', ord("\\"): "\\\\", ord("?"): "\\077"}  # no trigraph
    pieces = [named.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}")
              for byte in body]
    lines = ["".join(pieces[start:start + CHARACTERS_A_LINE])
             for start in range(0, len(pieces), CHARACTERS_A_LINE)]
    return "\n".join(f'     "{line}"' for line in lines) or '     ""'


def source(found) -> str:
    rows = []
    for path, body in sorted(found.items()):
        kind = CONTENT_TYPES[Path(path).suffix or ".html"]
        etag = hashlib.sha256(body).hexdigest()[:32]
        rows.append(f'    {{"{path}",\n     "{kind}",\n     {{\n{literal(body)},\n     {len(body)}}},\n'
                    f'     "\\"{etag}\\""}},\n')
    return f"""// Written by embed_assets.py; do not edit.
#include "api/assets.h"

namespace lumbung::api {{
namespace {{

constexpr Asset kAssets[] = {{
{"".join(rows)}}};

}}  // namespace

const Asset* find_asset(std::string_view path) {{
  for (const Asset& asset : kAssets) {{
    if (asset.path == path) {{
      return &asset;
    }}
  }}
  return nullptr;
}}

}}  // namespace lumbung::api
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openapi", type=Path, required=True)
    parser.add_argument("--web-docs", type=Path, required=True)
    parser.add_argument("--swagger-ui", type=Path, required=True, help="may be missing")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    found = assets(options.openapi, options.web_docs, options.swagger_ui)
    options.out.write_text(source(found), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())

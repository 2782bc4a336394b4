#!/usr/bin/env python3
"""Every answer of a running node is one that openapi.yaml describes: status, content type, schema.

    answers_test.py PRINT_ANSWERS      (the program built from print_answers.cc)

Schemas are judged by python3-jsonschema (JSON Schema 2020-12, as OpenAPI 3.1 has it). Without it the
test is skipped, and says so.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77  # as ctest is told
sys.path.insert(0, str(ROOT / "api"))
import embed_assets  # noqa: E402

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("SKIPPED: python3-jsonschema is not installed; no answer was held against its schema")
    sys.exit(SKIPPED)


def resolved(document, node):
    while "$ref" in node and len(node) == 1:
        target = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def faults_of(document, answer):
    """What the document does not say of the answer, as sentences."""
    operation = document["paths"][answer["path"]][answer["method"]]
    responses = operation["responses"]
    if str(answer["status"]) not in responses:
        return ["the status is not in the document"]
    content = resolved(document, responses[str(answer["status"])]).get("content", {})
    media_type = answer["content_type"].split(";")[0]
    if media_type == "(none)" and not content:
        return []
    if media_type not in content:
        return [f"{media_type} is not in the document"]
    if not answer["body"]:
        return []
    schema = {"components": document["components"], "allOf": [content[media_type]["schema"]]}
    errors = Draft202012Validator(schema).iter_errors(json.loads(answer["body"]))
    return [f"{error.json_path}: {error.message}" for error in errors]


def operations_of(document):
    return {(method, path) for path, item in document["paths"].items()
            for method in item if method in ("get", "post")}


def main():
    text = (ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8")
    document = json.loads(embed_assets.yaml_to_json(text))
    printed = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout
    answers = [json.loads(line) for line in printed.splitlines()]

    # The judge judges: an answer with a field too many and one of another status are faults.
    days = next(a for a in answers if a["path"].endswith("/days") and a["method"] == "get")
    widened = json.loads(days["body"]) | {"memo": "x"}
    assert faults_of(document, days) == []
    assert faults_of(document, days | {"body": json.dumps(widened)})
    assert faults_of(document, days | {"status": 418})

    failed = False
    for answer in answers:
        for fault in faults_of(document, answer):
            failed = True
            print(answer["method"], answer["path"], answer["status"], fault, answer["body"][:300])
    unseen = operations_of(document) - {(a["method"], a["path"]) for a in answers}
    unseen.discard(("get", "/docs/{file}"))  # only where npm has fetched the page
    if unseen:
        failed = True
        print("never asked:", sorted(unseen))
    print(f"{len(answers)} answers of {len(operations_of(document))} operations")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

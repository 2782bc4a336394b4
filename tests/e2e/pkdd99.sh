#!/bin/bash
# The 49,102 bank transactions of PKDD'99 through the whole program.
#
#   pkdd99.sh LUMBUNG
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
trans=$root/../shared/data/pkdd99/trans.csv.gz
[ -r "$trans" ] || { echo "SKIPPED: ../shared/data/pkdd99 is absent" >&2; exit 77; }
expected=$(mktemp)
trap 'rm -f "$expected"' EXIT
python3 "$here/pkdd99_expected.py" "$trans" > "$expected"
"$here/same_books.sh" "$1" PKDD "$root/tests/data/pkdd99.toml" "$trans" "$expected"

#!/bin/bash
# Imports a file into a fresh data directory and holds the book against what is expected and against
# what others read in its exports: hledger, ledger-cli, beancount and the reader in Python.
#
#   same_books.sh LUMBUNG COOP RULES FILE EXPECTED
#
# EXPECTED has lines "rows COUNT", "balance CODE MINOR" (debits minus credits, in minor units) and
# "break CODE DATE LEDGER DIFFERENCE" (decimal text). Accounts that it leaves out are not compared.
set -euo pipefail

lumbung=$1 coop=$2 rules=$3 file=$4 expected=$5
here=$(cd "$(dirname "$0")" && pwd)
for tool in hledger ledger bean-check bean-query python3; do
  command -v "$tool" > /dev/null || { echo "SKIPPED: $tool is not installed" >&2; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
at=(--data "$work/data" --coop "$coop")

fail() { echo "FAILED: $*" >&2; exit 1; }
# One figure of the report of an import.
figure() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$@"; }
# "CODE MINOR" of the accounts that are expected, from lines "PATH:CODE AMOUNT".
compare() {
  awk '{ n = split($1, path, ":"); v = $2; if (v !~ /[.]/) v = v ".00"; sub(/[.]/, "", v)
         print path[n], v + 0 }' OFMT=%.0f CONVFMT=%.0f | sort > "$work/all"
  awk '$1 == "balance" { print $2 }' "$expected" | sort | join - "$work/all" > "$work/got"
  diff "$work/balances" "$work/got" > "$work/diff" || { head "$work/diff"; fail "balances by $1"; }
}

awk '$1 == "balance" { print $2, $3 }' "$expected" | sort > "$work/balances"
rows=$(awk '$1 == "rows" { print $2 }' "$expected")

"$lumbung" import "${at[@]}" --rules "$rules" "$file" --commit --json > "$work/first"
[ "$(figure "$work/first" posted)" = "$rows" ] || fail "not every row was posted"
python3 -c 'import json, sys
for gap in json.load(open(sys.argv[1]))["breaks"]:
    print("break", gap["account"], gap["date"], gap["ledger"], gap["difference"])' \
  "$work/first" | sort > "$work/breaks"
grep '^break ' "$expected" | sort | diff - "$work/breaks" > "$work/diff" ||
  { head "$work/diff"; fail "breaks"; }

"$lumbung" import "${at[@]}" --rules "$rules" "$file" --commit --json > "$work/second"
[ "$(figure "$work/second" posted)" = 0 ] || fail "rows were posted twice"
[ "$(figure "$work/second" known)" = "$rows" ] || fail "the second answers differ"

for format in hledger beancount csv jsonl blocks; do
  "$lumbung" export "${at[@]}" --format "$format" > "$work/$format"
done
[ "$(wc -l < "$work/jsonl")" = "$rows" ] || fail "not one line an entry"
[ "$(grep -c '^[0-9-]* ([0-9]*) ' "$work/hledger")" = "$rows" ] || fail "not one transaction an entry"

hledger -f "$work/hledger" check -s || fail "hledger check"
hledger -f "$work/hledger" bal --flat -N -E -O csv | tail -n +2 | tr -d '"' | tr ',' ' ' |
  compare hledger
ledger -f "$work/hledger" --strict --pedantic bal --flat --no-total -E \
  --balance-format '%(account) %(amount)\n' > "$work/ledger" || fail "ledger"
compare ledger < "$work/ledger"
bean-check "$work/beancount" || fail "bean-check"
bean-query -f csv "$work/beancount" 'SELECT account, sum(number) GROUP BY account' |
  tail -n +2 | tr -d ' \r' | tr ',' ' ' | compare beancount

python3 "$here/../reader/journal_reader.py" "$work/blocks" > "$work/read" || fail "the reader"
python3 -c 'import json, sys
for account in json.load(open(sys.argv[1]))["cooperatives"][0]["accounts"]:
    minor = int(account["debits"]) - int(account["credits"])
    print(account["code"], f"{minor // 100}.{minor % 100:02d}" if minor >= 0
          else f"-{-minor // 100}.{-minor % 100:02d}")' "$work/read" | compare reader

# A month of its own opens where the one before ended.
from=$(awk '$1 == "month" { print $2 }' "$expected")
"$lumbung" export "${at[@]}" --format hledger --from "$from" > "$work/month"
[ "$(grep -c '(opening) opening$' "$work/month")" = 1 ] || fail "not one opening transaction"
hledger -f "$work/month" check -s || fail "hledger check of a month"
hledger -f "$work/month" bal --flat -N -E -O csv | tail -n +2 | tr -d '"' | tr ',' ' ' |
  compare "hledger from $from"

"$lumbung" verify --data "$work/data" || fail "verify"
"$lumbung" verify --journal "$work/blocks" || fail "verify of the exported journal"
echo "$coop: $rows rows, $(wc -l < "$work/balances") balances and $(wc -l < "$work/breaks") breaks agree"

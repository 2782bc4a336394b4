#!/usr/bin/env bash
# Sixty-four connections post single entries for a few seconds: every answer is 201, every entry is
# in the book once, and the book is sound. Usage: wrk_smoke.sh PROGRAM [SECONDS]
set -euo pipefail
program=$1
seconds=${2:-5}
if ! command -v wrk >/dev/null; then
  echo "SKIPPED: wrk is not installed"
  exit 77
fi

folder=$(mktemp -d)
server=
trap 'if [[ -n $server ]]; then kill -TERM "$server" 2>/dev/null || true; wait "$server" || true; fi; rm -rf "$folder"' EXIT
data=$folder/data

"$program" init --data "$data" --coop WRK --first-day 2026-01-05 >/dev/null
"$program" role grant --data "$data" --coop WRK kasir-1 teller >/dev/null
token=$("$program" token create --data "$data" --coop WRK kasir-1 | grep -o 'lmb_[A-Za-z0-9_-]*')

: >"$folder/log"
"$program" serve --data "$data" --listen 127.0.0.1:0 >"$folder/out" 2>"$folder/log" &
server=$!
port=
for _ in $(seq 100); do
  port=$(sed -n 's/.*"event":"serving".*"port":"\([0-9]*\)".*/\1/p' "$folder/log")
  [[ -z $port ]] || break
  sleep 0.1
done

cat >"$folder/post.lua" <<'LUA'
local thread_count = 0
function setup(thread)
  thread:set("id", thread_count)
  thread_count = thread_count + 1
end
function init(args)
  n = 0
end
local body = [[{"legs":[{"account":"1101","side":"debit","amount":"5000.00"},{"account":"3301","side":"credit","amount":"5000.00"}]}]]
function request()
  n = n + 1
  return wrk.format("POST", nil, {
    ["Authorization"] = "Bearer " .. os.getenv("TOKEN"),
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = "wrk-" .. id .. "-" .. n,
  }, body)
end
function done(summary, latency, requests)
  io.write(string.format("rate %.0f a second, p50 %d us, p99 %d us, errors %d\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write))
  io.write(string.format("answered %d\n", summary.requests))
end
LUA
TOKEN=$token wrk -t1 -c64 -d"${seconds}s" -s "$folder/post.lua" \
  "http://127.0.0.1:$port/v1/cooperatives/WRK/entries" | tee "$folder/wrk"
grep -q 'errors 0$' "$folder/wrk"

# What was still in flight when wrk left may be booked as well: at most one a connection.
answered=$(sed -n 's/^answered //p' "$folder/wrk")
kill -TERM "$server"
wait "$server"
server=
booked=$("$program" export --data "$data" --coop WRK --format jsonl | wc -l)
((booked >= answered && booked <= answered + 64)) ||
  { echo "answered $answered, booked $booked"; exit 1; }
"$program" verify --data "$data"

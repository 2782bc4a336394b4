#!/usr/bin/env bash
# Do the README's commands work on a bare Debian 12? Makes one with debootstrap from the mirror that
# this machine uses, clones the committed state of this repository into it and runs them there:
#
#   tests/e2e/fresh_root.sh [build] [run] [test]     all three when none is named; run by hand, as root
#
# `run` starts the server, asks it for the trial balance with the printed token, stops it, starts it
# again and asks the same. Needs debootstrap. About 1.5 GB in TMPDIR, removed at the end.
set -euo pipefail

if [[ ${1:-} != --inside ]]; then
  exec unshare --mount --pid --fork --kill-child "$0" --inside "$@"
fi
shift

repository=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d -t fresh-root.XXXXXX)
root=$work/root
readonly repository work root
trap 'umount -R "$root" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT

in_root() {
  chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}

timed() {
  local start=$SECONDS
  printf '\n=== %s\n' "$1"
  shift
  "$@"
  printf '=== took %d s\n' $((SECONDS - start))
}

make_root() {
  local mirror
  mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' |
    awk '$1 == "bookworm" && $2 == "main" { print $3; exit }')
  if [[ -z $mirror ]]; then
    echo "fresh_root: apt knows no mirror of bookworm here; run apt-get update" >&2
    return 1
  fi
  mkdir "$root"
  mount --bind "$root" "$root" # the tests inside make mount namespaces: / must be a mount point
  debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/debootstrap.log" ||
    { tail "$work/debootstrap.log"; return 1; }
  apt-config dump | grep -E '^Acquire::(http|https|Check-)' >"$root/etc/apt/apt.conf.d/90host" || true
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  git clone -q "$repository" "$root/lumbung"
}

# The trial balance as the running server tells it, after the server was started as the README says.
trial_balance_of_a_run() {
  in_root bash -c '
    cd /lumbung
    ./dev run >run.log 2>&1 &
    server=$!
    trap "kill -TERM $server; wait $server" EXIT
    for ((i = 0; i < 6000; ++i)); do
      grep -q "Ctrl-C stops it" run.log && break
      kill -0 "$server" || { cat run.log >&2; exit 1; }
      sleep 0.2
    done
    eval "$(grep "auth=" run.log)"
    eval "$(grep "curl .*trial-balance" run.log | sed "s/curl/curl -sSf/")"
  '
}

try_run() {
  local first second
  first=$(trial_balance_of_a_run)
  second=$(trial_balance_of_a_run)
  printf '%.300s\n' "$first"
  if [[ -z $first || $first != "$second" ]]; then
    echo "fresh_root: the second start answers otherwise: $second" >&2
    return 1
  fi
}

if (($# == 0)); then
  set -- build run test
fi
timed 'a bare Debian 12' make_root
for what in "$@"; do
  case $what in
    build) timed './dev build' in_root /lumbung/dev build ;;
    run) timed './dev run, twice' try_run ;;
    test) timed './dev test' in_root /lumbung/dev test ;;
    *)
      echo "fresh_root: $what?" >&2
      exit 64
      ;;
  esac
done

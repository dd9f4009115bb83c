#!/usr/bin/env bash
# Runs the tests that are built, and says at the end what failed: a thousand tests print so many lines that the one which
# failed is long gone when the last has passed, and whoever sees the end alone would learn only how many did.
set -euo pipefail
export LC_ALL=C.UTF-8

usage() {
    cat <<'TEXT'
Runs the tests that are built already, and repeats at the end what failed.

usage: test.sh [--filter NAME]... [--skip NAME]... [--no-parallel] [--help]

  --filter NAME   only tests whose names NAME, a regular expression, is found in
  --skip NAME     none of those
  --no-parallel   one test at a time

exit codes
  0  every test passed
  2  wrong arguments
  otherwise that of `swift test`

example
  scripts/test.sh --filter ExchangeCoreTests
TEXT
}

misused() {
    printf 'test.sh: %s (see test.sh --help)\n' "$*" >&2
    exit 2
}

arguments=()
while (($#)); do
    case $1 in
        --help)
            usage
            exit 0
            ;;
        --filter | --skip)
            [[ -n ${2:-} ]] || misused "$1 needs the name of a test"
            arguments+=("$1" "$2")
            shift 2
            ;;
        --no-parallel)
            arguments+=("$1")
            shift
            ;;
        *) misused "unknown argument: $1" ;;
    esac
done
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

log=$(mktemp)
trap 'rm -f -- "$log"' EXIT
printf 'swift test --skip-build %s\n' "${arguments[*]}"
status=0
swift test --skip-build "${arguments[@]}" 2>&1 | tee -- "$log" || status=$?
if ((status != 0)); then
    printf '\nWhat failed, once more:\n'
    # Below a failure stand its words; a process that died says so behind a place in a file, and no test does.
    awk '/^✘/ { told = 1; print; next }
         /^ *↳/ { if (told) print; next }
         { told = 0 }
         /^error: |: (Fatal error|Precondition failed|Assertion failed)/ { print }' "$log" | cut -c 1-600
fi
exit "$status"

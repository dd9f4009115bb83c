#!/usr/bin/env bash
# Runs the tests that are built, and says at the end what failed: a thousand tests print so many lines that the one which
# failed is long gone when the last has passed, and whoever sees the end alone would learn only how many did.
set -euo pipefail
export LC_ALL=C.UTF-8

usage() {
    cat <<'TEXT'
Runs the tests that are built already, and repeats at the end what failed.

usage: test.sh [--help] [ARGUMENT]...

  ARGUMENT   passed on to `swift test`, such as --filter NAME

exit codes
  0  every test passed
  otherwise that of `swift test`

example
  scripts/test.sh --filter ExchangeCoreTests
TEXT
}

if [[ ${1:-} == --help ]]; then
    usage
    exit 0
fi
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

log=$(mktemp)
trap 'rm -f -- "$log"' EXIT
printf 'swift test --skip-build %s\n' "$*"
status=0
swift test --skip-build "$@" 2>&1 | tee -- "$log" || status=$?
if ((status != 0)); then
    printf '\nWhat failed, once more:\n'
    # A process that died says so in a line of its own, and no test does.
    grep -E '^(✘|error: |Fatal error)' -- "$log" | cut -c 1-600 || printf 'no test; see above why it ended\n'
fi
exit "$status"

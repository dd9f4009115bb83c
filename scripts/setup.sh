#!/usr/bin/env bash
# Puts on a Debian 12 machine what the build, the demo and the tests need. `setup.sh --help` tells more.
set -euo pipefail
export LC_ALL=C

# Older ones accept forged messages (CVE-2026-34182).
readonly least_openssl=3.0.22
readonly least_swift=6.3

# Built against: OpenSSL, SQLite, zlib. Run: the openssl command, make. Tests only: a second implementation of CMS
# (Bouncy Castle, with a compiler for Java), an independent validator of JSON Schema, strace, which sees from outside
# what is written before it is said, and what the examples in shell and Python need.
readonly packages=(libssl-dev libsqlite3-dev zlib1g-dev openssl make libbcmail-java python3-jsonschema strace curl jq
    python3-venv)
# Tests only: calls the API as its OpenAPI text says, and as it does not. From Python's package index, into the folder of the
# build; the version is fixed, so that the same text is tried in the same way everywhere.
readonly schemathesis=4.32.5
readonly tools=.build/tools

readonly openssl_packages=(libssl3 libssl-dev openssl)

usage() {
    cat <<'TEXT'
Installs, with apt, what the build, the demo and the tests need on Debian 12, and upgrades OpenSSL to 3.0.22 or later; and,
with pip, one program of the tests' own into .build/tools. Says what it does, skips what is there, asks nothing. Uses sudo
where it is not run by root.

usage: setup.sh [--help]

It needs Swift 6.3, git and make to be there already; it looks for Swift and says what to do without it.

exit codes
  0  all is there
  1  the installation failed; apt's own words are above
  2  wrong arguments
  3  packages are missing and this user may not install them; the one command that does is printed
  4  Swift is missing or too old

example
  scripts/setup.sh && swift build
TEXT
}

failed() {
    printf 'set-up: %s\n' "$2" >&2
    exit "$1"
}

# The version of a package, or nothing where it is not installed.
version_of() {
    local line
    line=$(dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$1" 2>/dev/null) || return 0
    [[ $line != 'installed '* ]] || printf '%s' "${line#installed }"
}

check_swift() {
    local version
    command -v swift >/dev/null ||
        failed 4 "there is no Swift. Install Swift $least_swift from https://www.swift.org/install/linux and start again."
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+(\.[0-9]+)*).*/\1/p')
    dpkg --compare-versions "${version:-0}" ge "$least_swift" ||
        failed 4 "Swift ${version:-of an unknown version} is too old: $least_swift or later is needed, see https://www.swift.org/install/linux"
}

# Fills `wanted` with the packages that are missing or too old.
find_wanted() {
    local package version
    wanted=()
    for package in "${packages[@]}"; do
        [[ -n $(version_of "$package") ]] || wanted+=("$package")
    done
    for package in "${openssl_packages[@]}"; do
        version=$(version_of "$package")
        [[ " ${wanted[*]} " != *" $package "* ]] || continue
        [[ -n $version ]] && dpkg --compare-versions "$version" ge "$least_openssl" || wanted+=("$package")
    done
    # Any compiler for Java will do, whatever package it came from.
    command -v javac >/dev/null && command -v java >/dev/null || wanted+=(default-jdk-headless)
}

install_wanted() {
    local -a as_root=()
    local install="apt-get install --yes --no-install-recommends ${wanted[*]}"
    if [[ $(id -u) != 0 ]]; then
        as_root=(sudo --non-interactive)
        "${as_root[@]}" true 2>/dev/null || {
            printf 'set-up: these packages are missing or too old: %s\n' "${wanted[*]}" >&2
            printf 'set-up: this user may not install them. Have somebody run this one command, and start again:\n' >&2
            printf '    sudo sh -c "apt-get update && %s"\n' "$install" >&2
            exit 3
        }
    fi
    printf 'set-up: installing %s\n' "${wanted[*]}"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c "
        apt-get --quiet --quiet --option DPkg::Lock::Timeout=300 update &&
        $install --quiet --option DPkg::Lock::Timeout=300" </dev/null ||
        failed 1 "apt could not install ${wanted[*]}; its own words are above"
}

# Puts schemathesis into an environment of its own, where it is not there in this version.
install_schemathesis() {
    local folder=$tools/schemathesis
    [[ ! -e $folder/version-$schemathesis ]] || return 0
    printf 'set-up: installing schemathesis %s into %s\n' "$schemathesis" "$folder"
    rm --recursive --force "$folder"
    python3 -m venv "$folder" &&
        "$folder/bin/pip" --quiet --disable-pip-version-check install "schemathesis==$schemathesis" ||
        failed 1 "pip could not install schemathesis $schemathesis; its own words are above. It needs Python's package index."
    touch "$folder/version-$schemathesis"
}

case ${1:-} in
'') ;;
--help | -h)
    usage
    exit 0
    ;;
*) failed 2 "unknown argument '$1' (see setup.sh --help)" ;;
esac

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    failed 3 "this is not Debian. What is needed: Swift $least_swift, OpenSSL $least_openssl or a later 3.0 with headers, SQLite and zlib with headers, Bouncy Castle's bcmail.jar, a compiler for Java, python3 with jsonschema and venv, strace, curl, jq."
check_swift
find_wanted
if ((${#wanted[@]})); then
    install_wanted
    find_wanted
    ((${#wanted[@]} == 0)) ||
        failed 1 "still missing or too old: ${wanted[*]}. OpenSSL $least_openssl comes from Debian security: is that among the sources of apt?"
fi
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
install_schemathesis
printf 'set-up: all is there (OpenSSL %s)\n' "$(version_of libssl3)"

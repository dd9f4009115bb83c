#!/usr/bin/env bash
# Runs what README tells a newcomer on a Debian 12 that has nothing else. `fresh.sh --help` tells more.
set -euo pipefail
export LC_ALL=C.UTF-8

# What swift.org lists for Debian 12 (https://www.swift.org/install/linux/tarball), and what README demands beside Swift.
readonly swift_packages=(binutils-gold gcc git libcurl4-openssl-dev libedit-dev libpython3-dev libsqlite3-dev
    libstdc++-12-dev libxml2-dev libz3-dev pkg-config tzdata zlib1g-dev)
readonly readme_packages=(git make ca-certificates)
readonly release=bookworm
# Of the temporary root and what is built in it.
readonly least_free_gibibytes=12

usage() {
    cat <<'TEXT'
Proves the set-up: makes a bare Debian 12 in a temporary folder (debootstrap), clones the last commit into it, and runs
there what README tells a newcomer: `make demo`, then `make test`. What setup.sh forgets is missing there.

The Swift toolchain is mounted, read only, and so are copies of the packages' sources where this machine's git is told to
use some (`git config url.FOLDER.insteadOf`) or SwiftPM (mirrors.json). Otherwise they are fetched as anywhere else. All
other software comes from Debian.

usage: fresh.sh [--only demo|test] [--toolchain FOLDER] [--packages FOLDER]... [--mirror URL] [--keep] [--help]

  --only TARGET       only `make demo`, or only `make test`
  --toolchain FOLDER  the Swift toolchain, which holds usr/bin/swift; that of `swift` in PATH without it
  --packages FOLDER   mounts one more folder with sources of packages at its own place, read only
  --mirror URL        Debian's mirror; that of this machine's apt without it
  --keep              leaves the temporary folder, and says where it is

It needs root, a Debian or a system of its kind, 12 GiB in TMPDIR, and 20 to 45 minutes on two processors. Nothing of this
machine is changed, except that debootstrap is installed where it is missing. Mounts and processes are in a namespace of
their own and end with the script, however it ends; the folder is removed when nothing is mounted in it.

exit codes
  0  both commands succeeded on the fresh machine
  1  one of them did not, or the machine could not be made; the words above say which
  2  wrong arguments
  3  it cannot run here: what is missing is named
  128 and more  ended by that signal, such as 130 by Ctrl-C; nothing is left

example
  sudo --preserve-env=PATH scripts/fresh.sh --only demo
TEXT
}

misused() {
    printf 'fresh.sh: %s (see fresh.sh --help)\n' "$*" >&2
    exit 2
}

impossible() {
    printf 'fresh.sh: %s\n' "$*" >&2
    exit 3
}

failed() {
    printf 'fresh.sh: %s\n' "$*" >&2
    exit 1
}

say() { printf '[%3d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

# Sets `toolchain` to the folder that holds usr/bin/swift.
find_toolchain() {
    local program
    if [[ -z $toolchain ]]; then
        program=$(command -v swift) || impossible "there is no swift in PATH; name its folder with --toolchain"
        program=$(readlink -f -- "$program")
        toolchain=${program%/usr/bin/*}
    fi
    [[ -x $toolchain/usr/bin/swift ]] || impossible "there is no usr/bin/swift in '$toolchain'; name another --toolchain"
    toolchain=$(readlink -f -- "$toolchain")
    [[ $toolchain != / ]] ||
        impossible "Swift is installed among the system's own files, and cannot be mounted alone; name another --toolchain"
}

# Fills `sources` with the folders to which git and SwiftPM on this machine turn for packages.
find_sources() {
    local key folder mirrors=$HOME/.swiftpm/configuration/mirrors.json
    while read -r key _; do
        folder=${key#url.}
        folder=${folder%.insteadof}
        add_source "$folder"
    done < <(git config --get-regexp '^url\..*\.insteadof$' || true)
    [[ -f $mirrors ]] || return 0
    while IFS= read -r folder; do add_source "$folder"; done < <(sed -nE 's/.*"mirror" *: *"([^"]+)".*/\1/p' "$mirrors")
}

add_source() {
    local folder=${1#file://}
    [[ $folder == /* && -d $folder ]] || return 0
    folder=${folder%/}
    [[ " ${sources[*]} " == *" $folder "* ]] || sources+=("$folder")
}

# Debian's own lines of this machine's apt, as `URI suite component`; security is among them, from which OpenSSL comes.
debian_lines() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
        sed -nE "s/^([^ ]+ $release[^ ]* main) Debian\$/\1/p" | sort -u
}

# What is mounted inside belongs to the namespace, and goes with it.
mount_all() {
    local folder
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/run"
    for folder in "$toolchain" "${sources[@]}"; do
        mkdir -p "$root$folder"
        mount --bind "$folder" "$root$folder"
        mount -o remount,bind,ro "$root$folder"
    done
}

# Runs a command on the fresh machine, with nothing of this one's environment but the way to a proxy.
inside() {
    local name
    local -a variables=(HOME=/srv LANG=C.UTF-8 "PATH=$toolchain/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    for name in http_proxy https_proxy no_proxy; do
        [[ -z ${!name:-} ]] || variables+=("$name=${!name}")
    done
    env --ignore-environment "${variables[@]}" chroot "$root" "$@" </dev/null
}

# Everything that happens in the namespace: what is there already is a bare Debian and a clone.
play() {
    local target
    mount_all
    say "installing what README and swift.org want to be there: ${readme_packages[*]}, libraries for Swift"
    inside apt-get --quiet --quiet update
    inside env DEBIAN_FRONTEND=noninteractive sh -c \
        "apt-get --quiet --quiet --yes upgrade && apt-get --quiet --quiet install --yes --no-install-recommends $*" \
        >"$root/apt.log" 2>&1 || {
        tail -n 20 "$root/apt.log"
        failed "apt could not install what Swift needs"
    }
    say "$(inside swift --version 2>&1 | head -n 1)"
    for target in "${targets[@]}"; do
        say "make $target"
        inside make --directory=/srv/signal-exchange "$target" || failed "make $target failed on the fresh machine"
        say "make $target succeeded"
    done
}

# Once the namespace is gone nothing is mounted here any more. It is looked at all the same, because what would be removed
# otherwise is this machine's own.
clear_up() {
    local status=$?
    trap '' INT TERM HUP
    if grep -qF " $scratch/" /proc/self/mountinfo; then
        printf 'fresh.sh: something is still mounted in %s, so that it is left as it is\n' "$scratch" >&2
    elif [[ $keep == yes ]]; then
        say "left at $scratch"
    else
        rm -rf --one-file-system -- "$scratch"
    fi
    say "ended with status $status"
    exit "$status"
}

toolchain='' mirror='' keep=no
sources=() targets=(demo test)
while (($#)); do
    case $1 in
    --help | -h)
        usage
        exit 0
        ;;
    --only)
        [[ ${2:-} == demo || ${2:-} == test ]] || misused "--only needs demo or test"
        targets=("$2")
        shift
        ;;
    --toolchain)
        [[ -n ${2:-} ]] || misused "--toolchain needs a folder"
        toolchain=$2
        shift
        ;;
    --packages)
        [[ -d ${2:-} ]] || misused "--packages needs a folder"
        add_source "$(readlink -f -- "$2")"
        shift
        ;;
    --mirror)
        [[ -n ${2:-} ]] || misused "--mirror needs a URL"
        mirror=$2
        shift
        ;;
    --keep) keep=yes ;;
    *) misused "unknown argument '$1'" ;;
    esac
    shift
done

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
[[ $(id -u) == 0 ]] || impossible "only root can make a fresh machine: sudo --preserve-env=PATH scripts/fresh.sh"
command -v apt-get >/dev/null && command -v unshare >/dev/null ||
    impossible "this needs apt and util-linux, so a Debian or a system of its kind"
find_toolchain
find_sources
git rev-parse --quiet --verify HEAD >/dev/null || impossible "this is no clone: there is no commit to try"
command -v debootstrap >/dev/null || {
    say "installing debootstrap on this machine"
    DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet install --yes --no-install-recommends debootstrap >/dev/null ||
        impossible "debootstrap could not be installed: apt-get update && apt-get install debootstrap"
}

scratch=$(mktemp --directory --tmpdir fresh.XXXXXX)
trap clear_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
free=$(df --output=avail --block-size=1G "$scratch" | tail -n 1)
((free >= least_free_gibibytes)) ||
    impossible "$scratch has $free GiB; $least_free_gibibytes are needed: set TMPDIR to a larger place"
root=$scratch/root
mapfile -t lines < <(debian_lines)
main=$(printf '%s\n' "${lines[@]}" | sed -nE "s/ $release main\$//p" | head -n 1)
[[ -z $mirror ]] || lines=("$mirror $release main" "${lines[@]/#"$main $release"/$mirror $release}")

say "a fresh machine in $root: Debian 12${mirror:+ from $mirror}, toolchain $toolchain, packages ${sources[*]:-from where they are published}"
[[ " $(printf '%s\n' "${lines[@]}") " == *"$release-security main"* ]] ||
    say "this machine's apt knows no security updates of Debian 12; the fresh one has none either"
# shellcheck disable=SC2086 # a mirror may be missing, and is then no argument
debootstrap --variant=minbase "$release" "$root" ${mirror:-$main} >"$scratch/debootstrap.log" 2>&1 || {
    tail -n 20 "$scratch/debootstrap.log"
    failed "debootstrap could not make a Debian 12"
}
printf 'deb %s\n' "${lines[@]}" | sort -u >"$root/etc/apt/sources.list"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
git clone --quiet --no-hardlinks -- "file://$PWD" "$root/srv/signal-exchange"
git config --get-regexp '^url\..*\.insteadof$' | while read -r key value; do
    git config --file "$root/etc/gitconfig" --add "$key" "$value"
done || true
[[ ! -f $HOME/.swiftpm/configuration/mirrors.json ]] || {
    mkdir -p "$root/srv/.swiftpm/configuration"
    cp "$HOME/.swiftpm/configuration/mirrors.json" "$root/srv/.swiftpm/configuration/"
}
say "cloned $(git rev-parse --short HEAD)"

export root toolchain
started=$SECONDS
# Functions and lists are handed over as text: arrays cannot be exported.
unshare --mount --propagation private --pid --fork --kill-child bash -c "
    set -euo pipefail
    $(declare -p sources targets swift_packages readme_packages)
    $(declare -f say failed mount_all inside play)
    SECONDS=$started
    play \"\${readme_packages[@]}\" \"\${swift_packages[@]}\"" </dev/null &
child=$!
# In the background, so that a signal is heard at once; the namespace is ended with its first process.
trap 'kill -KILL "$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; exit 130' INT
trap 'kill -KILL "$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; exit 143' TERM HUP
wait "$child" || exit 1
say "a fresh Debian 12 runs: ${targets[*]/#/make }"

#!/usr/bin/env bash
# Takes each defence out of a copy of the package and expects its test to fail. `mutants.sh --help` tells more.
set -euo pipefail
export LC_ALL=C.UTF-8

readonly seconds_for_a_test=300

usage() {
    cat <<'TEXT'
Proves that the tests guard the defences: applies one patch at a time to a copy of the package, builds it, and expects
the test that the patch names to fail. Before that it runs those tests without a patch and expects them to pass.

usage: mutants.sh [--only NAME]... [--list] [--help]

  --only NAME   only the patches whose file name contains NAME; may be given more than once
  --list        only the table of defences and tests; runs nothing

A patch is a file Tests/Mutants/NAME.patch. It begins with two lines and goes on as `git diff` writes it:

  # defence: a short authentication tag is refused before decryption
  # red: ExchangeCMSTests.*short tag

`defence` says what the patch takes out; `red` is the pattern for `swift test --filter` that selects the test. A patch
changes no test.

The copy, with what is built from it, stays in .build/mutants: the first run compiles the dependencies there (several
minutes), each further patch takes what a small change takes.

exit codes
  0  every patch made its test fail
  1  a test stayed green, or a patch did not apply, did not build, crashed or hung; the table says which
  2  wrong arguments, or no patch has that name

example
  scripts/mutants.sh --only short-tag
TEXT
}

misused() {
    printf 'mutants.sh: %s (see mutants.sh --help)\n' "$*" >&2
    exit 2
}

failed() {
    printf 'mutants.sh: %s\n' "$*" >&2
    exit 1
}

# header NAME PATCH: the value of a line `# NAME: value` above the first change.
header() { sed -nE "/^(diff|---) /q; s/^# $1: *(.*[^ ]) *$/\1/p" "$2" | head -n 1; }

# Makes the copy equal to the tree, with what is not committed yet. Files that are equal keep their times, so that only
# what changed is compiled again.
copy_tree() {
    local path
    declare -A wanted=()
    mkdir -p "$copy"
    while IFS= read -r -d '' path; do
        [[ -f $path ]] || continue
        wanted[$path]=yes
        if ! cmp -s -- "$path" "$copy/$path"; then
            mkdir -p -- "$copy/$(dirname -- "$path")"
            cp -p -- "$path" "$copy/$path"
            touch -- "$copy/$path"
        fi
    done < <(git ls-files -z --cached --others --exclude-standard && printf 'Package.resolved\0')
    while IFS= read -r -d '' path; do
        [[ -n ${wanted[$path]:-} ]] || rm -f -- "$copy/$path"
    done < <(cd "$copy" && find . -type f -printf '%P\0')
}

# The copy lies inside the clone; `git apply` must not take it for a part of that.
apply() { (cd "$copy" && GIT_CEILING_DIRECTORIES=$scratch git apply "$@"); }

build() {
    swift build --package-path "$copy" --scratch-path "$scratch/build" --build-tests >"$scratch/build.log" 2>&1
}

# run_tests PATTERN: sets `outcome` to green, red, none (no test has that name), crashed or hung.
run_tests() {
    local status=0
    timeout --kill-after=10 "$seconds_for_a_test" swift test --package-path "$copy" --scratch-path "$scratch/build" \
        --skip-build --filter "$1" >"$scratch/test.log" 2>&1 </dev/null || status=$?
    if ((status == 124 || status == 137)); then
        outcome=hung
    elif grep -qE 'Test run with [1-9][0-9]* tests? .*failed after' "$scratch/test.log"; then
        outcome=red
    elif grep -qE 'Test run with [1-9][0-9]* tests? .*passed after' "$scratch/test.log" && ((status == 0)); then
        outcome=green
    elif grep -qE 'Test run with 0 tests' "$scratch/test.log"; then
        outcome=none
    else
        outcome=crashed
    fi
}

# progress DONE OF: how many are left, and for how long by the pace so far.
progress() {
    local left=$(($2 - $1)) text
    text="$left left"
    (($1 == 0 || left == 0)) || text="$left left, about $(((SECONDS - started) * left / $1 / 60 + 1)) min"
    printf '%s' "$text"
}

print_table() {
    local index width=7 test_width=4
    for index in "${!defences[@]}"; do
        ((${#defences[index]} <= width)) || width=${#defences[index]}
        ((${#patterns[index]} <= test_width)) || test_width=${#patterns[index]}
    done
    printf '\n%-*s | %-*s | red?\n' "$width" defence "$test_width" test
    for index in "${!defences[@]}"; do
        printf '%-*s | %-*s | %s\n' "$width" "${defences[index]}" "$test_width" "${patterns[index]}" \
            "${results[index]:-not run}"
    done
}

check_patch() {
    [[ -n $(header defence "$1") ]] || failed "$1 has no line '# defence: …' (see mutants.sh --help)"
    [[ -n $(header red "$1") ]] || failed "$1 has no line '# red: …' (see mutants.sh --help)"
    ! grep -qE '^(---|\+\+\+) [ab]/Tests/' "$1" || failed "$1 changes a test; a patch takes out a defence and nothing else"
}

select_patches() {
    local patch name chosen
    patches=()
    for patch in Tests/Mutants/*.patch; do
        [[ -f $patch ]] || continue
        chosen=no
        ((${#only[@]})) || chosen=yes
        for name in "${only[@]}"; do
            [[ ${patch##*/} != *"$name"* ]] || chosen=yes
        done
        [[ $chosen == no ]] || patches+=("$patch")
    done
    ((${#patches[@]})) || misused "there is no patch in Tests/Mutants with that name"
}

# Tests that fail without a patch, or do not exist, prove nothing with one.
run_unpatched() {
    local index problems=0
    declare -A seen=()
    printf 'without a patch: building a copy in .build/mutants\n'
    build || {
        tail -n 30 "$scratch/build.log"
        failed "the copy does not build without a patch"
    }
    for index in "${!patterns[@]}"; do
        [[ -z ${seen[${patterns[index]}]:-} ]] || continue
        seen[${patterns[index]}]=yes
        run_tests "${patterns[index]}"
        case $outcome in
        green) continue ;;
        none) printf '  no test is selected by: %s\n' "${patterns[index]}" ;;
        *) printf '  %s without a patch: %s\n' "$outcome" "${patterns[index]}" ;;
        esac
        problems=$((problems + 1))
    done
    ((problems == 0)) || failed "$problems of the patterns above select no test that passes without a patch"
    printf 'without a patch: %s patterns select tests that pass\n' "${#seen[@]}"
}

run_patch() {
    result='NO: does not apply'
    apply "$PWD/$1" 2>"$scratch/apply.log" || return 0
    if build; then
        run_tests "$2"
        case $outcome in
        red) result=red ;;
        green) result='NO: stayed green' ;;
        none) result='NO: no test is selected' ;;
        *) result="NO: $outcome" ;;
        esac
    else
        result='NO: does not build'
    fi
    apply --reverse "$PWD/$1"
}

only=()
list=no
while (($#)); do
    case $1 in
    --help | -h)
        usage
        exit 0
        ;;
    --only)
        [[ -n ${2:-} ]] || misused "--only needs a name"
        only+=("$2")
        shift
        ;;
    --list) list=yes ;;
    *) misused "unknown argument '$1'" ;;
    esac
    shift
done

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scratch=$PWD/.build/mutants
copy=$scratch/tree
select_patches
defences=() patterns=() results=()
for patch in "${patches[@]}"; do
    check_patch "$patch"
    defences+=("$(header defence "$patch")")
    patterns+=("$(header red "$patch")")
done
if [[ $list == yes ]]; then
    print_table
    exit 0
fi

mkdir -p "$scratch"
exec {lock}>"$scratch/lock"
flock --nonblock "$lock" || failed "another run is using $scratch"
copy_tree
run_unpatched
survivors=0
started=$SECONDS
for index in "${!patches[@]}"; do
    name=$(basename -- "${patches[index]}" .patch)
    run_patch "${patches[index]}" "${patterns[index]}"
    results[index]=$result
    [[ $result == red ]] || {
        survivors=$((survivors + 1))
        mkdir -p "$scratch/logs"
        cat "$scratch"/{apply,build,test}.log >"$scratch/logs/$name.log" 2>/dev/null || true
    }
    printf '[%d/%d] %-40s %-18s (%s)\n' $((index + 1)) "${#patches[@]}" "$name" "$result" \
        "$(progress $((index + 1)) "${#patches[@]}")"
done
print_table
if ((survivors)); then
    printf '\n%d of %d patches did not make their test fail; see .build/mutants/logs\n' "$survivors" "${#patches[@]}"
    exit 1
fi
printf '\nall %d patches made their test fail\n' "${#patches[@]}"

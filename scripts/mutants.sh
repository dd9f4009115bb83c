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
        [[ -f $path || -L $path ]] || continue
        wanted[$path]=yes
        mkdir -p -- "$copy/$(dirname -- "$path")"
        if [[ -L $path ]]; then
            # As a link: what it points to lies in the copy as well.
            cp --no-dereference --force --no-target-directory -- "$path" "$copy/$path"
        elif ! cmp -s -- "$path" "$copy/$path"; then
            # With the time of now: an older file of the same size would pass for one that is built already.
            cp --preserve=mode -- "$path" "$copy/$path"
        fi
    done < <(git ls-files -z --cached --others --exclude-standard && printf 'Package.resolved\0')
    while IFS= read -r -d '' path; do
        [[ -n ${wanted[$path]:-} ]] || rm -f -- "$copy/$path"
    done < <(cd "$copy" && find . -type f -printf '%P\0')
}

# The copy lies inside the clone; `git apply` must not take it for a part of that.
apply() { (cd "$copy" && GIT_CEILING_DIRECTORIES=$scratch git apply "$@"); }

# It builds in a folder of its own: copying .build would save nothing, since what is in it names its place.
build() {
    swift build --package-path "$copy" --scratch-path "$scratch/build" --build-tests >"$scratch/build.log" 2>&1
}

# run_tests PATTERN: sets `outcome` to green, red, none (no test has that name), crashed or hung. The tests are started
# without `swift test`, which plans the whole build anew before and makes the next build do so too.
run_tests() {
    local status=0
    (cd "$copy" && exec timeout --kill-after=10 "$seconds_for_a_test" "$tests" \
        --testing-library swift-testing --filter "$1") >"$scratch/test.log" 2>&1 </dev/null || status=$?
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

# padded TEXT WIDTH: printf counts bytes, a reader counts characters.
padded() { printf '%s%*s' "$1" $(($2 - ${#1})) ''; }

print_table() {
    local index width=7 test_width=4
    for index in "${!defences[@]}"; do
        ((${#defences[index]} <= width)) || width=${#defences[index]}
        ((${#patterns[index]} <= test_width)) || test_width=${#patterns[index]}
    done
    printf '\n%s | %s | red?\n' "$(padded defence "$width")" "$(padded test "$test_width")"
    for index in "${!defences[@]}"; do
        printf '%s | %s | %s\n' "$(padded "${defences[index]}" "$width")" \
            "$(padded "${patterns[index]}" "$test_width")" "${results[index]:-not run}"
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

# Fills `baseline` with the outcome of each pattern: tests that fail without a patch, or do not exist, prove nothing with
# one.
run_unpatched() {
    local index green=0
    printf 'without a patch: building a copy in .build/mutants (see build.log there)\n'
    build || {
        tail -n 30 "$scratch/build.log"
        failed "the copy does not build without a patch"
    }
    tests=$(swift build --package-path "$copy" --scratch-path "$scratch/build" --show-bin-path)
    tests=$(find "$tests" -maxdepth 1 -name '*PackageTests.xctest')
    [[ -x $tests ]] || failed "the build left no bundle of tests"
    for index in "${!patterns[@]}"; do
        [[ -z ${baseline[${patterns[index]}]:-} ]] || continue
        run_tests "${patterns[index]}"
        baseline[${patterns[index]}]=$outcome
        [[ $outcome != green ]] || green=$((green + 1))
    done
    printf 'without a patch: %d of %d patterns select tests that pass\n' "$green" "${#baseline[@]}"
}

run_patch() {
    case ${baseline[$2]} in
    green) ;;
    none)
        result='NO: no test is selected'
        return 0
        ;;
    *)
        result="NO: ${baseline[$2]} without the patch"
        return 0
        ;;
    esac
    result='NO: does not apply'
    apply "$PWD/$1" 2>"$scratch/apply.log" || return 0
    if build; then
        run_tests "$2"
        case $outcome in
        red) result=red ;;
        green) result='NO: stayed green' ;;
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
declare -A baseline=()
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
    printf '[%d/%d] %-44s %-18s (%s)\n' $((index + 1)) "${#patches[@]}" "$name" "$result" \
        "$(progress $((index + 1)) "${#patches[@]}")"
done
print_table
if ((survivors)); then
    printf '\n%d of %d patches did not make their test fail; see .build/mutants/logs\n' "$survivors" "${#patches[@]}"
    exit 1
fi
printf '\nall %d patches made their test fail\n' "${#patches[@]}"

#!/usr/bin/env bash
# A case system in few lines, with curl and jq: sends a file, then keeps and confirms what came.
#
# case-system.sh SOCKET FOLDER [FILE]     example: case-system.sh avim/node.sock kept Examples/messages/SIG-01.v1.json
set -euo pipefail

usage='usage: case-system.sh SOCKET FOLDER [FILE]
Sends a file, where one is given, then keeps what came in FOLDER, one file a message, and confirms it.
exit codes: 0 done, 2 wrong arguments, others those of curl, such as 7: the node does not run

example
  case-system.sh avim/node.sock kept Examples/messages/SIG-01.v1.json'
[[ ${1:-} != --help ]] || { echo "$usage" && exit 0; }
[[ $# -ge 2 && $1 != -* ]] || { echo "wrong arguments, see case-system.sh --help" >&2 && exit 2; }
socket=$1 folder=$2 file=${3:-}

call() { curl --silent --show-error --fail-with-body --unix-socket "$socket" --request "$1" "http://node/v1$2" "${@:3}"; }

mkdir -p "$folder"
if [[ -n $file ]]; then # After any doubt the same again: the same key is the same message.
    echo "sent $(call POST '/messages?waitSeconds=10' --header "Idempotency-Key: $(basename "$file")" --data-binary "@$file")"
fi

call PUT /consumers/case-system --data '{"feed":"inbox"}' >/dev/null
while page=$(call GET '/consumers/case-system/entries?waitSeconds=2') && [[ $(jq '.items | length' <<<"$page") != 0 ]]; do
    jq --raw-output '.items[].message.id' <<<"$page" | while read -r id; do
        # Kept whole first, and confirmed after: an entry that comes again is the same file.
        jq ".items[].message | select(.id == \"$id\")" <<<"$page" >"$folder/$id.json.new"
        sync "$folder/$id.json.new"
        mv "$folder/$id.json.new" "$folder/$id.json"
        sync "$folder"
        echo "kept $folder/$id.json"
    done
    call PUT /consumers/case-system/cursor --data "$(jq '{cursor}' <<<"$page")" >/dev/null
done

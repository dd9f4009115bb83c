#!/usr/bin/env bash
# Makes the example PKI: the authorities, certificates and revocation lists that the demo and the tests run on.
# `make-pki.sh --help` lists the commands; README.md beside this file tells what the certificates hold.
set -euo pipefail
umask 077
export LC_ALL=C

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly profile="$here/profile.cnf"
readonly community_list="$here/community.tsv"
readonly day=86400
# protocol.md section 1.2: x.1.5
readonly directory_content_type=1.3.6.1.4.1.32473.27062.1.5
# Certificates begin in the past, so that tests can sign at an earlier moment under a chain that was valid then.
readonly authority_from_days=-365 authority_until_days=3650
readonly certificate_from_days=-30 certificate_until_days=730
readonly expired_from_days=-60 expired_until_days=-1
readonly future_from_days=1 future_until_days=730
readonly stale_crl_from_days=-8 stale_crl_until_days=-1

usage() {
    cat <<'TEXT'
Makes an example PKI with the openssl command. For tests and demonstrations only.

usage: make-pki.sh COMMAND OUT [ARGUMENTS] [OPTIONS]

commands
  init OUT                          root and issuing authority, their revocation lists, the directory signer
  community OUT                     init, and the organisations of community.tsv (makes only what is not there)
  organisation OUT SLUG OIN NAME    keys and certificates in OUT/organisations/SLUG: signing, agreement, tls
  sign-csr OUT CSR KIND CERT_OUT    a certificate for a request; KIND is signing, agreement or tls
  sign-directory OUT JSON CMS_OUT   the directory of a test community, signed by its directory signer (protocol.md 14)
  revoke OUT CERT [REASON]          revokes a certificate and refreshes the lists; REASON as in RFC 5280 section
                                    5.3.1, default unspecified (keyCompromise, cessationOfOperation, superseded, ...)
  crl OUT                           refreshes both revocation lists

options
  --algorithm p256|rsa3072          of every key that the command makes (default p256)
  --replace                         organisation: make new keys and certificates in place of those that are there
  --expired                         organisation, sign-csr: certificates that ended yesterday
  --not-yet-valid                   organisation, sign-csr: certificates that begin tomorrow
  --wrong-eku                       organisation, sign-csr: an extended key usage of another purpose
  --stale                           crl: lists whose next update was due yesterday
  --days-ahead DAYS                 crl: lists of a day that is so many days ahead (0 to 3650), for nodes with a trial clock
  --help                            this text

A rogue authority is a second `init` in another folder. Folders are readable by their owner only.

exit codes: 0 done, 1 failed (the reason is on standard error), 2 wrong arguments

example
  make-pki.sh community pki
  make-pki.sh organisation pki rsa-partner 00000099000000008000 "RSA partner (test)" --algorithm rsa3072
  make-pki.sh revoke pki pki/organisations/rsa-partner/signing.crt keyCompromise
  openssl verify -crl_check_all -CRLfile pki/crl/root.crl -CRLfile pki/crl/issuing.crl \
      -CAfile pki/ca/root.crt -untrusted pki/ca/issuing.crt pki/organisations/nidos/signing.crt
TEXT
}

failed() {
    printf 'make-pki.sh: %s\n' "$*" >&2
    exit 1
}

misused() {
    printf 'make-pki.sh: %s (see make-pki.sh --help)\n' "$*" >&2
    exit 2
}

# openssl reports what it does on standard error; that is of interest only when it fails.
quietly() {
    local said
    said=$("$@" 2>&1 >/dev/null) || failed "$1 $2 failed: $said"
}

# A moment so many days from now, as openssl takes it.
moment() { TZ=UTC printf '%(%y%m%d%H%M%SZ)T' $((EPOCHSECONDS + $1 * day)); }

check_oin() {
    [[ $1 =~ ^[0-9]{8}[0-9A-Z]{12}$ ]] ||
        failed "'$1' is not an OIN: 20 positions, eight digits and then digits or upper-case letters"
}

# One attribute of a subject as -subj takes it: the characters that have a meaning there are escaped.
attribute() {
    local value=${2//\\/\\\\}
    value=${value//\//\\/}
    printf '/%s=%s' "$1" "${value//+/\\+}"
}

# make_key ALGORITHM KEY REQUEST SUBJECT: a fresh key and a certificate request for it.
make_key() {
    local -a kind=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
    [[ $1 == rsa3072 ]] && kind=(-newkey rsa:3072)
    quietly openssl req -new -config "$profile" "${kind[@]}" -noenc -subj "$4" -keyout "$2" -out "$3"
}

# issue AUTHORITY PROFILE REQUEST CERTIFICATE FROM_DAYS UNTIL_DAYS [OPTION ...]
issue() {
    local authority=$1 extensions=$2 request=$3 certificate=$4 from until
    from=$(moment "$5")
    until=$(moment "$6")
    shift 6
    quietly openssl ca -batch -notext -utf8 -config "$profile" -name "${authority}_authority" \
        -extensions "$extensions" -startdate "$from" -enddate "$until" "$@" -in "$request" -out "$certificate"
}

# refresh_lists FROM_DAYS UNTIL_DAYS. Readers never see half a list: it is written beside its place and moved there.
refresh_lists() {
    local authority from until
    from=$(moment "$1")
    until=$(moment "$2")
    for authority in root issuing; do
        quietly openssl ca -config "$profile" -name "${authority}_authority" -gencrl \
            -crl_lastupdate "$from" -crl_nextupdate "$until" -out "$out/crl/$authority.crl.new"
        mv -f -- "$out/crl/$authority.crl.new" "$out/crl/$authority.crl"
    done
}

# Commands on one folder take turns: the register of an authority has one writer at a time.
enter_folder() {
    exec {lock}>"$out/.lock"
    flock "$lock"
}

require_authority() {
    [[ -f $out/ca/issuing.crt ]] || failed "there is no PKI in '$out'; make one with: make-pki.sh init '$out'"
    enter_folder
}

make_authorities() {
    local authority
    mkdir -p -- "$out/ca/issued" "$out/crl" "$out/directory" "$out/organisations"
    for authority in root issuing; do
        : >"$out/ca/$authority.register"
        echo 01 >"$out/ca/$authority.crlnumber"
        make_key "$algorithm" "$out/ca/$authority.key" "$out/ca/$authority.csr" \
            "/C=NL/O=Example PKI (test)/CN=Example $authority authority (test)"
    done
    issue root root "$out/ca/root.csr" "$out/ca/root.crt" $authority_from_days $authority_until_days \
        -selfsign -keyfile "$out/ca/root.key"
    issue root issuing "$out/ca/issuing.csr" "$out/ca/issuing.crt" $authority_from_days $authority_until_days
    cat -- "$out/ca/issuing.crt" "$out/ca/root.crt" >"$out/ca/chain.pem"

    make_key "$algorithm" "$out/directory/directory.key" "$out/directory/directory.csr" \
        "/C=NL/O=Example directory (test)/CN=Example directory (test)"
    issue issuing directory "$out/directory/directory.csr" "$out/directory/directory.crt" \
        $certificate_from_days $certificate_until_days
    refresh_lists 0 7
    rm -f -- "$out"/ca/*.csr "$out/directory/directory.csr"
}

# profile_of KIND KEY_ALGORITHM
profile_of() {
    local name=$1
    [[ $name == agreement ]] && name=agreement_$2
    [[ $wrong_eku == yes ]] && name=${name}_wrong_eku
    printf '%s' "$name"
}

# make_organisation SLUG OIN NAME
make_organisation() {
    local slug=$1 oin=$2 name=$3 kind key_algorithm=ec
    local folder=$out/organisations/$slug
    [[ $algorithm == rsa3072 ]] && key_algorithm=rsa
    EXCHANGE_PKI_HOST=$oin.oin.exchange.internal
    mkdir -p -- "$folder"
    for kind in signing agreement tls; do
        make_key "$algorithm" "$folder/$kind.key.new" "$folder/$kind.csr" \
            "/C=NL$(attribute O "$name")/serialNumber=$oin$(attribute CN "$name $kind")"
        issue issuing "$(profile_of "$kind" "$key_algorithm")" "$folder/$kind.csr" "$folder/$kind.crt.new" \
            "$from_days" "$until_days"
        mv -f -- "$folder/$kind.key.new" "$folder/$kind.key"
        mv -f -- "$folder/$kind.crt.new" "$folder/$kind.crt"
        rm -f -- "$folder/$kind.csr"
    done
}

command_init() {
    [[ $# == 0 ]] || misused "init takes one argument: OUT"
    mkdir -p -- "$out"
    enter_folder
    [[ ! -e $out/ca ]] || failed "'$out' already holds a PKI; choose another folder or remove it"
    make_authorities
}

command_community() {
    [[ $# == 0 ]] || misused "community takes one argument: OUT"
    local slug oin role name
    mkdir -p -- "$out"
    enter_folder
    [[ -f $out/crl/issuing.crl ]] || make_authorities
    while IFS=$'\t' read -r slug oin role name; do
        [[ -n $role && $slug != '#'* ]] || continue
        [[ -f $out/organisations/$slug/tls.crt ]] || make_organisation "$slug" "$oin" "$name"
    done <"$community_list"
}

command_organisation() {
    [[ $# == 3 ]] || misused "organisation takes four arguments: OUT SLUG OIN NAME"
    [[ $1 =~ ^[a-z0-9][a-z0-9-]{0,62}$ ]] || failed "'$1' is not a slug: lower-case letters, digits and hyphens"
    check_oin "$2"
    [[ -n $3 && ${#3} -le 50 ]] || failed "the name must have 1 to 50 bytes"
    require_authority
    [[ $replace == yes || ! -e $out/organisations/$1 ]] ||
        failed "'$out/organisations/$1' is already there; use --replace for new keys and certificates"
    make_organisation "$1" "$2" "$3"
}

command_sign_csr() {
    [[ $# == 3 ]] || misused "sign-csr takes four arguments: OUT CSR KIND CERT_OUT"
    local request=$1 kind=$2 certificate=$3 text oin key_algorithm names
    [[ $kind == signing || $kind == agreement || $kind == tls ]] ||
        misused "'$kind' is not a kind of certificate: signing, agreement or tls"
    [[ -f $request ]] || failed "there is no file '$request'"
    require_authority
    text=$(openssl req -in "$request" -noout -verify -subject -text -nameopt multiline,utf8,-esc_msb 2>&1) ||
        failed "'$request' is not a certificate request signed by its own key: $text"

    oin=$(sed -nE '/^subject=/,/^Certificate Request/s/^ +serialNumber += //p' <<<"$text")
    check_oin "$oin"
    names=$(grep -cE '^ +organizationName += .' <<<"$text" || true)
    # The text form holds the subject twice: by itself, and inside the request.
    [[ $names == 2 ]] || failed "the subject of '$request' must name one organisation (O)"
    if grep -q 'NIST CURVE: P-256' <<<"$text"; then
        key_algorithm=ec
    elif [[ $text =~ 'Public-Key: ('([0-9]+)' bit)' && $text == *rsaEncryption* && ${BASH_REMATCH[1]} -ge 3072 ]]; then
        key_algorithm=rsa
    else
        failed "the key of '$request' is neither P-256 nor RSA with at least 3072 bits"
    fi

    # The name comes from the OIN. A request may ask for that name, and for no other.
    EXCHANGE_PKI_HOST=$oin.oin.exchange.internal
    names=$(sed -nE '/Subject Alternative Name:/{n;s/^ +//p}' <<<"$text")
    [[ -z $names || $names == "DNS:$EXCHANGE_PKI_HOST" ]] ||
        failed "'$request' asks for the name $names; a certificate of $oin has DNS:$EXCHANGE_PKI_HOST"
    issue issuing "$(profile_of "$kind" "$key_algorithm")" "$request" "$certificate.new" "$from_days" "$until_days"
    mv -f -- "$certificate.new" "$certificate"
}

command_sign_directory() {
    [[ $# == 2 ]] || misused "sign-directory takes three arguments: OUT JSON CMS_OUT"
    [[ -f $1 ]] || failed "there is no file '$1'"
    require_authority
    # protocol.md section 4.3: no certificates inside, the signer named by its key identifier, and the attribute that
    # binds its certificate (-cades); any attribute beside the demanded ones is refused.
    quietly openssl cms -sign -binary -nodetach -outform DER -in "$1" -out "$2.new" -md sha256 -keyid -nocerts \
        -nosmimecap -cades -econtent_type "$directory_content_type" \
        -signer "$out/directory/directory.crt" -inkey "$out/directory/directory.key"
    mv -f -- "$2.new" "$2"
}

command_revoke() {
    [[ $# == 1 || $# == 2 ]] || misused "revoke takes two or three arguments: OUT CERT [REASON]"
    local certificate=$1 authority
    local -a reason=()
    # RFC 5280 section 5.3.1: an unspecified reason is said by leaving the reason out.
    [[ ${2:-unspecified} == unspecified ]] || reason=(-crl_reason "$2")
    [[ -f $certificate ]] || failed "there is no file '$certificate'"
    require_authority
    # openssl would enter a certificate of any issuer in the register. The root comes first: the certificate of the
    # issuing authority would also verify against itself.
    for authority in root issuing none; do
        [[ $authority != none ]] || failed "'$certificate' was not issued by the authorities in '$out'"
        if openssl verify -partial_chain -no_check_time -trusted "$out/ca/$authority.crt" "$certificate" \
            >/dev/null 2>&1; then
            break
        fi
    done
    quietly openssl ca -config "$profile" -name "${authority}_authority" -revoke "$certificate" "${reason[@]}"
    refresh_lists 0 7
}

command_crl() {
    [[ $# == 0 ]] || misused "crl takes one argument: OUT"
    require_authority
    if [[ $stale == yes ]]; then
        refresh_lists $stale_crl_from_days $stale_crl_until_days
    else
        refresh_lists "$days_ahead" $((days_ahead + 7))
    fi
}

algorithm=p256 replace=no wrong_eku=no stale=no days_ahead=0
from_days=$certificate_from_days until_days=$certificate_until_days
arguments=()
while (($#)); do
    case $1 in
    --help | -h)
        usage
        exit 0
        ;;
    --algorithm)
        algorithm=${2:-}
        [[ $algorithm == p256 || $algorithm == rsa3072 ]] || misused "--algorithm takes p256 or rsa3072"
        shift
        ;;
    --algorithm=p256 | --algorithm=rsa3072) algorithm=${1#*=} ;;
    --days-ahead)
        days_ahead=${2:-}
        [[ $days_ahead =~ ^(0|[1-9][0-9]{0,3})$ && $days_ahead -le 3650 ]] ||
            misused "--days-ahead takes a number from 0 to 3650"
        shift
        ;;
    --replace) replace=yes ;;
    --expired) from_days=$expired_from_days until_days=$expired_until_days ;;
    --not-yet-valid) from_days=$future_from_days until_days=$future_until_days ;;
    --wrong-eku) wrong_eku=yes ;;
    --stale) stale=yes ;;
    -*) misused "unknown option '$1'" ;;
    *) arguments+=("$1") ;;
    esac
    shift
done
((${#arguments[@]} >= 2)) || misused "a command and a folder are needed"

command=${arguments[0]}
out=${arguments[1]}
export EXCHANGE_PKI_FOLDER=$out EXCHANGE_PKI_HOST=unused
case $command in
init | community | organisation | sign-csr | sign-directory | revoke | crl) "command_${command//-/_}" "${arguments[@]:2}" ;;
*) misused "unknown command '$command'" ;;
esac

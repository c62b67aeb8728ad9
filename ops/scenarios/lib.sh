# What a scenario is told with: numbered steps, commands shown before they run, expectations on
# JSON read back from the ledgers. Sourced before the story; needs `jq`, `ch8` in $bin, the run's
# folder in $home, and nodes.sh.

bold= dim= red= green= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
fi
steps=0 checks=0 title_of_step="before the first"

die() { printf '%s\n' "${red}step $steps: $*${plain}" >&2; exit 1; }

# step TITLE: a numbered heading.
step() {
  steps=$((steps + 1)) title_of_step=$*
  printf '\n%s\n' "${bold}$steps. $*${plain}"
}

say() { printf '   %s\n' "$*"; }

quoted() {
  local word out=
  for word; do
    case $word in \
      *[!A-Za-z0-9_./:=@%+,-]*|'') out+=" '${word//\'/\'\\\'\'}'" ;; *) out+=" $word" ;; esac
  done
  printf '%s' "${out# }"
}

# chance N: draws a number from 0 to N-1 into $drawn; from the seed, in a run that has one. Not for
# subshells: each would draw anew.
chance() { drawn=$((RANDOM % $1)); }

# disturb CONTEXT ARGS...: in a run with a seed, now and then: the command is under way when one of
# its organization's daemons is killed, and starts again. $again is then what makes the next try the
# same request. Commands that write files are left alone.
kill_seed='' kills=0 again=()
disturb() {
  local org=${1%%:*} context=$1 command hosts daemon drawn; shift
  again=()
  [ -n "$kill_seed" ] || return 0
  chance 8
  [ "$drawn" = 0 ] || return 0
  case "$*" in
    "officer key-request"* | "officer issue"* | "audit "* | \
      "exercise ics"* | *--request-id*) return 0 ;;
  esac
  read -ra hosts <<<"${daemons[$org]}"
  chance ${#hosts[@]}
  daemon=${hosts[drawn]}
  again=(--request-id "$(cat /proc/sys/kernel/random/uuid)")
  kills=$((kills + 1))
  say "kill -9 on $daemon during the next command; it starts again, and so does the command."
  "$bin/ch8" --as "$context" --timeout 2s "${again[@]}" "$@" >/dev/null 2>&1 &
  command=$!
  chance 25  # Hundredths of a second: any moment of the command is meant.
  sleep "$(printf '0.%02d' "$drawn")"
  kill_daemon "$daemon"
  wait "$command" || true
  restart_daemon "$daemon"
}

# run CONTEXT ARGS...: shows and runs one command; it must succeed.
run() {
  local context=$1; shift
  disturb "$context" "$@"
  printf '%s\n' "${dim}\$ ch8 --as $context $(quoted "$@")${plain}"
  "$bin/ch8" --as "$context" "${again[@]}" "$@" \
    || die "exit $? from: ch8 --as $context $(quoted "$@")"
}

# run_quietly CONTEXT ARGS...: the same, showing what it prints only when it fails.
run_quietly() {
  local context=$1 text; shift
  disturb "$context" "$@"
  printf '%s\n' "${dim}\$ ch8 --as $context $(quoted "$@")${plain}"
  text=$("$bin/ch8" --as "$context" "${again[@]}" "$@" 2>&1) \
    || die "exit $? from: ch8 --as $context $(quoted "$@")
$text"
}

# refused CONTEXT EXIT REASON ARGS...: shows and runs one command, which must be refused with this
# exit code and reason, and say what to type instead, which must work.
refused() {
  local context=$1 want=$2 reason=$3 code=0 text error; shift 3
  printf '%s\n' "${dim}\$ ch8 --as $context $(quoted "$@")${plain}"
  text=$("$bin/ch8" --as "$context" "$@" 2>&1) || code=$?
  printf '%s\n' "$text"
  [ "$code" = "$want" ] || die "expected exit $want, got $code"
  error=$("$bin/ch8" --as "$context" -o json "$@" 2>&1 >/dev/null | jq --compact-output .error \
    2>/dev/null) || true
  [ "$(jq --raw-output '.reason // empty' <<<"$error")" = "$reason" ] \
    || die "expected the reason $reason"
  checks=$((checks + 1))
  try_instead "$context" "$(jq --raw-output '.metadata.instead // empty' <<<"$error")" "$@"
}

# try_instead CONTEXT INSTEAD ARGS...: runs what a refusal of ARGS says instead, a command or what
# to change of ARGS, by the same officer; what would write is a dry run. After two spaces a command
# has a remark.
try_instead() {
  local context=$1 instead=${2%%  *} words text; shift 2
  case " $instead " in
    "  ") die "the refusal names no next command" ;;
    *[\<\>]* | *…* | *" DIR "* | *" FILE "* | *" NAME "* | *" SERVICE "* | *" DATE "* | *" N "*)
      die "to be filled in: $instead" ;;
    " ch8 "*) read -ra words <<<"${instead#ch8 }" ;;
    " repeat without --request-id ") words=("${@:1:$#-2}") ;;
    " add "*) read -ra words <<<"${instead#add }"; words=("$@" "${words[@]}") ;;
    *) die "not a command: $instead" ;;
  esac
  case "${words[*]}" in
    *--help | whoami | "ledger peers "* | "officer key-request "* | *" show "* | *" list"* | \
      *" find "* | *" who "* | *" seats "*) ;;
    *) words+=(--dry-run --yes) ;;
  esac
  text=$("$bin/ch8" --as "$context" "${words[@]}" 2>&1) \
    || die "what to type instead fails: ch8 --as $context $(quoted "${words[@]}")
$text"
  checks=$((checks + 1))
  printf '%s\n' "   ${green}✓${plain} works: $instead"
}

# read_json CONTEXT ARGS...: the JSON of a read, for the story's own use.
read_json() { local context=$1; shift; "$bin/ch8" --as "$context" -o json "$@" 2>/dev/null; }

# expect CONTEXT WHAT JQ ARGS...: reads JSON back from the context's node; JQ must hold on it.
expect() {
  local context=$1 what=$2 filter=$3 json; shift 3
  json=$(read_json "$context" "$@") || die "cannot read: ch8 --as $context $(quoted "$@")"
  printf '%s' "$json" | jq -e "$filter" >/dev/null || die "$context: not so: $what ($filter)
$json"
  checks=$((checks + 1))
  printf '%s\n' "   ${green}✓${plain} ${context%%:*} ledger: $what"
}

# await CONTEXT JQ ARGS...: waits, at most 30 s, until JQ holds on the JSON of a read.
await() {
  local context=$1 filter=$2 deadline=$((SECONDS + 30)); shift 2
  until read_json "$context" "$@" 2>/dev/null | jq -e "$filter" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] \
      || die "waited 30 s for $filter on: ch8 --as $context $(quoted "$@")"
    sleep 0.2
  done
}

# appoint ORG OFFICER PERSON POST [POST]: keys on the officer's side, certificate from the
# organization's CA, entered by one administrator and confirmed by the other.
appoint() {
  local org=$1 officer=$2 person=$3 post device=$home/devices/$1-$2 posts=(); shift 3
  for post; do posts+=(--post "$post"); done
  run_quietly "$org:admin-1" officer key-request "$device"
  run_quietly "$org:admin-1" officer issue --home "$home/$org" --request "$device/tls.csr" \
    --id "$officer" --out "$device"
  run_quietly "$org:admin-1" officer add "$officer" --person "$person" "${posts[@]}" \
    --act-key "$device/act.pub"
  run_quietly "$org:admin-2" officer confirm "$officer"
  add_context "$org:$officer" "$device" >/dev/null 2>&1 || die "no context for $org:$officer"
}

# make_post ORG POST TITLE ROLE [ARGS...]
make_post() {
  local org=$1 post=$2 title=$3 role=$4; shift 4
  run_quietly "$org:admin-1" post add "$post" --title "$title" --role "$role" "$@"
  run_quietly "$org:admin-2" post confirm "$post"
}

# offer_made ARGS...: makes an offer as the UN's fund manager, under $delegation where a story has
# set it; its id is in $offer.
offer_made() {
  run un:funds offer make "$@" ${delegation:+--delegation "$delegation"}
  offer=$(newest_offer)
}
newest_offer() { read_json un:funds offer list | jq -r '[.[].name] | max | sub("offers/"; "")'; }

# halves_agree RECEIVER OFFER: both halves of an offer of the UN agree: each step's leaf hash and
# place is as the other side has it.
halves_agree() {
  local receiver=$1 offer=$2 ours theirs
  local steps_taken='[.steps[] | {step, origin, index, leaf_hash}] | sort_by(.step)'
  ours=$(read_json un:auditor offer show "$offer" | jq -S "$steps_taken")
  theirs=$(read_json "$receiver:auditor" offer show "$offer" | jq -S "$steps_taken")
  [ "$(jq -n --argjson a "$ours" --argjson b "$theirs" '($a - ($a - $b)) == $b and ($b != [])')" \
    = true ] || die "the halves of $offer differ: UN $ours ${receiver^^} $theirs"
  checks=$((checks + 1))
  printf '%s\n' \
    "   ${green}✓${plain} both ledgers: one index and leaf hash for each step of $offer"
}

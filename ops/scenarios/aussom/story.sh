# The AUSSOM story, told through the CLI only. Sourced by ops/demo, which gives: $bin, $home (what
# `ch8 org init` writes), start_node ORG, kill_daemon and restart_daemon DAEMON, add_context, and
# lib.sh.

scenario=ops/scenarios/aussom

# reference KIND ARGS...: entered by one mandate officer of the UN, confirmed by the other.
reference() {
  run_quietly un:mandate-1 reference add aussom --kind "$@"
  number=$(read_json un:mandate-1 reference list --for aussom | jq -r '.[-1].number')
  run_quietly un:mandate-2 reference confirm aussom "$number"
}

# offer_made ARGS...: makes an offer as the UN's fund manager; its id is in $offer.
offer_made() {
  run un:funds offer make "$@" --delegation DEL-UN-26-0001
  offer=$(newest_offer)
}
newest_offer() { read_json un:funds offer list | jq -r '[.[].name] | max | sub("offers/"; "")'; }

steps_taken='[.steps[] | {step, origin, index, leaf_hash}] | sort_by(.step)'

# Both halves of an offer agree: states, amount, and each step's leaf hash as the other side has it.
halves_agree() {
  local offer=$1 ours theirs
  ours=$(read_json un:auditor offer show "$offer" | jq -S "$steps_taken")
  theirs=$(read_json au:auditor offer show "$offer" | jq -S "$steps_taken")
  [ "$(jq -n --argjson a "$ours" --argjson b "$theirs" '($a - ($a - $b)) == $b')" = true ] ||
    die "the halves of $offer differ: UN $ours AU $theirs"
  checks=$((checks + 1))
  printf '%s\n' \
    "   ${green}✓${plain} both ledgers: one index and leaf hash for each step of $offer"
}

# kill_and_restart DAEMON: kill -9 in the middle of things, and a restart.
kill_and_restart() {
  say "kill -9 on $1; it starts again."
  kill_daemon "$1"
  restart_daemon "$1"
}

for chapter in organizations sharing mandate training money goods refusals audit; do
  # shellcheck source=/dev/null
  . "$scenario/$chapter.sh"
done

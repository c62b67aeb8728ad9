# The AUSSOM story, told through the CLI only. Sourced by ops/demo, which gives: $bin, $home (what
# `ch8 org init` writes), start_node ORG, kill_daemon and restart_daemon DAEMON, add_context, and
# lib.sh.

scenario=ops/scenarios/aussom

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

# reference KIND ARGS...: entered by one mandate officer of the UN, confirmed by the other.
reference() {
  run_quietly un:mandate-1 reference add aussom --kind "$@"
  number=$(read_json un:mandate-1 operation show aussom | jq -r '.references[-1].number')
  run_quietly un:mandate-2 reference confirm aussom "$number"
}

# offer_made ARGS...: makes an offer as the UN's fund manager; its id is in $offer.
offer_made() {
  run un:funds offer make "$@"
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

step "Three organizations, each with its own keys, nodes and ledgers"
organizations=(un au ecowas)
for org in "${organizations[@]}"; do start_node "$org"; done
for org in "${organizations[@]}"; do
  for n in 1 2; do
    add_context "$org:admin-$n" "$home/$org/officers/$org-admin-$n" >/dev/null 2>&1
  done
done
say "The organizations exchange their records as files and compare fingerprints by telephone."
fingerprint_of() {
  "$bin/ch8" org record show "$home/$1/org.record" 2>/dev/null | sed -n 's/^fingerprint *//p'
}
for org in "${organizations[@]}"; do
  for other in "${organizations[@]}"; do
    [ "$org" != "$other" ] || continue
    print=$(fingerprint_of "$other")
    run_quietly "$org:admin-1" org pin "$home/$other/org.record" --fingerprint "$print"
    run_quietly "$org:admin-2" org confirm "$other" --fingerprint "$print"
    expect "$org:admin-1" "${other^^} is pinned, by two persons" \
      '.state == "PINNED" and .proposed_by != .confirmed_by' org show "$other"
  done
done

step "Posts, officers and roles"
make_post un fund-management "Fund Manager, AUSSOM Trust Fund" FUND_MANAGER
make_post un approving-officer "Approving Officer" APPROVER --limit USD:5000000.00
make_post un mandate-desk "Mandate Officer" MANDATE_OFFICER
make_post un audit "Auditor" AUDITOR
make_post au mission-support "AUSSOM Mission Support" REQUESTER
make_post au receiving-officer "Accepting Officer" ACCEPTER
make_post au mandate-desk "Mandate Officer" MANDATE_OFFICER
make_post au audit "Auditor" AUDITOR
appoint un funds 2001 fund-management
appoint un approver 2002 approving-officer
appoint un deputy 2006 fund-management approving-officer
appoint un mandate-1 2003 mandate-desk
appoint un mandate-2 2004 mandate-desk
appoint un auditor 2005 audit
appoint au support 3001 mission-support
appoint au accepter 3002 receiving-officer
appoint au mandate-1 3003 mandate-desk
appoint au auditor 3004 audit
# The directory's facts reach the finance ledger by the same verified feed as a peer's entries.
await un:auditor '. == []' operation list
await au:auditor '. == []' operation list
run un:admin-1 officer list
run un:funds whoami

step "An operation, and the decisions it rests on"
for org in un au; do
  run "$org:mandate-1" operation add aussom --title \
    "African Union Support and Stabilization Mission in Somalia" --lead au
done
reference AU_PSC_REQUEST --symbol "AU PSC communique (exercise)" --decided 2024-12-01 \
  --from 2025-01-01 \
  --to 2026-12-31
reference EXIT_STRATEGY --symbol "Concept of operations (exercise)" --decided 2025-01-01 \
  --from 2025-01-01 --to 2026-12-31
reference DUE_DILIGENCE --symbol "HRDDP clearance (exercise)" --decided 2025-12-01 \
  --from 2025-12-01 \
  --to 2026-11-30
reference FUNDING_2719 --state UNDER_CONSIDERATION --symbol "S/RES/2719 (2023)" \
  --decided 2025-05-12 --from 2025-05-12 --to 2026-12-31
run au:mandate-1 budget add mission-support --title "Mission support" --operation aussom \
  --currency USD

step "Funds and contributions"
run un:funds fund add aussom-trust --title "Trust Fund in Support of AUSSOM" \
  --source EXTRA_BUDGETARY --currency USD --operation aussom
run un:funds fund add un-assessed --title "Assessed contributions" --source ASSESSED \
  --currency USD --counts-toward-2719
run un:funds contribution import $scenario/contributions.csv --fund aussom-trust
run un:funds fund list
# GBP 16,500,000.00 / 0.746 + USD 20,000,000.00 received; plus EUR 4,000,000.00 / 0.921 committed.
expect un:auditor "received USD 42,117,962.47; pledges stand beside, in kind is not cash" \
  '(.received_minor, .available_minor) == "4211796247" and .pledged_minor == "900000000"' \
  fund show aussom-trust

step "Mission Support asks; the UN trust fund offers; a second person approves; the AU accepts"
run au:support request make --to un --operation aussom --line mission-support \
  --amount USD:2000000.00 --by 2026-03-21
request=REQ-AU-26-0001
await un:funds '.state == "OPEN"' request show $request
run un:funds request show $request
offer_made $request --fund aussom-trust --amount USD:1500000.00 --hold 72h
first=$offer
expect un:auditor "USD 1,500,000.00 held, not yet given" \
  '.held_minor == "150000000" and .given_minor == "0"' fund show aussom-trust
kill_step=$((RANDOM % 4)); kill_daemon=$([ $((RANDOM % 2)) = 0 ] && echo un-finance || echo au)
[ $kill_step = 0 ] && kill_and_restart "$kill_daemon"
run un:approver offer approve "$first"
[ $kill_step = 1 ] && kill_and_restart "$kill_daemon"
await au:accepter '.state == "RESERVED"' offer show "$first"
run au:accepter offer accept "$first"
[ $kill_step = 2 ] && kill_and_restart "$kill_daemon"
await un:auditor '.state == "POSTED" or .state == "SETTLED"' offer show "$first"
[ $kill_step = 3 ] && kill_and_restart "$kill_daemon"
await un:auditor '.state == "SETTLED"' offer show "$first"
await au:auditor '.state == "POSTED"' offer show "$first"
expect un:auditor "the offer is settled" '.state == "SETTLED" and .posted_minor == "150000000"' \
  offer show "$first"
expect au:auditor "the same money has arrived" \
  '.state == "POSTED" and .posted_minor == "150000000"' offer show "$first"
expect un:auditor "USD 1,500,000.00 given, nothing held" \
  '.held_minor == "0" and .given_minor == "150000000"' fund show aussom-trust
expect au:auditor "USD 1,500,000.00 received on the budget line" \
  '.received_minor == "150000000" and .receivable_minor == "0"' budget show mission-support
halves_agree "$first"
run un:auditor offer why "$first"

step "A second offer is rejected, a third expires, a fourth is cancelled"
offer_made $request --fund aussom-trust --amount USD:100000.00 --hold 72h; second=$offer
run un:approver offer approve "$second"
await au:accepter '.state == "RESERVED"' offer show "$second"
run au:accepter offer reject "$second" --reason TERMS --yes
offer_made $request --fund aussom-trust --amount USD:200000.00 --hold 3s; third=$offer
run un:approver offer approve "$third"
offer_made $request --fund aussom-trust --amount USD:300000.00 --hold 72h; fourth=$offer
run un:approver offer approve "$fourth"
await au:accepter '.state == "RESERVED"' offer show "$fourth"
run un:funds offer cancel "$fourth" --yes
for pair in "$second REJECTED" "$third EXPIRED" "$fourth CANCELLED"; do
  set -- $pair
  await un:auditor ".state == \"$2\"" offer show "$1"
  await au:auditor ".state == \"$2\"" offer show "$1"
  expect un:auditor "$1 is $2" ".state == \"$2\" and .posted_minor == \"0\"" offer show "$1"
  expect au:auditor "$1 is $2" ".state == \"$2\" and .posted_minor == \"0\"" offer show "$1"
done
expect un:auditor "nothing is held any more" '.held_minor == "0" and .given_minor == "150000000"' \
  fund show aussom-trust
run un:auditor offer list

step "What is refused, with the rule, the figures and the next command"
refused un:funds 4 NOT_ACTIVATED offer make $request --fund un-assessed --amount USD:100000.00 \
  --hold 72h
refused un:funds 4 INSUFFICIENT offer make $request --fund aussom-trust --amount USD:90000000.00 \
  --hold 72h
fixed=$(cat /proc/sys/kernel/random/uuid)
offer_made $request --fund aussom-trust --amount USD:10000.00 --hold 72h \
  --request-id "$fixed"; fifth=$offer
refused un:funds 5 REQUEST_ID_REUSED offer make $request --fund aussom-trust \
  --amount USD:20000.00 --hold 72h --request-id "$fixed"
refused un:auditor 4 NO_ROLE offer approve "$fifth"
say "The deputy holds both posts, makes an offer, and tries to approve it."
run un:deputy offer make $request --fund aussom-trust --amount USD:5000.00 --hold 72h
sixth=$(newest_offer)
refused un:deputy 4 SAME_PERSON offer approve "$sixth"
run un:deputy --post fund-management --yes offer cancel "$sixth"
expect un:auditor "the refused acts moved nothing" \
  '.held_minor == "1000000" and .given_minor == "150000000"' fund show aussom-trust
impostor

step "A node is killed while an offer is open; the flow goes on by itself"
run un:approver offer approve "$fifth"
kill_daemon un-finance
await au:accepter '.state == "RESERVED"' offer show "$fifth" 
run au:accepter offer accept "$fifth"
restart_daemon un-finance
await un:auditor '.state == "SETTLED"' offer show "$fifth"
expect un:auditor "the fifth offer is settled after the restart" '.state == "SETTLED"' offer show \
  "$fifth"
expect au:auditor "and has arrived" '.state == "POSTED"' offer show "$fifth"
halves_agree "$fifth"
run un:auditor ledger head finance

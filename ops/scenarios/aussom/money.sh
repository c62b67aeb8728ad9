# Funds, contributions and offers of money. A chapter of story.sh.

step "An operation, and the decisions it rests on"
for org in un au; do
  run "$org:mandate-1" operation add aussom --title \
    "African Union Support and Stabilization Mission in Somalia" --lead au
done
reference aussom AU_PSC_REQUEST --symbol "AU PSC communique (exercise)" --decided 2024-12-01 \
  --from 2025-01-01 \
  --to 2026-12-31
reference aussom EXIT_STRATEGY --symbol "Concept of operations (exercise)" --decided 2025-01-01 \
  --from 2025-01-01 --to 2026-12-31
reference aussom DUE_DILIGENCE --symbol "HRDDP clearance (exercise)" --decided 2025-12-01 \
  --from 2025-12-01 \
  --to 2026-11-30
reference aussom FUNDING_2719 --state UNDER_CONSIDERATION --symbol "S/RES/2719 (2023)" \
  --decided 2025-05-12 --from 2025-05-12 --to 2026-12-31
await un:auditor '.funding_2719 == "UNDER_CONSIDERATION"' operation show aussom
expect un:auditor "the mandate ledger's references have reached finance" \
  '[.references[].kind] | length == 4' operation show aussom
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
  --amount USD:2000000.00 --by 2026-03-21 --unit AUSSOM-HQ
request=REQ-AU-26-0001
await un:funds '.state == "OPEN"' request show $request
run un:funds request show $request
say "Money for AUSSOM is delegated: nobody gives it beside the delegation."
refused un:funds 4 DELEGATION_NEEDED offer make $request --fund aussom-trust \
  --amount USD:1500000.00 --hold 72h
delegation=DEL-UN-26-0001
offer_made $request --fund aussom-trust --amount USD:1500000.00 --hold 72h
first=$offer
expect un:auditor "USD 1,500,000.00 held, not yet given" \
  '.held_minor == "150000000" and .given_minor == "0"' fund show aussom-trust
chance 4; kill_step=$drawn
chance 2; kill_daemon=au
[ "$drawn" = 0 ] || kill_daemon=un-finance
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
halves_agree au "$first"
run un:auditor offer why "$first"

step "A second offer is rejected, a third expires, a fourth is cancelled"
offer_made $request --fund aussom-trust --amount USD:100000.00 --hold 72h; second=$offer
run un:approver offer approve "$second"
await au:accepter '.state == "RESERVED"' offer show "$second"
run au:accepter offer reject "$second" --reason TERMS --yes
offer_made $request --fund aussom-trust --amount USD:200000.00 --hold 8s; third=$offer
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

step "The fund's account tells its whole past, and the ledger finds what used an id"
account=$(read_json un:auditor fund show aussom-trust | jq -r .account)
run un:auditor account statement "$account" --limit 6
expect un:auditor "all that was ever held is held no more" 'map(.held | tonumber) | add == 0' \
  account statement "$account"
read -r size debits id < <(read_json un:auditor account statement "$account" | jq -r \
  '[.[] | select(.held != "0")][-1] | "\(.index | tonumber + 1) \(.after.debits_held) \(.id)"')
expect un:auditor "its first hold, as of then" \
  ".debits_held == \"$debits\" and .debits_held != \"0\"" \
  account balance "$account" --at "$size"
expect un:auditor "the entry that opened it" ".index == \"$((size - 1))\"" \
  ledger find finance "$(base64 -d <<<"$id" | od -An -tx1 | tr -d ' \n')"
run un:auditor account top "$account" --limit 3

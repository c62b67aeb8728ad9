# Two days without the AU. A chapter of story.sh.

step "The AU's node is away; the UN offers meanwhile"
kill_daemon au
offer_made $request --fund aussom-trust --amount USD:20000.00 --hold 72h; patient=$offer
run_quietly un:approver offer approve "$patient"
offer_made $request --fund aussom-trust --amount USD:30000.00 --hold 24h; hasty=$offer
run_quietly un:approver offer approve "$hasty"

step "Two days go by; the UN's finance does not hear from its own directory"
exercise_ahead=48h
known_port=${port[un]}
free_port; port[un]=$free
for daemon in un un-finance un-logistics ecowas kenya; do
  kill_daemon "$daemon"
  restart_daemon "$daemon"
done
say "The directory's node answers officers, but no other node knows its port. Whoever was suspended"
say "meanwhile is still an officer to the finance ledger, which therefore decides nothing."
refused un:funds 6 FACTS_STALE offer make $request --fund aussom-trust --amount USD:1000.00 \
  ${delegation:+--delegation "$delegation"} --timeout 2s
port[un]=$known_port
kill_and_restart un
await un:auditor '.state == "EXPIRED"' offer show "$hasty"
expect un:auditor "the longer hold stands" '.state == "RESERVED"' offer show "$patient"
expect un:auditor "the AU was last heard of two days ago" \
  '[.[] | select(.origin == "au.example/ch8/finance")][0].verified_at_us | tonumber / 1000000
    | todate | startswith("2026-03-02")' ledger peers finance
run un:funds inbox

step "The AU is back, and everything goes on by itself"
restart_daemon au
await au:accepter '.state == "RESERVED"' offer show "$patient"
await au:auditor '.state == "EXPIRED"' offer show "$hasty"
run_quietly au:accepter offer accept "$patient"
await un:auditor '.state == "SETTLED"' offer show "$patient"
expect au:auditor "what was offered in its absence has arrived" \
  '.state == "POSTED" and .posted_minor == "2000000"' offer show "$patient"
expect un:auditor "two days later by its ledger" \
  '[.steps[] | select(.step == "ACCEPT")][0].logged_time_us | tonumber / 1000000
    | todate | startswith("2026-03-04")' offer show "$patient"
halves_agree au "$patient"
expect un:auditor "nothing is held" '.held_minor == "0"' fund show aussom-trust
run un:mandate-1 mandate due
expect un:auditor "the next report under Article 54 is two days nearer, and not due yet" \
  'length > 0 and all(.colour == "GREEN")' mandate due

# What is refused about money, and a node that dies. A chapter of story.sh.

step "What is refused, with the rule, the figures and the next command"
refused un:funds 4 NOT_ACTIVATED offer make $request --fund un-assessed --amount USD:100000.00 \
  --hold 72h
refused un:funds 4 INSUFFICIENT offer make $request --fund aussom-trust --amount USD:90000000.00 \
  --hold 72h
refused un:funds 4 OVER_CEILING offer make $request --fund aussom-trust --amount USD:1600000.01 \
  --hold 72h --delegation DEL-UN-26-0001
fixed=$(cat /proc/sys/kernel/random/uuid)
offer_made $request --fund aussom-trust --amount USD:10000.00 --hold 72h \
  --request-id "$fixed"; fifth=$offer
refused un:funds 5 REQUEST_ID_REUSED offer make $request --fund aussom-trust \
  --amount USD:20000.00 --hold 72h --request-id "$fixed"
refused un:auditor 4 NO_ROLE offer approve "$fifth"
say "The deputy holds both posts, makes an offer, and tries to approve it."
run un:deputy offer make $request --fund aussom-trust --amount USD:5000.00 --hold 72h \
  --delegation DEL-UN-26-0001
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

# What assessed money would need, and how it would go: an operation that exists in the exercise only
# has the decisions that AUSSOM lacks. A chapter of story.sh.

step "An exercise: the Council is asked for assessed money"
of_aussom=("$delegation" "$request")
printf 'Council decision, scanned (exercise)\n' >"$home/council-exercise.pdf"
for org in un au; do
  run_quietly "$org:mandate-1" operation add exercise-2719 \
    --title "Assessed contributions under S/RES/2719 (exercise)" --lead au
done
run_quietly un:mandate-1 mandate add council-exercise --body un-security-council \
  --symbol "Council decision (exercise)" --title "Authorises the exercise" \
  --operation exercise-2719 --decided 2026-02-20 --from 2026-03-01 --to 2026-12-31 --force none \
  --place SO --ceiling USD:75000.00 --document "$home/council-exercise.pdf"
run_quietly un:mandate-2 mandate confirm council-exercise
run_quietly un:mandate-1 delegation propose council-exercise --to-post fund-management \
  --purpose "Assessed money of the exercise" --from 2026-03-01 --to 2026-12-31 --force none \
  --place SO --ceiling USD:75000.00
delegation=$(read_json un:mandate-1 delegation list \
  | jq --raw-output '.[-1].name | sub("delegations/"; "")')
run_quietly un:mandate-2 delegation confirm "$delegation"
run_quietly un:mandate-1 delegation allot "$delegation" --ledger finance --ceiling USD:75000.00
for kind in AU_PSC_REQUEST UNSC_RESOLUTION EXIT_STRATEGY DUE_DILIGENCE APPROPRIATION; do
  reference exercise-2719 "$kind" --symbol "$kind (exercise)" --decided 2026-02-20 \
    --from 2026-03-01 --to 2026-12-31
done
reference exercise-2719 BUDGET_APPROVAL --budget USD:100000.00 --symbol "Budget (exercise)" \
  --decided 2026-02-20 --from 2026-03-01 --to 2026-12-31
reference exercise-2719 FUNDING_2719 --state REQUESTED --symbol "Letter (exercise)" \
  --decided 2026-02-20 --from 2026-03-01 --to 2026-12-31
run_quietly un:funds contribution import $scenario/assessed.csv --fund un-assessed
await un:auditor '.funding_2719 == "REQUESTED"' operation show exercise-2719
refused un:funds 4 NOT_ACTIVATED allotment make --to EXERCISE-2719 --fund un-assessed \
  --amount USD:1000.00

step "Activated: three quarters of the budget may be allotted, to the cent"
reference exercise-2719 FUNDING_2719 --state ACTIVATED --symbol "Council decision (exercise)" \
  --decided 2026-03-01 --from 2026-03-01 --to 2026-12-31
await un:auditor '.funding_2719 == "ACTIVATED"' operation show exercise-2719
refused un:funds 4 ASSESSED_CAP allotment make --to EXERCISE-2719 --fund un-assessed \
  --amount USD:75000.01
run un:funds allotment make --to EXERCISE-2719 --fund un-assessed --amount USD:75000.00
allotment=ALT-UN-26-0001
expect un:auditor "the cap is taken up" \
  '.assessed_cap.amount_minor == "7500000" and .assessed_used.amount_minor == "7500000"' \
  operation show exercise-2719
expect un:auditor "what is allotted has left the fund" \
  '.available_minor == "2500000" and .in_allotments_minor == "7500000"' fund show un-assessed

step "Assessed money goes out of the allotment, and what is left goes back"
run_quietly au:mandate-1 budget add exercise --title "The exercise" --operation exercise-2719 \
  --currency USD
run au:support request make --to un --operation exercise-2719 --line exercise \
  --amount USD:60000.00 --by 2026-03-31 --unit AUSSOM-HQ
request=$(read_json au:support request list | jq --raw-output '.[-1].name | sub("requests/"; "")')
await un:funds '.state == "OPEN"' request show "$request"
await un:auditor '.[0].state == "POSTED"' delegation slices --delegation "$delegation"
refused un:funds 4 ALLOTMENT_NEEDED offer make "$request" --fund un-assessed \
  --amount USD:60000.00 --hold 72h
refused un:funds 4 INSUFFICIENT offer make "$request" --allotment $allotment \
  --amount USD:75000.01 --hold 72h
offer_made "$request" --allotment $allotment --amount USD:60000.00 --hold 72h
run un:approver offer approve "$offer"
await au:accepter '.state == "RESERVED"' offer show "$offer"
run au:accepter offer accept "$offer"
await un:auditor '.state == "SETTLED"' offer show "$offer"
await au:auditor '.state == "POSTED"' offer show "$offer"
halves_agree au "$offer"
run un:funds allotment reduce $allotment --by USD:15000.00
expect un:auditor "all that is allotted is given" \
  '.given_minor == "6000000" and .available_minor == "0" and .amount.amount_minor == "6000000"' \
  allotment show $allotment
expect un:auditor "the cap has its headroom back" '.assessed_used.amount_minor == "6000000"' \
  operation show exercise-2719
expect au:auditor "USD 60,000.00 have arrived" '.received_minor == "6000000"' budget show exercise
delegation=${of_aussom[0]} request=${of_aussom[1]}

# The AFISMA story: decisions of three organizations, voluntary money, and the end of a mandate.
# Sourced by ops/scenarios/run, which gives $bin, $home (the run's folder), lib.sh and nodes.sh.

scenario=ops/scenarios/afisma
daemons=([un]=un [au]=au [ecowas]=ecowas)
title=([un]="United Nations" [au]="African Union"
  [ecowas]="Economic Community of West African States")
first_person=([un]=1001 [au]=1101 [ecowas]=1201)
exercise_clock=2013-02-04T08:00:00Z

step "Three organizations, their posts and officers"
start_organizations un au ecowas
for org in un au ecowas; do
  make_post "$org" mandate-desk "Mandate Officer" MANDATE_OFFICER
  make_post "$org" audit "Auditor" AUDITOR
done
make_post un fund-management "Fund Manager, AFISMA Trust Fund" FUND_MANAGER
make_post un approving-officer "Approving Officer" APPROVER --limit USD:5000000.00
make_post ecowas mission-support "Mission Support" REQUESTER
make_post ecowas receiving-officer "Accepting Officer" ACCEPTER
person=2000
for officer in un:mandate-1:mandate-desk un:mandate-2:mandate-desk un:auditor:audit \
  un:funds:fund-management un:approver:approving-officer au:mandate-1:mandate-desk \
  au:mandate-2:mandate-desk au:auditor:audit ecowas:mandate-1:mandate-desk \
  ecowas:mandate-2:mandate-desk ecowas:auditor:audit ecowas:support:mission-support \
  ecowas:accepter:receiving-officer; do
  IFS=: read -r org name post <<<"$officer"
  person=$((person + 1))
  appoint "$org" "$name" "$person" "$post"
done

step "ECOWAS decides, the AU endorses, the Council authorises: for one year, to the day"
printf 'Authority of Heads of State and Government, communique (exercise)\n' >"$home/ecowas.pdf"
printf 'PSC communique (exercise)\n' >"$home/psc.pdf"
printf 'S/RES/2085 (2012), scanned\n' >"$home/sres-2085.pdf"
# decided ID ARGS...: entered and confirmed in each organization's ledger.
decided() {
  local id=$1 org; shift
  for org in un au ecowas; do
    await "$org:mandate-1" 'type == "array"' mandate list
    run_quietly "$org:mandate-1" mandate add "$id" --operation afisma --place ML "$@"
    run_quietly "$org:mandate-2" mandate confirm "$id"
  done
}
decided ecowas-concept --body ecowas-authority --symbol "ECOWAS Authority communique (exercise)" \
  --title "Adopts the strategic concept" --decided 2012-11-11 --from 2012-11-11 --to 2013-12-19 \
  --force self-defence --document "$home/ecowas.pdf"
decided psc-concept --body au-peace-and-security-council --symbol "AU PSC communique (exercise)" \
  --title "Endorses the strategic concept" --decided 2012-11-13 --from 2012-11-13 \
  --to 2013-12-19 --force self-defence --document "$home/psc.pdf"
decided sres-2085 --body un-security-council --symbol "S/RES/2085 (2012)" \
  --title "Authorises AFISMA for one year" --decided 2012-12-20 --from 2012-12-20 \
  --to 2013-12-19 --force enforcement --ceiling person-uniformed:3300 --ceiling USD:6000000.00 \
  --report-every 60 --document "$home/sres-2085.pdf"
for org in un au ecowas; do
  expect "$org:auditor" "S/RES/2085 (2012) ends after a year" \
    '.state == "CONFIRMED" and .valid_to == {"year": 2013, "month": 12, "day": 19}' \
    mandate show sres-2085
done
refused au:mandate-1 2 NO_AUTHORISATION mandate add psc-force --operation afisma --place ML \
  --body au-peace-and-security-council --symbol "AU PSC communique (exercise)" \
  --title "Enforcement without the Council" --decided 2012-11-13 --from 2012-11-13 \
  --to 2013-12-19 --force enforcement --document "$home/psc.pdf"

step "Authority for the fund manager, no longer than the year; a slice of it for finance"
refused un:mandate-1 4 WIDER_THAN_PARENT delegation propose sres-2085 \
  --to-post fund-management --purpose "Support to AFISMA" --from 2013-02-04 --to 2013-12-20 \
  --force none --place ML --ceiling USD:6000000.00
run un:mandate-1 delegation propose sres-2085 --to-post fund-management \
  --purpose "Support to AFISMA" --from 2013-02-04 --to 2013-12-19 --force none --place ML \
  --ceiling USD:6000000.00
run un:mandate-2 delegation confirm DEL-UN-13-0001
run un:mandate-1 delegation allot DEL-UN-13-0001 --ledger finance --ceiling USD:5000000.00
await un:auditor '.[0].state == "POSTED"' delegation slices
delegation=DEL-UN-13-0001

step "A trust fund of voluntary money: pledges stand beside"
for org in un ecowas; do
  run_quietly "$org:mandate-1" operation add afisma --lead au \
    --title "African-led International Support Mission in Mali"
done
run_quietly ecowas:mandate-1 budget add deployment --title "Deployment of contingents" \
  --operation afisma --currency USD
run_quietly un:funds fund add afisma-trust --title "Trust Fund in Support of AFISMA" \
  --source EXTRA_BUDGETARY --currency USD --operation afisma
run_quietly un:funds fund add un-assessed --title "Assessed contributions" --source ASSESSED \
  --currency USD --counts-toward-2719
run un:funds contribution import $scenario/contributions.csv --fund afisma-trust
expect un:auditor "USD 238,000,000.00 pledged, USD 6,000,000.00 to give" \
  '.pledged_minor == "23800000000" and .available_minor == "600000000"' fund show afisma-trust

step "ECOWAS asks for its contingents; no assessed money, no pledges, the trust fund gives"
run ecowas:support request make --to un --operation afisma --line deployment \
  --amount USD:10000000.00 --by 2013-03-15
request=REQ-ECOWAS-13-0001
await un:funds '.state == "OPEN"' request show $request
refused un:funds 4 NOT_ACTIVATED offer make $request --fund un-assessed \
  --amount USD:1000000.00 --hold 72h
refused un:funds 4 INSUFFICIENT offer make $request --fund afisma-trust \
  --amount USD:7000000.00 --hold 72h
refused un:funds 4 OVER_CEILING offer make $request --fund afisma-trust \
  --amount USD:5000000.01 --delegation $delegation --hold 72h
offer_made $request --fund afisma-trust --amount USD:3000000.00 --hold 72h
run_quietly un:approver offer approve "$offer"
await ecowas:accepter '.state == "RESERVED"' offer show "$offer"
run ecowas:accepter offer accept "$offer"
await un:auditor '.state == "SETTLED"' offer show "$offer"
expect un:auditor "USD 3,000,000.00 given" '.given_minor == "300000000" and .held_minor == "0"' \
  fund show afisma-trust
expect ecowas:auditor "and arrived on the budget line" '.received_minor == "300000000"' \
  budget show deployment
halves_agree ecowas "$offer"

step "The AU reports the strength by sex, and every 60 days to the Council (Article 54)"
run_quietly au:mandate-1 strength report afisma --as-of 2013-01-31 --line NGA:troops:24/876:1/29 \
  --line TGO:troops:12/488:0/16 --line SEN:troops:15/485:0/17
expect au:auditor "51 women of 1,900: 2.68 %" '.totals[0].women_bp == 268' \
  strength show STR-AU-13-0001
run au:mandate-1 mandate due
run_quietly au:mandate-1 mandate report sres-2085 --on 2013-02-04 --document "$home/sres-2085.pdf"
expect au:auditor "nothing is due yet" \
  'map(select(.decision == "decisions/sres-2085")) | length == 1 and .[0].colour == "GREEN"' \
  mandate due

step "On 1 July the UN's own mission takes over: authority ends, and so does what waits on it"
offer_made $request --fund afisma-trust --amount USD:1000000.00 --hold 24h; waiting=$offer
run_quietly un:approver offer approve "$waiting"
await ecowas:auditor '.state == "RESERVED"' offer show "$waiting"
exercise_ahead=3528h
for daemon in un au ecowas; do kill_daemon "$daemon"; done
for daemon in un au ecowas; do restart_daemon "$daemon"; done
for org in un ecowas; do
  await "$org:auditor" '.state == "EXPIRED"' offer show "$waiting"
  expect "$org:auditor" "what nobody accepted has expired" \
    '.state == "EXPIRED" and .posted_minor == "0"' offer show "$waiting"
done
expect au:auditor "and the report is overdue" 'any(.colour == "RED")' mandate due
run un:mandate-1 --yes delegation revoke DEL-UN-13-0001 --reason "S/RES/2100 (2013)"
await un:auditor '[.acknowledgements[] | select(.origin == "un.example/ch8/finance")][0].logged' \
  delegation show DEL-UN-13-0001
refused un:funds 4 DELEGATION_NOT_IN_FORCE offer make $request --fund afisma-trust \
  --amount USD:1000000.00 --delegation $delegation --hold 72h
expect un:auditor "the refused acts moved nothing" \
  '.given_minor == "300000000" and .held_minor == "0"' fund show afisma-trust

# Three organizations share what they know. A chapter of story.sh.

step "Analysts and release officers"
number=4000
for org in un au ecowas; do
  make_post "$org" situation-room "Analyst, Situation Room" ANALYST
  make_post "$org" release-desk "Release Officer" RELEASE_OFFICER
  for officer in analyst:situation-room release-1:release-desk release-2:release-desk; do
    number=$((number + 1))
    appoint "$org" "${officer%%:*}" "$number" "${officer#*:}"
  done
  await "$org:analyst" '. == []' report list
done

step "Agreements in force, each in both ledgers, each by two persons"
# agree ORG OTHER
agree() {
  run_quietly "$1:release-1" agreement propose "with-$2" --with "$2" \
    --document "Exercise memorandum of understanding" --class confidential --tlp amber-strict \
    --from 2026-01-01 --to 2026-12-31 --onward
  run_quietly "$1:release-2" agreement confirm "with-$2"
}
for org in un au ecowas; do
  for other in un au ecowas; do [ "$org" = "$other" ] || agree "$org" "$other"; done
done
refused ecowas:release-1 4 NOT_PROPOSED agreement confirm with-au
run ecowas:release-1 agreement list

step "ECOWAS files an early warning; GREEN reaches the community"
canary="columns seen on the N3 by a source who must not be named"
# file_report TLP ARGS...: filed by ECOWAS's analyst; its id is in $report.
file_report() {
  local tlp=$1; shift
  run ecowas:analyst report file --kind early-warning --theme security --date 2026-02-27 \
    --precision week --place NG-BO --source B2 --tlp "$tlp" --class confidential \
    --until 2027-02-28 --title "Movements in Borno" --text "$canary" "$@"
  report=$(read_json ecowas:analyst report list | jq -r '[.[].name] | max | sub("reports/"; "")')
}
file_report green
green_report=$report
run ecowas:release-1 report release "$report" --community
for org in un au; do
  await "$org:analyst" '.received_from == "organizations/ecowas"' report show "$report"
  await "$org:analyst" ".narrative == \"$canary\"" report read "$report"
  expect "$org:analyst" "the report, and its content by a channel beside the ledger" \
    ".title == \"Movements in Borno\"" report read "$report"
done
await ecowas:analyst 'length == 2 and all(.acknowledged != null)' report who "$report"
run ecowas:release-1 report who "$report"

step "AMBER for a group reaches its members only; an empty group is nobody"
run ecowas:release-1 group add lake-chad --title "Lake Chad Basin cell"
file_report amber --group ecowas-lake-chad
refused ecowas:release-1 4 EMPTY_GROUP report release "$report" --group ecowas-lake-chad
run ecowas:release-1 group member ecowas-lake-chad --add au
refused ecowas:release-1 4 SAME_PERSON group member ecowas-lake-chad --confirm 1
run ecowas:release-2 group member ecowas-lake-chad --confirm 1
run ecowas:release-1 report release "$report" --group ecowas-lake-chad
await au:analyst '.state == "FILED"' report show "$report"
refused un:analyst 3 UNKNOWN_REPORT report show "$report"

step "AMBER+STRICT stops at its recipient, unless the originator consents"
file_report amber-strict
run ecowas:release-1 report release "$report" --to au
await au:analyst '.state == "FILED"' report show "$report"
refused au:release-1 4 TLP_AMBER_STRICT report relay "$report" --to un
run au:analyst report ask "$report" --for un
await ecowas:release-1 '.[0].state == "ASKED"' consent list
run ecowas:release-1 report consent CNS-AU-26-0001 --grant
await au:release-1 '.state == "GRANTED"' consent show CNS-AU-26-0001
run au:release-1 report relay "$report" --to un
await un:analyst ".narrative == \"$canary\"" report read "$report"
expect un:analyst "came from the AU with ECOWAS's consent" \
  '.received_from == "organizations/au" and .originator == "organizations/ecowas"' \
  report show "$report"

step "A recall goes along every hop, and receipts come back"
run ecowas:release-1 report recall "$report" --reason PROTECTION --yes
await ecowas:release-1 'length == 2 and all(.complied != null)' report who "$report"
run ecowas:release-1 report who "$report"
refused un:analyst 4 RECALLED report read "$report"
expect un:analyst "recalled, at two hops' distance" '.state == "RECALLED"' report show "$report"
expect au:analyst "the other report is still here" ".narrative == \"$canary\"" report read \
  "$green_report"

step "Two persons erase a report everywhere; a legal hold beats them"
run au:analyst hold place "$green_report" --reason inquiry --reference AU/2026/7
run ecowas:analyst erasure request "$green_report" --basis protection --reference LEG/2026/114
await ecowas:release-1 'any(.[]; .command | startswith("ch8 erasure approve"))' inbox
run ecowas:release-1 erasure approve "$green_report" --yes
refused ecowas:analyst 4 ERASED report read "$green_report"
await ecowas:analyst 'any(.[]; .recipient == "organizations/un" and .erased != null) and
  any(.[]; .recipient == "organizations/au" and .erasure_owed != null)' report who "$green_report"
refused un:analyst 4 ERASED report read "$green_report"
expect au:analyst "kept under a hold, and for nothing else" '.state == "ERASURE_OWED"' \
  report show "$green_report"
run au:release-1 hold lift "$green_report" 1 --yes
await ecowas:analyst 'all(.[]; .erased != null)' report who "$green_report"
run ecowas:release-1 report who "$green_report"
run ecowas:analyst report show "$green_report"

step "Content is in no ledger, and gone with its key"
for org in un au ecowas; do
  if grep --recursive --quiet --text "must not be named" "$home/$org-data" "$home/$org.log"; then
    die "content of a report lies open on the ${org^^} node's disk"
  fi
done
checks=$((checks + 1))
amber_report=RPT-ECOWAS-26-0002
expect au:analyst "what nobody erased is still here" ".narrative == \"$canary\"" report read \
  "$amber_report"
mv "$home/au-data/body-keys/information" "$home/au-keys"
refused au:analyst 3 BODY_NOT_HERE report read "$amber_report"
mv "$home/au-keys" "$home/au-data/body-keys/information"

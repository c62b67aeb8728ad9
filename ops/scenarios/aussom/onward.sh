# What the UN gave goes on to a contingent, and to nobody else. A chapter of story.sh.

step "A contributing country's contingent joins, pinned by the AU alone"
start_organization kenya
pin au kenya
pin kenya au
make_post au approving-officer "Approving Officer, AUSSOM" APPROVER --limit USD:1000000.00
appoint au approver 3023 approving-officer
make_post kenya contingent "Logistics, contingent in Sector 6" REQUESTER --role SUPPLY_MANAGER \
  --role ACCEPTER
make_post kenya stores "Stores, contingent in Sector 6" RECEIVER
appoint kenya logistics 6001 contingent
appoint kenya stores 6002 stores
make_post kenya audit "Auditor" AUDITOR
appoint kenya auditor 6003 audit
organizations+=(kenya)
make_post ecowas logistics "Logistics Cell" REQUESTER --role SUPPLY_MANAGER
appoint ecowas logistics 3111 logistics
for org in kenya ecowas; do
  await "$org:logistics" '. == []' item list
  run_quietly "$org:logistics" item add TENT-10P --title "Tent, 10 persons" --unit ea \
    --category tentage --value USD:980.00
done
run_quietly kenya:logistics depot add SECTOR-6 --title "Contingent stores, Kismayo" --locode SOKMU
run_quietly ecowas:logistics depot add NGABV --title "Logistics base, Abuja" --locode NGABV

step "What was given for AUSSOM is not passed on for another operation (F-19)"
expect au:supply "every tent that came is AUSSOM's" \
  'length == 2 and all(.operation == "operations/aussom")' stock list --item TENT-10P
run_quietly ecowas:logistics request make --to au --operation ecowas-standby-force \
  --item TENT-10P=10 --deliver-to NGABV --by 2026-03-31
await au:supply '.state == "OPEN"' request show LRQ-ECOWAS-26-0001
refused au:supply 4 EARMARK offer make LRQ-ECOWAS-26-0001 --line TENT-10P=10 --from SOKMU

step "For AUSSOM it is: the UN gave to the AU, the AU gives to the contingent, never more than came"
# passed_on QUANTITY WAYBILL: the contingent asks, the AU gives, the contingent counts; the offer's
# id is in $child.
passed_on() {
  local quantity=$1 waybill=$2 asked
  run_quietly kenya:logistics request make --to au --operation aussom \
    --item "TENT-10P=$quantity" --deliver-to SECTOR-6 --by 2026-03-31
  asked=$(read_json kenya:logistics request list --goods \
    | jq -r '[.[].name] | max | sub("requests/"; "")')
  await au:supply '.state == "OPEN"' request show "$asked"
  run au:supply offer make "$asked" --line "TENT-10P=$quantity" --from SOKMU
  child=$(read_json au:supply offer list --goods --for "$asked" \
    | jq -r '.[0].name | sub("offers/"; "")')
  run_quietly au:approver offer approve "$child"
  await kenya:logistics '.state == "RESERVED"' offer show "$child"
  run_quietly kenya:logistics offer accept "$child"
  await au:supply '.state == "ACCEPTED"' offer show "$child"
  run_quietly au:supply consignment dispatch "$child" --waybill "$waybill" --eta 2026-03-25
  await kenya:stores '.state == "IN_TRANSIT"' consignment show "au/$waybill"
  run kenya:stores consignment receive "au/$waybill" --line TENT-10P --good "$quantity"
  await au:supply '.state == "RECEIVED"' offer show "$child"
}
say "The AU gives on what came from the UN once others hold the UN to having given it; two would
   be too many: the contingent does not read the UN's ledgers."
run au:admin-1 stock limit un --value USD:1000.00 --witnesses 2
run_quietly kenya:logistics request make --to au --operation aussom --item TENT-10P=1 \
  --deliver-to SECTOR-6 --by 2026-03-31
await au:supply '.state == "OPEN"' request show LRQ-KENYA-26-0001
refused au:supply 4 UNWITNESSED offer make LRQ-KENYA-26-0001 --line TENT-10P=1 --from SOKMU
run_quietly kenya:logistics request withdraw LRQ-KENYA-26-0001 --yes
run au:admin-1 stock limit un --value USD:1000.00 --witnesses 1
await au:supply '.[0].wanted_size == "0"' stock limits
run au:supply stock limits
expect au:auditor "the AU has logged that ECOWAS holds the UN to it" \
  'any(.what | endswith(" cosigned by ecowas.example"))' ledger tail logistics --entries 20
passed_on 70 WB-AU-1
first_lot=$(read_json au:auditor offer show "$child" | jq -r '.picks[0].lot | split("/")[-1]')
expect au:supply "the child's tents came by the parent's waybill" \
  '.consignment == "consignments/un/WB-7781"' stock show "$first_lot"
run_quietly kenya:logistics request make --to au --operation aussom --item TENT-10P=60 \
  --deliver-to SECTOR-6 --by 2026-03-31
await au:supply '.state == "OPEN"' request show LRQ-KENYA-26-0003
refused au:supply 4 INSUFFICIENT offer make LRQ-KENYA-26-0003 --line TENT-10P=60 --from SOKMU
run_quietly kenya:logistics request withdraw LRQ-KENYA-26-0003 --yes
passed_on 40 WB-AU-2
parent_good=$(read_json au:auditor offer show LOF-UN-26-0001 | jq -r .good)
for side in au:supply kenya:logistics; do
  expect "$side" "the children, 70 + 40, are at most the parent's $parent_good" \
    "([.[] | select(.giver == \"organizations/au\" and .state == \"RECEIVED\")
      | .good | tonumber] | add) as \$children | \$children == 110 and \$children <= $parent_good" \
    offer list --goods
done
expect kenya:logistics "and they stay AUSSOM's with the contingent" \
  'all(.operation == "operations/aussom")' stock list

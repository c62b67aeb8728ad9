# Tents, rations, fuel and water, from the depots of the UN to AUSSOM. A chapter of story.sh.

step "Depots, stock and a request for goods"
make_post un supply "Chief Supply, UNSOS" SUPPLY_MANAGER
make_post au supply "Supply Officer, AUSSOM" SUPPLY_MANAGER
make_post au kismayo "Receiving and Inspection, Kismayo" RECEIVER
make_post un movcon "Receiving, Mombasa" RECEIVER
appoint un supply 2021 supply
appoint un kemba 2022 movcon
appoint au supply 3021 supply
appoint au kismayo 3022 kismayo
for org in un au; do
  await "$org:supply" '. == []' item list
  run_quietly "$org:supply" item add TENT-10P --title "Tent, 10 persons" --unit ea \
    --category tentage --value USD:980.00
  run_quietly "$org:supply" item add RATIONS --title "Combat ration packs" --unit man-day \
    --category rations --value USD:12.50 --perishable
  run_quietly "$org:supply" item add DIESEL --title "Diesel" --unit L --category fuel \
    --value USD:1.10 --code UNDG:UN1202
  run_quietly "$org:supply" item add WATER --title "Water, packs of 12 x 1.5 L" --unit pack \
    --category water --value USD:6.00
done
run_quietly un:supply depot add KEMBA --title "Mombasa Support Base" --locode KEMBA
run_quietly au:supply depot add SOKMU --title "Kismayo, Sector 6" --locode SOKMU
await un:supply '. != []' delegation list
run un:mandate-1 delegation propose DEL-UN-26-0001 --to-post supply --purpose "Goods for AUSSOM" \
  --from 2026-01-01 --to 2026-12-31 --force none --place SO --place KE --ceiling USD:500000.00
run un:mandate-2 delegation confirm DEL-UN-26-0002
run un:mandate-1 delegation allot DEL-UN-26-0002 --ledger logistics --ceiling USD:400000.00
await un:auditor '[.[] | select(.service == "logistics")][0].state == "POSTED"' delegation slices
run un:supply stock receive --line TENT-10P=120 --at KEMBA --reason "PO 26-0411"
run un:supply stock receive --line RATIONS=9000 --at KEMBA --lot R-0719 --expires 2026-02-28 \
  --reason "PO 25-0930"
run un:supply stock receive --line RATIONS=20000 --at KEMBA --lot R-1123 --expires 2026-12-31 \
  --reason "PO 26-0102"
run un:supply stock receive --line RATIONS=20000 --at KEMBA --lot R-1124 --expires 2026-09-30 \
  --reason "PO 26-0103"
run un:supply stock receive --line DIESEL=60000 --at KEMBA --reason "delivery note 881"
run un:supply stock receive --line WATER=4000 --at KEMBA --reason "PO 26-0118"
run au:support request make --to un --operation aussom --item TENT-10P=120 --item RATIONS=24000 \
  --item DIESEL=6000 --item WATER=900 --deliver-to SOKMU --by 2026-03-21 --unit AUSSOM-S6-BN1
goods=LRQ-AU-26-0001
await un:supply '.state == "OPEN"' request show $goods
run un:supply inbox
run un:supply request show $goods
run un:supply stock find RATIONS --for $goods

step "Support without a clearance, expired stock, and more than is there are refused"
run au:support request make --to un --operation aussom --item TENT-10P=10 --deliver-to SOKMU \
  --by 2026-03-21 --unit AUSSOM-S3-BN4
await un:supply '.state == "OPEN"' request show LRQ-AU-26-0002
refused un:supply 4 SUPPORT_WITHHELD offer make LRQ-AU-26-0002 --line TENT-10P=10 --from KEMBA
run au:support request make --to un --operation aussom --item TENT-10P=10 --deliver-to SOKMU \
  --by 2026-03-21 --unit AUSSOM-S1-BN2
await un:supply '.state == "OPEN"' request show LRQ-AU-26-0003
refused un:supply 4 NO_CLEARANCE offer make LRQ-AU-26-0003 --line TENT-10P=10 --from KEMBA
expect un:supply "the earliest expiry goes first, and what is expired not at all" \
  '[.picks[].lot_number] == ["R-1124", "R-1123"]' offer make $goods --line RATIONS=24000 \
  --from KEMBA --delegation DEL-UN-26-0002 --dry-run

step "Offer, approval, acceptance; dispatch is the POST"
refused un:supply 4 DELEGATION_NEEDED offer make $goods --line TENT-10P=120 --from KEMBA
under=(--delegation DEL-UN-26-0002)
run un:supply offer make $goods --line TENT-10P=120 --from KEMBA "${under[@]}" --dry-run
run un:supply offer make $goods --line TENT-10P=120 --from KEMBA "${under[@]}"
say "The tents hold USD 117,600.00 of the ceiling; rations for USD 300,000.00 are too much."
refused un:supply 4 OVER_CEILING offer make $goods --line RATIONS=24000 --from KEMBA "${under[@]}"
run_quietly au:support request make --to un --operation aussom --item TENT-10P=1 \
  --deliver-to SOKMU --by 2026-03-21 --unit AUSSOM-S6-BN1
await un:supply '.state == "OPEN"' request show LRQ-AU-26-0004
refused un:supply 4 INSUFFICIENT offer make LRQ-AU-26-0004 --line TENT-10P=1 --from KEMBA
run un:approver offer approve LOF-UN-26-0001
await au:accepter '.state == "RESERVED"' offer show LOF-UN-26-0001
run au:accepter offer accept LOF-UN-26-0001
await un:supply '.state == "ACCEPTED"' offer show LOF-UN-26-0001
run un:supply consignment dispatch LOF-UN-26-0001 --waybill WB-7781 --eta 2026-03-20 \
  --carrier "Mombasa Hauliers" --to KELAU --seal 4471
kill_and_restart un-logistics
run un:supply consignment leg WB-7781 --from KELAU --to SOKMU --carrier "MV Kilindini" --seal 4471
await au:kismayo '.state == "IN_TRANSIT"' consignment show un/WB-7781
tents='[.lines[] | select(.item | endswith("tent-10p"))][0]'
expect un:supply "120 tents have left the depot and are in transit" \
  "$tents.in_transit_from == \"120\"" supply status --at KEMBA

step "120 tents are counted: 114 good, 2 damaged, 4 short; the discrepancy opens itself"
refused au:kismayo 4 COUNT_MISMATCH consignment receive un/WB-7781 --line TENT-10P --good 114 \
  --damaged 2 --short 3
run au:kismayo consignment receive un/WB-7781 --line TENT-10P --good 114 --damaged 2 --short 4
await un:supply '.state == "RECEIVED"' consignment show WB-7781
expect un:supply "nothing is in transit any more" "$tents == null" supply status --at KEMBA
await un:supply '.state == "OPEN"' discrepancy show DSC-AU-26-0001
expect au:auditor "the discrepancy has an owner, a due day and a value" \
  '.owner == "organizations/un" and .value.amount_minor == "588000" and .answer_due.day == 16' \
  discrepancy show DSC-AU-26-0001
run un:supply discrepancy answer DSC-AU-26-0001 --liability carrier --answer "seal broken at Lamu"
await au:accepter '.state == "ANSWERED"' discrepancy show DSC-AU-26-0001
run au:accepter discrepancy close DSC-AU-26-0001 --closing "claimed from the carrier"
run au:supply consignment return un/WB-7781 --quantity 3
run un:auditor offer why LOF-UN-26-0001
run au:supply supply status --at SOKMU

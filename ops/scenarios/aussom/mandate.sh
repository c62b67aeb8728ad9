# Decisions, the authority chain down to a post, strength, cover and clearances. A chapter of
# story.sh.

step "The decisions that everything rests on, each with the hash of its scanned document"
printf 'S/RES/2809 (2025), scanned\n' >"$home/sres-2809.pdf"
printf 'PSC communique, scanned (exercise)\n' >"$home/psc-1.pdf"
for org in un au; do
  await "$org:mandate-1" '. == []' mandate list
  await "$org:mandate-2" '. == []' mandate list
  run "$org:mandate-1" mandate add psc-aussom --body au-peace-and-security-council \
    --symbol "AU PSC communique (exercise)" --title "Requests support to AUSSOM" \
    --operation aussom --decided 2024-12-01 --from 2025-01-01 --to 2026-12-31 --force none \
    --document "$home/psc-1.pdf"
  run_quietly "$org:mandate-2" mandate confirm psc-aussom
  run "$org:mandate-1" mandate add sres-2809 --body un-security-council \
    --symbol "S/RES/2809 (2025)" --title "Authorises AUSSOM until 31 December 2026" \
    --operation aussom --decided 2025-12-23 --from 2026-01-01 --to 2026-12-31 \
    --force protection-of-civilians --place SO --place KE --ceiling person-uniformed:11826 \
    --ceiling person-police:680 --ceiling USD:5000000.00 --report-every 30 \
    --document "$home/sres-2809.pdf"
  run_quietly "$org:mandate-2" mandate confirm sres-2809
done
expect un:auditor "the document's hash is the scan's own" \
  ".document_sha256 == \"$(openssl dgst -sha256 -binary "$home/sres-2809.pdf" | base64)\"" \
  mandate show sres-2809

step "Authority runs from the decision to a post, never wider than what it rests on"
run un:mandate-1 delegation propose sres-2809 --to-post fund-management \
  --purpose "Support to AUSSOM" --from 2026-01-01 --to 2026-12-31 --force none --place SO \
  --place KE --ceiling USD:3000000.00 --sub-delegable
run un:mandate-2 delegation confirm DEL-UN-26-0001
expect un:auditor "USD 2,000,000.00 of the ceiling are left" \
  '[.ceilings[] | select(.unit == "USD")][0].available == "200000000"' mandate show sres-2809
refused un:mandate-1 4 WIDER_THAN_PARENT delegation propose DEL-UN-26-0001 \
  --to-post fund-management --purpose "Too much" --from 2026-01-01 --to 2027-01-31 --force none \
  --place SO
refused un:mandate-1 4 WIDER_THAN_PARENT delegation propose DEL-UN-26-0001 \
  --to-post fund-management --purpose "Too much" --from 2026-01-01 --to 2026-12-31 \
  --force enforcement --place SO
say "A slice of the ceiling goes to the finance ledger, elsewhere, by a two-sided transfer."
run un:mandate-1 delegation allot DEL-UN-26-0001 --ledger finance --ceiling USD:2400000.00
await un:auditor '.[0].state == "POSTED"' delegation slices
expect un:auditor "both halves of the slice are proven" \
  '[.[0].steps[].step] == ["RESERVE", "ACCEPT", "POST", "MIRROR", "SETTLED"]' delegation slices

step "Strength by sex, an officer-in-charge, and what is due to the Council"
run au:mandate-1 strength target troops-2026 --category troops --women-bp 1300 --from 2026-01-01 \
  --to 2026-12-31 --source "UGPS 2018-2028, interpolated (exercise)"
run au:mandate-1 strength report aussom --as-of 2026-02-28 --line UGA:troops:405/4095:12/140 \
  --line ETH:troops:140/2360:4/80 --line NGA:formed-police:60/620:2/20
expect au:auditor "the share comes from counts: 545 women of 7,000" \
  '[.totals[] | select(.category == "TROOPS")][0].women_bp == 778' strength show STR-AU-26-0001
run un:admin-1 officer act deputy --in mandate-desk --from 2026-03-02 --to 2026-03-14
run un:admin-2 officer confirm-acting deputy --in mandate-desk --yes
await un:deputy '[.posts[].name] | index("posts/mandate-desk") != null' whoami
run un:deputy whoami
run un:mandate-1 mandate due
expect un:auditor "the report under Article 54 is red" '.[0].colour == "RED"' mandate due
run un:mandate-1 mandate report sres-2809 --on 2026-03-01 --document "$home/sres-2809.pdf"
expect un:auditor "and the next one is not due yet" '.[0].colour == "GREEN"' mandate due

step "Human rights due diligence: one unit is cleared, one is not"
make_post un hrddp-desk "Human Rights Due Diligence Officer" CLEARANCE_OFFICER
appoint un clearance-1 2011 hrddp-desk
appoint un clearance-2 2012 hrddp-desk
run un:clearance-1 clearance propose AUSSOM-S6-BN1 --risk medium \
  --outcome proceed-with-mitigation --mitigation "monthly reporting to the mission" \
  --assessed 2026-02-01 --to 2027-01-31
run un:clearance-2 clearance confirm AUSSOM-S6-BN1 --yes
run un:clearance-1 clearance propose AUSSOM-HQ --risk low --outcome proceed \
  --assessed 2026-02-01 --to 2027-01-31
run un:clearance-2 clearance confirm AUSSOM-HQ --yes
run un:clearance-1 clearance propose AUSSOM-S3-BN4 --risk high --outcome withhold \
  --assessed 2026-02-01 --to 2026-07-31
run un:clearance-2 clearance confirm AUSSOM-S3-BN4 --yes
run un:auditor clearance list

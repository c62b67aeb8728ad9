# Keys, pins, posts and officers. A chapter of story.sh.

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
make_post ecowas audit "Auditor" AUDITOR
appoint un funds 2001 fund-management
appoint un approver 2002 approving-officer
appoint un deputy 2006 fund-management approving-officer
appoint un mandate-1 2003 mandate-desk
appoint un mandate-2 2004 mandate-desk
appoint un auditor 2005 audit
appoint au support 3001 mission-support
appoint au accepter 3002 receiving-officer
appoint au mandate-1 3003 mandate-desk
appoint au mandate-2 3005 mandate-desk
appoint au auditor 3004 audit
appoint ecowas auditor 3101 audit
# The directory's facts reach the finance ledger by the same verified feed as a peer's entries.
await un:auditor '. == []' operation list
await au:auditor '. == []' operation list
run un:admin-1 officer list
run un:funds whoami

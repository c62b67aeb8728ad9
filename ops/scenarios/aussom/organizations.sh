# Keys, pins, posts and officers. A chapter of story.sh.

step "Three organizations, each with its own keys, nodes and ledgers"
organizations=(un au ecowas)
start_organizations "${organizations[@]}"

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

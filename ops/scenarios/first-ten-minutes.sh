# The page ops/guide/first-ten-minutes.md, typed line by line on nodes of the UN and the AU: what it
# shows must be what comes. Sourced by ops/scenarios/run.

page=ops/guide/first-ten-minutes.md
daemons=([un]=un [au]=au)
title=([un]="United Nations" [au]="African Union")
first_person=([un]=1001 [au]=1101)
exercise_clock=2026-03-02T08:00:00Z

step "Two organizations, their posts and officers"
start_organizations un au
make_post un supply "Chief Supply, UNSOS" SUPPLY_MANAGER
make_post un approving-officer "Approving Officer" APPROVER --limit USD:5000000.00
make_post un fund-management "Fund Manager" FUND_MANAGER
make_post un mandate-desk "Mandate Officer" MANDATE_OFFICER
make_post un hrddp-desk "Human Rights Due Diligence Officer" CLEARANCE_OFFICER
make_post un audit "Auditor" AUDITOR
make_post au mission-support "AUSSOM Mission Support" REQUESTER
make_post au supply "Supply Officer, AUSSOM" SUPPLY_MANAGER
make_post au receiving-officer "Accepting Officer" ACCEPTER
make_post au kismayo "Receiving and Inspection, Kismayo" RECEIVER
make_post au mandate-desk "Mandate Officer" MANDATE_OFFICER
make_post au audit "Auditor" AUDITOR
appoint un supply 2001 supply
appoint un approver 2002 approving-officer
appoint un funds 2003 fund-management
appoint un desk-1 2004 mandate-desk hrddp-desk
appoint un desk-2 2005 mandate-desk hrddp-desk
appoint un auditor 2006 audit
appoint au support 3001 mission-support
appoint au supply 3002 supply
appoint au log 3003 receiving-officer
appoint au kismayo 3004 kismayo
appoint au desk 3005 mandate-desk
appoint au auditor 3006 audit
mapfile -t options < <(endpoints_of un)
"$bin/ch8" context add unsos-supply --officer-dir "$home/devices/un-supply" "${options[@]}" \
  >/dev/null 2>&1

step "What they have found when they come to work"
for org in un au; do
  await "$org:supply" '. == []' item list
  run_quietly "$org:supply" item add TENT-10P --title "Tent, 10 persons" --unit ea \
    --category tentage --value USD:980.00
done
run_quietly un:supply depot add KEMBA --title "Mombasa Support Base" --locode KEMBA
run_quietly au:supply depot add SOKMU --title "Kismayo, Sector 6" --locode SOKMU
run_quietly un:supply stock receive --line TENT-10P=150 --at KEMBA --lot T-0411 \
  --reason "PO 26-0411"
await un:desk-1 '. == []' clearance list
run_quietly un:desk-1 clearance propose AUSSOM-S6-BN1 --risk medium \
  --outcome proceed-with-mitigation --mitigation "monthly reporting to the mission" \
  --assessed 2026-02-01 --to 2027-01-31
run_quietly un:desk-2 clearance confirm AUSSOM-S6-BN1 --yes
run_quietly un:desk-1 clearance propose AUSSOM-HQ --risk low --outcome proceed \
  --assessed 2026-02-01 --to 2027-01-31
run_quietly un:desk-2 clearance confirm AUSSOM-HQ --yes
for org in un:desk-1 au:desk; do
  await "$org" '. == []' operation list
  run_quietly "$org" operation add aussom --lead au \
    --title "African Union Support and Stabilization Mission in Somalia"
done
# reference NUMBER KIND ARGS...
reference() {
  local number=$1; shift
  run_quietly un:desk-1 reference add aussom --decided 2025-01-01 --from 2025-01-01 \
    --to 2026-12-31 --kind "$@"
  run_quietly un:desk-2 reference confirm aussom "$number"
}
reference 1 AU_PSC_REQUEST --symbol "AU PSC communique (exercise)"
reference 2 EXIT_STRATEGY --symbol "Concept of operations (exercise)"
reference 3 DUE_DILIGENCE --symbol "HRDDP clearance (exercise)"
reference 4 FUNDING_2719 --state UNDER_CONSIDERATION --symbol "S/RES/2719 (2023)"
run_quietly un:funds fund add un-assessed --title "Assessed contributions" --source ASSESSED \
  --currency USD --counts-toward-2719
run_quietly un:funds fund add aussom-trust --title "Trust Fund in Support of AUSSOM" \
  --source EXTRA_BUDGETARY --currency USD --operation aussom
run_quietly un:funds contribution import ops/scenarios/aussom/contributions.csv \
  --fund aussom-trust
run_quietly au:desk budget add mission-support --title "Mission support" --operation aussom \
  --currency USD
run_quietly au:support request make --to un --operation aussom --line mission-support \
  --amount USD:1000000.00 --by 2026-03-31 --unit AUSSOM-HQ
run_quietly au:support request make --to un --operation aussom --item TENT-10P=120 \
  --deliver-to SOKMU --by 2026-03-21 --unit AUSSOM-S6-BN1
await unsos-supply '.state == "OPEN"' request show LRQ-AU-26-0001
await un:funds '.state == "OPEN"' request show REQ-AU-26-0001

# plainly: text without the width of columns.
plainly() { tr --squeeze-repeats ' ' | sed 's/^ //; s/ $//'; }

# shows TEXT LINE...: whether TEXT has the lines, in this order; … in one stands for anything. The
# first that is lacking is in $lacking.
shows() {
  local text line pattern shown
  mapfile -t text < <(plainly <<<"$1"); shift
  shown=0
  for line; do
    pattern=$(plainly <<<"$line" | sed 's/[][\.*^$+?(){}|]/\\&/g; s/…/.*/g')
    lacking=$line
    until [[ "$shown" -ge ${#text[@]} || ${text[shown]} =~ ^$pattern$ ]]; do
      shown=$((shown + 1))
    done
    [ "$shown" -lt ${#text[@]} ] || return 1
    shown=$((shown + 1))
  done
}

# type_line COMMAND LINE...: types it as the page has it. A step of the other organization may
# still be on its way: a read, and what is refused because of that, is typed again, for at most
# 30 s.
type_line() {
  local command=$1 want=0 code text lacking= deadline=$((SECONDS + 30)); shift
  [[ ${1:-} =~ ^[A-Z\ ]+\(.*exit\ ([0-9])\) ]] && want=${BASH_REMATCH[1]}
  printf '%s\n' "${dim}\$ $command${plain}"
  while
    code=0
    text=$(cd "$home" && PATH=$bin:$PATH bash -c "$command" 2>&1) || code=$?
    if [ "$code" = "$want" ]; then
      shows "$text" "$@" && break
      [[ $command =~ \ (show|list|why|status|inbox) ]]
    else
      [[ $text =~ (is\ (DRAFT|RESERVED|ACCEPTED)|does\ not\ exist|is\ unknown) ]]
    fi && [ "$SECONDS" -lt "$deadline" ]
  do
    sleep 0.2
  done
  printf '%s\n' "$text"
  [ "$code" = "$want" ] || die "expected exit $want, got $code"
  shows "$text" "$@" || die "the page shows: $lacking"
  checks=$((checks + $#))
}

step "The page, line by line"
commands=() typed= in_code=
while IFS= read -r line; do
  case $line in
    '```'*) [ -n "$in_code" ] && in_code= || in_code=1 ;;
    '$ '*) [ -z "$in_code" ] || { commands+=("${line#'$ '}"); } ;;
    '') ;;
    *) [ -z "$in_code" ] || [ ${#commands[@]} = 0 ] || commands[-1]+=$'\n'$line ;;
  esac
done <"$page"
[ ${#commands[@]} -gt 0 ] || die "$page has no commands"
for typed in "${commands[@]}"; do
  mapfile -t lines <<<"$typed"
  type_line "${lines[@]}"
done

step "From the inbox to an accepted offer in at most twelve commands"
count=$(printf '%s\n' "${commands[@]}" | sed -n '/^ch8 inbox/,/offer accept/p' \
  | grep --count '^ch8 ')
[ "$count" -gt 1 ] && [ "$count" -le 12 ] || die "they are $count"
say "$count commands"
checks=$((checks + 1))

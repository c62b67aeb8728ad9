# The pages of ops/runbook, each after the misfortune it is for: the commands in them are run as
# they stand there. Sourced by ops/scenarios/run.

daemons=([un]=un [au]=au)
title=([un]="United Nations" [au]="African Union")
first_person=([un]=1001 [au]=1101)
exercise_clock=2026-03-02T08:00:00Z
boot_markers=$home/boot
flags=([un]="--deposit-with au.example")

# What the pages type, meant for the UN's node.
ch8() {
  case $1 in
    --as) "$bin/ch8" "$@" ;;
    *) "$bin/ch8" --as "$as" "$@" ;;
  esac
}
ch8d() { "$bin/ch8d" "$@"; }
systemctl() {
  case $1 in
    start) restart_daemon un ;;
    stop) kill -TERM "${pid[un]}" 2>/dev/null || true; wait "${pid[un]}" || true ;;
  esac
}

# page NAME: its commands, in order; each must succeed.
page() {
  local commands
  commands=$(sed -n '/^```sh$/,/^```$/{/^```/d;p}' "ops/runbook/$1.md")
  [ -n "$commands" ] || die "ops/runbook/$1.md has no commands"
  printf '%s\n' "${dim}$commands${plain}"
  eval "$commands"
  checks=$((checks + 1))
}

signs() { ch8 ledger head "$1" 2>/dev/null | grep --quiet '^— '; }

step "Two organizations"
start_organizations un au
make_post un audit "Auditor" AUDITOR
appoint un auditor 2006 audit
DATA=$home/un-data as=un:admin-1

step "A daemon is killed"
kill_daemon un
SERVICE=finance
# The head is signed at once: step 3 of the page is for machines that were booted.
systemctl start ch8d
signs finance || die "a restarted ledger does not sign"

step "Its machine is booted, and the partner vouches for what it holds"
kill_daemon un
rm --recursive "$home/boot/un"
systemctl start ch8d
for SERVICE in directory finance witness; do
  await un:admin-1 '.note // "" != ""' ledger head "$SERVICE"
done

step "Its machine is booted, and the partner cannot be reached"
kill_daemon au
kill_daemon un
rm --recursive "$home/boot/un"
systemctl start ch8d
! signs finance || die "a ledger signs after a boot, and nobody has vouched"
systemctl stop ch8d
SECOND=un:admin-2
for SERVICE in directory finance witness; do
  page killed-daemon
  signs "$SERVICE" || die "$SERVICE does not sign"
  systemctl stop ch8d
done
systemctl start ch8d
restart_daemon au

step "An older copy of the data is put in its place"
systemctl stop ch8d
cp --archive "$DATA" "$home/older"
systemctl start ch8d
make_post un mission-support "Mission Support" REQUESTER
signs directory || die "the directory does not sign"
systemctl stop ch8d
mv "$DATA" "$home/newest"
cp --archive "$home/older" "$DATA"
systemctl start ch8d
! signs directory || die "a ledger signs what it has signed otherwise"
SERVICE=directory NEWEST=$home/newest
page behind-its-head

step "A disk alters a ledger"
systemctl stop ch8d
cp --archive "$DATA" "$home/copy"
altered=$(find "$DATA/finance/ledger" -name '*.log' -size +0 | sort | head --lines 1)
printf '\0' | dd of="$altered" bs=1 conv=notrunc status=none \
  seek="$(($(stat --format %s "$altered") / 2))"
cmp --silent "$altered" "$home/copy/${altered#"$DATA/"}" && die "nothing is altered"
ch8d fsck --data "$DATA" >/dev/null && die "an altered byte is not found"
SERVICE=finance COPY=$home/copy
page corrupted-ledger
systemctl start ch8d
signs finance || die "a restored ledger does not sign"

# copied: every entry of the UN has a copy at its partner.
copied() {
  local metrics target tries=0
  target=$(jq --raw-output .metrics "$home/un-data/endpoints.json")
  until
    exec 3<>"/dev/tcp/${target%:*}/${target##*:}"
    printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
    metrics=$(grep '^ch8_deposit_behind_entries{' <&3)
    [ "$(grep --count ' 0$' <<<"${metrics//$'\r'/}")" = "$1" ]
  do
    tries=$((tries + 1)); [ "$tries" -lt 120 ] || die "the UN's ledgers have no copies: $metrics"
    sleep 0.5
  done
}

step "A disk is lost"
entries=$(ch8 ledger head finance -o json | jq --raw-output .size)
copied 7
kill_daemon un
rm --recursive "$DATA" "$home/boot/un"
ORG=$home/un PARTNER=$home/au/org.record
SERVICES=directory,mandate,finance,logistics,information,training,witness
page lost-disk
copied 7
[ "$(ch8 ledger head finance -o json | jq --raw-output .size)" -ge "$entries" ] ||
  die "entries are missing"
grep --quiet '"event":"ledger_rebuilt"' "$home/un.log" || die "nothing was made anew"

# rekeyed: the partner takes the record that the page before has made, and goes on reading.
rekeyed() {
  signs finance || die "a ledger does not sign with its new key"
  pin au un
  await au:admin-1 "any(.[]; .origin == \"un.example/ch8/finance\" and
    (.verified_size | tonumber) > $UNTIL)" ledger peers finance
  [ -z "$(find "$ORG/node" -name 'log-finance.retired-*.key')" ] || die "an old key is left"
}

step "A ledger's key is lost"
SERVICE=finance ORG=$home/un COSIGNED=$home/cosigned-1.json
systemctl stop ch8d
rm "$ORG/node/log-finance.key"
ch8d --home "$ORG/node" --data "$DATA" >/dev/null 2>&1 && die "a node starts without a key"
page lost-key
rekeyed

step "A ledger's key is stolen"
cp "$ORG/node/log-finance.key" "$home/stolen.key"
COSIGNED=$home/cosigned-2.json
page lost-key
rekeyed
[ "$(jq length "$COSIGNED")" -gt 0 ] || die "no partner was asked"
fewer=$(("$(jq --raw-output 'map(.size | tonumber) | max' "$COSIGNED")" - 1))
ch8 org rekey --home "$ORG" --service finance --until-size "$fewer" --cosigned "$COSIGNED" --lost \
  >"$home/refused" 2>&1 && die "what a partner holds is taken back"
grep --quiet BELOW_WITNESSED "$home/refused" || die "$(cat "$home/refused")"

step "A partner signs two histories"
free_port
"$bin/ch8" org init "$home/kenya" --id kenya --domain kenya.example --name "Kenya" \
  --admin kenya-admin-1=1301 --admin kenya-admin-2=1302 --endpoint "federation=127.0.0.1:$free"
"$bin/ch8-lying-peer" --home "$home/kenya" --organization kenya --peer "$home/un" \
  --port "$free" --lie fork >"$home/kenya.log" 2>&1 &
pid[kenya]=$!
pin un kenya
await un:auditor 'length == 1 and .[0].ledger == "kenya.example/ch8/finance"' \
  evidence list --service finance
SERVICE=finance OUT=$home/evidence TRUST=$home/trust as=un:auditor
page equivocating-peer

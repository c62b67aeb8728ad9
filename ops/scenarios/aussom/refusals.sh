# What is refused about money, and a node that dies. A chapter of story.sh.

# A certificate for an officer of the UN, issued by the AU's authority: the UN's name on another's
# word. The node ends the handshake without a word; the true officer is let in right after.
impostor() {
  local device=$home/devices/impostor
  say "The AU's authority issues a certificate that claims to be an officer of the UN."
  mkdir -p "$device"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj / \
    -keyout "$device/tls.key" -out "$device/tls.csr" 2>/dev/null
  chmod 600 "$device/tls.key"
  openssl x509 -req -in "$device/tls.csr" -CA "$home/au/ca/ca.pem" -CAkey "$home/au/ca/ca.key" \
    -days 1 \
    -extfile \
      <(printf '%s\n' subjectAltName=URI:spiffe://un.example/officer/funds,DNS:localhost \
        extendedKeyUsage=clientAuth keyUsage=digitalSignature basicConstraints=CA:FALSE) \
    -out "$device/tls.pem" 2>/dev/null
  cp "$home/devices/un-funds/act.key" "$home/un/node/ca.pem" "$device/"
  add_context un:impostor "$device" >/dev/null 2>&1
  refused un:impostor 4 CERTIFICATE_NOT_ACCEPTED fund list
  expect un:funds "the UN's own officer is let in" 'length == 2' fund list
}

step "What is refused, with the rule, the figures and the next command"
refused un:funds 4 NOT_ACTIVATED allotment make --to AUSSOM --fund un-assessed \
  --amount USD:1000000.00
refused un:funds 4 NOT_ACTIVATED offer make $request --fund un-assessed --amount USD:100000.00 \
  --hold 72h
refused un:funds 4 INSUFFICIENT offer make $request --fund aussom-trust --amount USD:90000000.00 \
  --hold 72h
refused un:funds 4 OVER_CEILING offer make $request --fund aussom-trust --amount USD:1600000.01 \
  --hold 72h --delegation DEL-UN-26-0001
fixed=$(cat /proc/sys/kernel/random/uuid)
offer_made $request --fund aussom-trust --amount USD:10000.00 --hold 72h \
  --request-id "$fixed"; fifth=$offer
refused un:funds 5 REQUEST_ID_REUSED offer make $request --fund aussom-trust \
  --amount USD:20000.00 --hold 72h --delegation "$delegation" --request-id "$fixed"
refused un:auditor 4 NO_ROLE offer approve "$fifth"
say "The deputy holds both posts, makes an offer, and tries to approve it."
run un:deputy offer make $request --fund aussom-trust --amount USD:5000.00 --hold 72h \
  --delegation DEL-UN-26-0001
sixth=$(newest_offer)
refused un:deputy 4 SAME_PERSON offer approve "$sixth"
run un:deputy --post fund-management --yes offer cancel "$sixth"
expect un:auditor "the refused acts moved nothing" \
  '.held_minor == "1000000" and .given_minor == "150000000"' fund show aussom-trust
impostor

step "A node is killed while an offer is open; the flow goes on by itself"
run un:approver offer approve "$fifth"
await au:accepter '.state == "RESERVED"' offer show "$fifth"
kill_daemon un-finance
run au:accepter offer accept "$fifth"
restart_daemon un-finance
await un:auditor '.state == "SETTLED"' offer show "$fifth"
expect un:auditor "the fifth offer is settled after the restart" '.state == "SETTLED"' offer show \
  "$fifth"
expect au:auditor "and has arrived" '.state == "POSTED"' offer show "$fifth"
halves_agree au "$fifth"
run un:auditor ledger head finance

# Exports that outsiders check. A chapter of story.sh.

step "An auditor reads the newest of a ledger"
expect un:auditor "its last entries, in order" \
  'length == 12 and ([.[].index | tonumber] | . == sort)' ledger tail finance --entries 12
run un:auditor ledger tail finance --entries 12

step "Others hold the UN to its ledger: what they cosigned cannot be rewritten unseen"
await un:auditor '[.[].witness] | contains(["au.example/witness", "ecowas.example/witness"])' \
  ledger cosignatures finance
run un:auditor witness policy --least 1 --without au
"$bin/ch8" --as un:auditor witness policy --least 1 --without au >"$home/policy.txt"
run un:auditor ledger cosignatures finance --policy "$home/policy.txt" \
  --entry 20 --partner au.example
expect un:auditor "its own witness holds every ledger of the AU to what it showed" \
  '[.[].origin | select(startswith("au.example/")) | split("/")[2]] | sort == ["directory",
    "finance", "information", "logistics", "mandate", "training", "witness"]' witness list
run un:auditor witness list

step "Each organization exports its ledgers; an outsider checks them with what others hold"
audit=$home/audit
mkdir -p "$audit"
# holder ORG: an organization that holds heads of ORG's ledgers.
holder() { case $1 in un | kenya) echo au ;; *) echo un ;; esac; }
# Heads first: ledgers go on, and an export that ends before a head is refused.
run au:auditor audit trust --out "$audit/trust.txt"
for org in "${organizations[@]}"; do
  run "$(holder "$org"):auditor" audit head "$org" --out "$audit/$org.head"
done
for org in "${organizations[@]}"; do
  run "$org:auditor" audit export --out "$audit/$org"
done

# verify EXIT TEXT ARGS...: runs ch8-verify, which must end with EXIT and say TEXT.
verify() {
  local want=$1 text=$2 code=0 output; shift 2
  printf '%s\n' "${dim}\$ ch8-verify $(quoted "$@")${plain}"
  output=$("$bin/ch8-verify" "$@" 2>&1) || code=$?
  printf '%s\n' "$output"
  [ "$code" = "$want" ] || die "expected exit $want, got $code"
  grep --quiet --fixed-strings -- "$text" <<<"$output" || die "expected it to say: $text"
  checks=$((checks + 1))
}
for org in "${organizations[@]}"; do
  verify 0 verified "$audit/$org" --trust "$audit/trust.txt" --head "$audit/$org.head"
done
say "Without keys and heads from outside, whoever made it could have made another."
verify 1 "consistent only" "$audit/un"
say "One byte of one entry is changed."
cp --recursive "$audit/un" "$audit/un-altered"
bundle=$(find "$audit/un-altered/finance/payloads" -type f | sort | head -n 1)
printf 'X' | dd of="$bundle" bs=1 seek=4000 conv=notrunc status=none
(cd "$audit/un-altered" && sha256sum $(cut -c67- SHA256SUMS) >SHA256SUMS.new \
  && mv SHA256SUMS.new SHA256SUMS)
verify 7 "un.example/ch8/finance" "$audit/un-altered" --trust "$audit/trust.txt" \
  --head "$audit/un.head"
rm --recursive "$audit/un-altered"
say "Somebody who may see one operation only gets a sample."
run un:auditor audit export --operation aussom --out "$audit/un-aussom"
verify 8 "un.example/ch8/finance: SAMPLE, " "$audit/un-aussom" --trust "$audit/trust.txt" \
  --head "$audit/un.head"

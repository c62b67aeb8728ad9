// Files of an export, as the verifier reads them.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/verify/export_files.h"
#include "clients/verify/log_entry.h"
#include "clients/verify/refusal.h"
#include "clients/verify/trust.h"
#include "services/kernel/entry_form.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/proof.h"
#include "tests/fuzz/fixed_key.h"
#include "tests/fuzz/scratch.h"
#include "tests/fuzz/target.h"

namespace ch8::fuzz {
namespace {

using verify::BundledEntry;

std::string Content(const BundledEntry& entry) {
  std::string out(entry.salt.view());
  AppendU32(out, static_cast<uint32_t>(entry.payload.size()));
  return absl::StrCat(out, entry.payload);
}

std::string Bundle(const std::vector<BundledEntry>& entries) {
  std::string out = "ch8-payloads/v1\n";
  for (const BundledEntry& entry : entries) {
    AppendU16(out, entry.entry_class);
    out.append(entry.tag.begin(), entry.tag.end());
    absl::StrAppend(&out, Content(entry));
  }
  return out;
}

// count u8, then the bundle.
Outcome RunBundle(absl::string_view input) {
  if (input.empty() || input[0] == 0) return Outcome::kRefused;
  const auto count = static_cast<uint8_t>(input[0]);
  const auto entries = verify::ParseBundle(input.substr(1), kOrigin, 256, count);
  if (!entries.ok()) return Refused(entries.status());
  Check(entries->size() == count, "as many as asked for");
  return SameBytes(input.substr(1), Bundle(*entries));
}

std::vector<BundledEntry> TwoEntries() {
  return {{.entry_class = 2, .salt = Sha256("one"), .payload = "payload"},
          {.entry_class = 3, .tag = {5}, .salt = Sha256("two"), .payload = ""}};
}

std::vector<std::string> BundleSeeds() {
  return {absl::StrCat("\2", Bundle(TwoEntries())), absl::StrCat("\3", Bundle(TwoEntries())),
          absl::StrCat("\1", Bundle(TwoEntries()))};
}

std::string Disclosed(const std::map<uint64_t, BundledEntry>& entries) {
  std::string out = "ch8-disclosed/v1\n";
  for (const auto& [index, entry] : entries) absl::StrAppend(&out, KeyU64(index), Content(entry));
  return out;
}

Outcome RunDisclosed(absl::string_view input) {
  const auto entries = verify::ParseDisclosed(input, kOrigin, 256, 256);
  if (!entries.ok()) return Refused(entries.status());
  for (const auto& [index, entry] : *entries) {
    Check(index >= 256 && index < 512, "within the bundle");
  }
  return SameBytes(input, Disclosed(*entries));
}

std::vector<std::string> DisclosedSeeds() {
  const std::string good = Disclosed({{256, TwoEntries()[0]}, {511, TwoEntries()[1]}});
  return {good, good.substr(0, good.size() - 1), Disclosed({{512, TwoEntries()[0]}}),
          "ch8-disclosed/v1\n"};
}

// class u8 · tag · payload. The verifier and the kernel, which share no code, read the same.
Outcome RunEntry(absl::string_view input) {
  ByteReader reader(input);
  BundledEntry bundled;
  bundled.entry_class = reader.ReadU8();
  const absl::string_view tag = reader.ReadBytes(bundled.tag.size());
  if (!reader.ok()) return Outcome::kRefused;
  std::copy(tag.begin(), tag.end(), bundled.tag.begin());
  bundled.payload = std::string(reader.rest());
  const absl::StatusOr<Leaf> leaf = verify::LeafOf(bundled, Sha256("log"), kOrigin, 7);
  if (!leaf.ok()) return Refused(leaf.status());
  const auto understood = verify::Understand(bundled, *leaf, kOrigin, 7);
  if (!understood.ok()) return Refused(understood.status());
  if (understood->kind == verify::LogEntry::Kind::kRow) return Outcome::kAccepted;
  Check(kernel::ClassOf(understood->entry) == leaf->entry_class, "both give it the same class");
  Check(kernel::TagOf(understood->entry, kOrigin) == leaf->tag, "both give it the same tag");
  return Outcome::kAccepted;
}

std::vector<std::string> EntrySeeds() {
  chapter8::ledger::v1::Entry entry;
  const std::string no_tag(sizeof(Tag), '\0');
  entry.set_domain_event("event");
  const std::string plain = entry.SerializeAsString();
  entry.mutable_step()->set_transfer_id(std::string(16, 't'));
  entry.mutable_step()->set_giver_origin(std::string(kOrigin));
  entry.mutable_step()->set_receiver_origin("un.example/ch8/finance");
  entry.mutable_step()->mutable_reserve()->set_quantity(5);
  const Tag tag = kernel::TagOf(entry, kOrigin);
  const std::string step = entry.SerializeAsString();
  chapter8::books::v1::TransferRow row;
  row.set_id_low(3);
  row.set_amount(5);
  return {absl::StrCat("\2", no_tag, plain),
          absl::StrCat("\3", std::string(tag.begin(), tag.end()), step),
          absl::StrCat("\3", no_tag, step), absl::StrCat("\3", no_tag, row.SerializeAsString()),
          absl::StrCat("\1", no_tag, plain)};
}

std::string TrustLine() {
  return NoteVerifier::Of(kOrigin, KeyOf(kOrigin).public_key()).Format() + "\n";
}

Outcome RunTrust(absl::string_view input) {
  const absl::StatusOr<LogSignersByOrigin> logs = ParseLogSigners(input);
  if (!logs.ok()) return Refused(logs.status());
  for (const auto& [origin, log] : *logs) {
    Check(log.origin == origin && !log.keys.empty(), "keys of a log");
    for (const LogKey& key : log.keys) {
      const std::string line = NoteVerifier::Of(origin, key.key).Format();
      Check(input.find(line) != absl::string_view::npos, "a key that was given");
    }
  }
  return Outcome::kAccepted;
}

std::vector<std::string> TrustSeeds() {
  return {absl::StrCat("# of the AU\n\n", TrustLine()), absl::StrCat(TrustLine(), TrustLine()),
          "x+00000000+AAAA\n"};
}

std::string Note(uint64_t size) {
  return SignCheckpoint({.origin = std::string(kOrigin), .size = size, .root = EmptyRoot()},
                        KeyOf(kOrigin))
      .value();
}

// Heads that others hold, each byte for byte.
Outcome RunNotes(absl::string_view input) {
  const absl::StatusOr<std::vector<std::string>> notes = verify::SplitNotes(input);
  if (!notes.ok()) return Refused(notes.status());
  const std::string joined = absl::StrJoin(*notes, "\n");
  Check(input == joined || input == absl::StrCat(joined, "\n"), "nothing is lost between them");
  const std::string origin(kOrigin);
  const verify::TrustedKeys keys = {
      {origin, {.origin = origin, .keys = {KeyOf(kOrigin).public_key()}}}};
  for (const std::string& note : *notes) {
    const absl::StatusOr<Checkpoint> head = verify::OpenTrusted(note, keys);
    if (!head.ok()) {
      Refused(head.status());
    } else {
      Check(note.find(FormatCheckpoint(*head)) == 0, "it is what the key has signed");
    }
  }
  return Outcome::kAccepted;
}

std::vector<std::string> NotesSeeds() {
  return {Note(0), absl::StrCat(Note(0), "\n", Note(1)), absl::StrCat(Note(0), Note(1)), ""};
}

// SHA256SUMS of a folder with one other file.
Outcome RunSums(absl::string_view input) {
  ScratchFile("export/finance/checkpoint", "note");
  ScratchFile("export/SHA256SUMS", input);
  absl::StatusOr<verify::ExportFiles> files =
      verify::ExportFiles::List(ScratchFolder() + "/export");
  Check(files.ok(), "the folder is there");
  const absl::Status sums = files->CheckSums();
  if (!sums.ok()) {
    return Refused(absl::DataLossError(verify::Describe(*verify::RefusalOf(sums))));
  }
  return SameBytes(input, absl::StrCat(Sha256("note").ToHex(), "  finance/checkpoint\n"));
}

std::vector<std::string> SumsSeeds() {
  const std::string good = absl::StrCat(Sha256("note").ToHex(), "  finance/checkpoint\n");
  return {good, absl::StrCat(good, Sha256("x").ToHex(), "  other\n"), good.substr(1), ""};
}

}  // namespace

std::vector<Target> VerifyTargets() {
  return {
      {"verify_bundle", RunBundle, BundleSeeds}, {"verify_disclosed", RunDisclosed, DisclosedSeeds},
      {"verify_entry", RunEntry, EntrySeeds},    {"verify_notes", RunNotes, NotesSeeds},
      {"verify_sums", RunSums, SumsSeeds},       {"verify_trust", RunTrust, TrustSeeds}};
}

}  // namespace ch8::fuzz

#include "clients/cli/organization_rekey.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/read_file.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/status_details.h"
#include "services/trust/log_rekey.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

// The largest head of a ledger that a partner holds.
struct Held {
  std::string witness;
  uint64_t size = 0;
};

// What `ch8 ledger cosignatures SERVICE -o json` has written.
absl::StatusOr<std::optional<Held>> LargestHeld(const std::string& path,
                                                const std::string& origin) {
  ASSIGN_OR_RETURN(const std::string text, ReadFileText(path));
  const nlohmann::json heads = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto malformed = [&] {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " is not what `ch8 ledger cosignatures SERVICE -o json` writes for ", origin));
  };
  if (!heads.is_array()) return malformed();
  std::optional<Held> largest;
  for (const nlohmann::json& head : heads) {
    const auto field = [&](const char* name) {
      const bool there = head.is_object() && head.contains(name) && head[name].is_string();
      return there ? head[name].get<std::string>() : "";
    };
    const absl::StatusOr<uint64_t> size = ParseNumber(field("size"), "a size");
    if (!size.ok() || !absl::StartsWith(field("note"), absl::StrCat(origin, "\n"))) {
      return malformed();
    }
    if (!largest.has_value() || *size > largest->size) largest = Held{field("witness"), *size};
  }
  return largest;
}

absl::Status NoRoom(const absl::Status& why, const trust::RekeyOptions& options) {
  google::rpc::ErrorInfo info;
  info.set_reason("TOO_MANY_KEYS");
  auto& figures = *info.mutable_metadata();
  figures["keys"] = absl::StrCat(trust::kLogKeysMax, " of ", trust::kLogKeysMax);
  figures["instead"] = absl::StrCat("ch8 org record show ", options.home, "/org.record");
  return client::WithErrorInfo(why, info);
}

absl::Status TakesBack(const Held& held, const trust::RekeyOptions& options) {
  google::rpc::ErrorInfo info;
  info.set_reason("BELOW_WITNESSED");
  auto& figures = *info.mutable_metadata();
  figures["wanted"] = absl::StrCat(options.until_size, " entries");
  figures["held"] = absl::StrCat(held.size, " entries");
  figures["instead"] = absl::StrCat("ch8 org rekey --home ", options.home, " --service ",
                                    options.service, " --until-size ", held.size);
  return client::WithErrorInfo(
      absl::FailedPreconditionError(absl::StrCat(
          held.witness, " has cosigned a larger head: what a partner holds cannot be taken back")),
      info);
}

void ShowRekeyed(const trust::RekeyOptions& options, const trust::Rekeyed& rekeyed,
                 Session& session) {
  Table table;
  table.columns = {{"service"}, {"fingerprint"}, {"record"}};
  table.rows = {
      {options.service, trust::Fingerprint(rekeyed.record.record()), options.home + "/org.record"}};
  session.ShowTable(table);
  if (rekeyed.what == trust::Rekeyed::What::kFinished) {
    session.Say("a change that was cut off is finished now; this call has made no other key");
  }
  if (!rekeyed.other_finished.empty()) {
    session.Say(absl::StrCat("a change for ", rekeyed.other_finished,
                             " that was cut off is finished now as well; its node needs log-",
                             rekeyed.other_finished, ".key and .change too"));
  }
  if (!rekeyed.retired_path.empty()) {
    session.Say(absl::StrCat("the old key is now ", rekeyed.retired_path));
  }
  session.Say(absl::StrCat("next: 1. take ", options.home, "/root/root.key offline again"));
  session.Say(absl::StrCat("      2. start the node; a node elsewhere needs ", options.home,
                           "/node/org.record, log-", options.service, ".key and log-",
                           options.service, ".change"));
  session.Say(absl::StrCat("      3. send ", options.home,
                           "/org.record to partners, who pin and confirm it: ch8 org pin FILE "
                           "--fingerprint F"));
}

absl::Status Rekey(const Arguments& arguments, Session& session) {
  trust::RekeyOptions options;
  options.home = arguments.Get("home");
  options.service = arguments.Get("service");
  options.old_key = arguments.Has("lost") ? trust::RekeyOptions::OldKey::kLost
                                          : trust::RekeyOptions::OldKey::kSigns;
  options.follows = arguments.Get("follow");
  options.now = session.world().clock.Now();
  ASSIGN_OR_RETURN(options.until_size, ParseNumber(arguments.Get("until-size"), "a size"));
  if (arguments.Has("cosigned")) {
    ASSIGN_OR_RETURN(const auto signed_record, trust::ReadRecordFile(options.home + "/org.record"));
    ASSIGN_OR_RETURN(const auto record, trust::VerifyFirstContact(signed_record));
    ASSIGN_OR_RETURN(const std::optional<Held> held,
                     LargestHeld(arguments.Get("cosigned"),
                                 absl::StrCat(record.trust_domain(), "/ch8/", options.service)));
    if (held.has_value() && options.until_size < held->size) return TakesBack(*held, options);
  }
  const absl::StatusOr<trust::Rekeyed> rekeyed = trust::RekeyLog(options);
  if (absl::IsOutOfRange(rekeyed.status())) return NoRoom(rekeyed.status(), options);
  RETURN_IF_ERROR(rekeyed.status());
  ShowRekeyed(options, *rekeyed, session);
  return absl::OkStatus();
}

}  // namespace

Command RekeyCommand() {
  return {
      .path = {"org", "rekey"},
      .summary = "replace or revoke the key that signs a ledger's heads",
      .parameters = {Required("home", "HOME", "of the organization, with root/root.key in it"),
                     Required("service", "SERVICE", "whose ledger, e.g. finance"),
                     Required("until-size", "N", "entries up to which the key so far is believed"),
                     Optional("cosigned", "FILE",
                              "what partners hold: ch8 ledger cosignatures SERVICE -o json"),
                     Flag("lost", "the key so far is lost or stolen, and does not sign the change"),
                     Optional("follow", "FILE",
                              "an older record to go on from: takes back what came after it")},
      .run = Rekey,
      .notes =
          "Works on this machine alone; stop the node before. Heads of more than N entries by "
          "the key so far\nare void wherever the new record is confirmed; smaller ones stay "
          "valid. N is at least the largest head\nthat a partner has cosigned, and at most "
          "the ledger's size: what it has signed last, in\nDATA/SERVICE/signed_head.\n--follow is "
          "for a record that its ledger has refused "
          "and no partner has seen: who knows it\ntakes no other. See ops/runbook/lost-key.md.",
      .writes_files = true};
}

}  // namespace ch8::cli

#include "clients/export/export.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/export/export_folder.h"
#include "clients/export/ledger_export.h"
#include "clients/export/log_keys.h"
#include "clients/export/names.h"
#include "clients/export/verify_text.h"
#include "storage/base/status_macros.h"

namespace ch8::audit {
namespace {

using chapter8::directory::v1::Organization;

// The ledgers of the organization, from its own record: the one place that says which there are.
absl::StatusOr<std::vector<std::string>> OwnOrigins(const std::vector<Organization>& all) {
  for (const Organization& organization : all) {
    if (!organization.own()) continue;
    ASSIGN_OR_RETURN(const LogKeys chains, LogKeysOf({organization}));
    std::vector<std::string> origins;
    for (const auto& [origin, chain] : chains) origins.push_back(origin);
    return origins;
  }
  return absl::FailedPreconditionError("the directory does not know its own organization");
}

// The ledgers that this node hosts, each with its head read; what it does not host is `left_out`.
absl::StatusOr<std::vector<std::unique_ptr<LedgerExport>>> Hosted(
    const std::vector<std::string>& origins, const LogKeys& keys, const Call& call,
    std::vector<ExportedLedger>& left_out) {
  std::vector<std::unique_ptr<LedgerExport>> hosted;
  for (const std::string& origin : origins) {
    auto ledger = std::make_unique<LedgerExport>(origin, keys, call);
    const absl::Status status = ledger->ReadHead();
    if (absl::IsNotFound(status)) {
      left_out.push_back({.origin = origin, .status = status});
      continue;
    }
    RETURN_IF_ERROR(status);
    hosted.push_back(std::move(ledger));
  }
  if (hosted.empty()) {
    return absl::NotFoundError("this node hosts none of the organization's ledgers");
  }
  return hosted;
}

// Selects in each ledger, when there is anything to select by.
absl::Status Select(const std::vector<Selector>& selectors,
                    const std::vector<std::unique_ptr<LedgerExport>>& ledgers) {
  if (selectors.empty()) return absl::OkStatus();
  if (selectors.size() > kSelectorsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("at most ", kSelectorsMax, " things to disclose at once"));
  }
  uint32_t met = 0;
  uint64_t selected = 0;
  for (const auto& ledger : ledgers) {
    RETURN_IF_ERROR(ledger->SelectBy(selectors));
    met |= ledger->selection().met;
    selected += ledger->selection().selected;
  }
  for (size_t i = 0; i < selectors.size(); ++i) {
    if ((met >> i & 1) == 0) {
      return absl::NotFoundError(
          absl::StrCat("nothing in these ledgers is of ", selectors[i].text));
    }
  }
  if (selected > 0) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("nothing in these ledgers is of all of ", Describe(selectors)));
}

// The keys and texts beside the ledgers' folders.
absl::Status WriteTopFiles(const LogKeys& keys, const VerifyParts& parts, ExportFolder& out) {
  for (const auto& [origin, log] : keys) {
    for (size_t n = 1; n <= log.keys.size(); ++n) {
      const NoteVerifier key = NoteVerifier::Of(origin, log.keys[n - 1].key);
      RETURN_IF_ERROR(out.Append(KeyPath(log, n), FormatPem(key)));
    }
  }
  RETURN_IF_ERROR(out.Append("policy.txt", FormatPolicy(keys)));
  return out.Append("VERIFY.md", VerifyText(parts));
}

}  // namespace

absl::StatusOr<std::vector<ExportedLedger>> WriteExport(const ExportOptions& options,
                                                        const Call& call) {
  ASSIGN_OR_RETURN(const std::vector<std::string> origins, OwnOrigins(options.organizations));
  ASSIGN_OR_RETURN(const LogKeys keys, LogKeysOf(options.organizations));
  ASSIGN_OR_RETURN(const std::unique_ptr<ExportFolder> out, ExportFolder::Begin(options.directory));
  std::vector<ExportedLedger> all;
  ASSIGN_OR_RETURN(const auto ledgers, Hosted(origins, keys, call, all));
  RETURN_IF_ERROR(Select(options.selectors, ledgers));
  VerifyParts parts{.disclosed = Describe(options.selectors)};
  LogKeys used;
  for (const auto& ledger : ledgers) {
    RETURN_IF_ERROR(ledger->Write(*out));
    const uint64_t disclosed = ledger->selection().count;
    all.push_back({.origin = ledger->origin(),
                   .size = ledger->size(),
                   .disclosed = disclosed,
                   .not_sealed = ledger->not_sealed()});
    parts.ledgers.push_back(
        {.origin = ledger->origin(),
         .size = ledger->size(),
         .disclosed = disclosed,
         .key_number = ledger->key_number(),
         .key_path = KeyPath(keys.find(ledger->origin())->second, ledger->key_number())});
    parts.exercise = parts.exercise || ledger->exercise();
    used.insert(*keys.find(ledger->origin()));
    for (const std::string& peer : ledger->peers()) {
      if (keys.contains(peer)) used.insert(*keys.find(peer));
    }
  }
  RETURN_IF_ERROR(WriteTopFiles(used, parts, *out));
  RETURN_IF_ERROR(out->Finish());
  return all;
}

}  // namespace ch8::audit

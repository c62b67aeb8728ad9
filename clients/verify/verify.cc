#include "clients/verify/verify.h"

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/verify/halves_check.h"
#include "clients/verify/opened_export.h"
#include "clients/verify/trust.h"
#include "storage/base/status_macros.h"

namespace ch8::verify {
namespace {

// One run over an export and its neighbours.
class Verification {
 public:
  explicit Verification(const VerifyOptions& options) : options_(options) {}

  absl::StatusOr<VerifyReport> Run() {
    RETURN_IF_ERROR(ReadOutside());
    const absl::Status checked = CheckAll();
    if (std::optional<Refusal> refusal = RefusalOf(checked); refusal.has_value()) {
      report_.verdict = Verdict::kRefused;
      report_.refusal = std::move(refusal);
      return report_;
    }
    RETURN_IF_ERROR(checked);
    report_.why_not_verified = WhyNotVerified();
    report_.verdict = Verdict::kConsistentOnly;
    if (!report_.why_not_verified.empty()) return report_;
    report_.verdict = IsSample() ? Verdict::kSample : Verdict::kVerified;
    if (report_.verdict == Verdict::kSample) {
      report_.why_not_verified = "what is disclosed holds; what is not disclosed was not checked";
    }
    return report_;
  }

 private:
  // The files that come from elsewhere.
  absl::Status ReadOutside() {
    if (options_.trust.has_value()) {
      absl::StatusOr<TrustedKeys> keys = ParseLogSigners(*options_.trust);
      if (!keys.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("the trust file: ", keys.status().message()));
      }
      trust_ = *std::move(keys);
    }
    if (!options_.heads.has_value()) return absl::OkStatus();
    const absl::StatusOr<std::vector<std::string>> notes = SplitNotes(*options_.heads);
    if (!notes.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("the head file: ", notes.status().message()));
    }
    if (!trust_.has_value()) {
      return absl::InvalidArgumentError("--head needs --trust: else nobody knows who signed it");
    }
    outside_notes_ = *notes;
    return absl::OkStatus();
  }

  // A head that its log's key has not signed proves nothing, and whoever brought it should know.
  // Who signs a log may have changed since the trust file was written: its export says so.
  absl::Status AddOutsideHead(const std::string& note) {
    absl::StatusOr<Checkpoint> head = OpenTrusted(note, *trust_);
    if (absl::IsNotFound(head.status())) {
      report_.remarks.push_back(absl::StrCat("the head file: ", head.status().message()));
      return absl::OkStatus();
    }
    HeldHead held{.checkpoint = {}, .holder = "the head file", .from = HeldHead::From::kOutside};
    held.by_trusted_key = head.ok();
    TrustedKeys known;
    for (const auto& [origin, ledger] : by_origin_) known[origin] = ledger->signers;
    absl::StatusOr<Checkpoint> now = OpenTrusted(note, known);
    // What the export's own record says of a key voids nothing that was signed with a trusted one.
    if (head.ok() && absl::IsOutOfRange(now.status())) {
      return RefuseLedger(head->origin,
                          absl::StrCat("its record takes back a head of ", head->size,
                                       " entries that others hold; if the key was stolen, a trust "
                                       "file written since says so"));
    }
    if (!absl::IsNotFound(now.status())) head = std::move(now);
    if (absl::IsOutOfRange(head.status())) {
      report_.remarks.push_back(absl::StrCat("the head file: ", head.status().message()));
      return absl::OkStatus();
    }
    if (!head.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("the head file: ", head.status().message()));
    }
    held.checkpoint = *head;
    heads_[head->origin].push_back(held);
    return absl::OkStatus();
  }

  absl::Status CheckAll() {
    std::vector<std::string> directories = {options_.directory};
    directories.insert(directories.end(), options_.peer_directories.begin(),
                       options_.peer_directories.end());
    for (const std::string& directory : directories) {
      report_.refused_directory = directory;
      ASSIGN_OR_RETURN(std::unique_ptr<OpenedExport> opened, OpenedExport::Open(directory, trust_));
      RETURN_IF_ERROR(AddExport(*opened));
      exports_.push_back(std::move(opened));
    }
    for (const std::string& note : outside_notes_) RETURN_IF_ERROR(AddOutsideHead(note));
    for (size_t i = 0; i < exports_.size(); ++i) {
      report_.refused_directory = directories[i];
      for (OpenedLedger& ledger : exports_[i]->ledgers()) {
        ASSIGN_OR_RETURN(LedgerFindings findings, CheckLedger(ledger, heads_[ledger.head.origin]));
        if (i == 0) own_ledgers_ = report_.ledgers.size() + 1;
        for (std::string& remark : findings.remarks) report_.remarks.push_back(std::move(remark));
        report_.ledgers.push_back(std::move(findings));
      }
    }
    for (size_t i = 0; i < exports_.size(); ++i) {
      report_.refused_directory = directories[i];
      RETURN_IF_ERROR(CheckHalvesOf(*exports_[i]));
      RETURN_IF_ERROR(exports_[i]->CheckFiles());
    }
    report_.refused_directory.clear();
    return absl::OkStatus();
  }

  // Each ledger once; its head, and those that it holds of others.
  absl::Status AddExport(OpenedExport& opened) {
    for (OpenedLedger& ledger : opened.ledgers()) {
      if (!by_origin_.emplace(ledger.head.origin, &ledger).second) {
        return RefuseLedger(ledger.head.origin, "is in two of the exports");
      }
      for (const auto& [origin, checkpoint] : ledger.peers) {
        heads_[origin].push_back({.checkpoint = checkpoint, .holder = ledger.head.origin});
      }
    }
    for (const std::string& remark : opened.remarks()) report_.remarks.push_back(remark);
    return absl::OkStatus();
  }

  absl::Status CheckHalvesOf(OpenedExport& opened) {
    for (OpenedLedger& ledger : opened.ledgers()) {
      ASSIGN_OR_RETURN(const HalvesFindings findings, CheckHalves(ledger, by_origin_));
      report_.halves_compared += findings.compared;
      report_.halves_by_leaf += findings.by_leaf;
      if (findings.beyond == 0) continue;
      report_.remarks.push_back(absl::StrCat(ledger.head.origin, " took ", findings.beyond,
                                             " entries that lie above another export's end"));
    }
    return absl::OkStatus();
  }

  // Whether the export, its neighbours aside, keeps anything back.
  bool IsSample() const {
    for (size_t i = 0; i < own_ledgers_; ++i) {
      if (report_.ledgers[i].coverage == Coverage::kSample) return true;
    }
    return false;
  }

  // Empty when nothing is wanting.
  std::string WhyNotVerified() const {
    if (!trust_.has_value()) return "no keys from outside (--trust): it may be signed by anybody";
    if (!options_.heads.has_value()) {
      return "no head from outside (--head): the organization could have signed another history";
    }
    for (size_t i = 0; i < own_ledgers_; ++i) {
      const LedgerFindings& ledger = report_.ledgers[i];
      if (ledger.needs_outside_head && ledger.outside_head_size == 0) {
        return absl::StrCat("the head file has no head of ", ledger.origin);
      }
    }
    for (const LedgerFindings& ledger : report_.ledgers) {
      if (ledger.keys_by_root && !ledger.head_by_trusted_key) {
        return absl::StrCat("the key of ", ledger.origin,
                            " follows from the trusted one by the root key alone, and the head "
                            "file has no head by the trusted one: the root key may be anybody's");
      }
    }
    return "";
  }

  const VerifyOptions& options_;
  VerifyReport report_;
  std::optional<TrustedKeys> trust_;
  std::vector<std::string> outside_notes_;
  std::map<std::string, std::vector<HeldHead>> heads_;  // By origin.
  std::vector<std::unique_ptr<OpenedExport>> exports_;
  LedgersByOrigin by_origin_;
  size_t own_ledgers_ = 0;  // How many of report_.ledgers are the export's.
};

}  // namespace

absl::StatusOr<VerifyReport> Verify(const VerifyOptions& options) {
  return Verification(options).Run();
}

}  // namespace ch8::verify

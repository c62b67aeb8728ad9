#include "clients/verify/ledger_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/verify/authority_check.h"
#include "clients/verify/books_model.h"
#include "clients/verify/journal_check.h"
#include "clients/verify/log_entry.h"
#include "clients/verify/refusal.h"
#include "clients/verify/request_check.h"
#include "clients/verify/tag_check.h"
#include "clients/verify/transfer_check.h"
#include "clients/verify/tree_check.h"
#include "clients/verify/witness_check.h"
#include "storage/base/status_macros.h"

namespace ch8::verify {
namespace {

// All checks of one ledger, fed entry by entry: leaves of all, and what is disclosed.
class Checks {
 public:
  Checks(OpenedLedger& ledger, std::string journal)
      : ledger_(ledger),
        tree_(ledger.log),
        tags_(ledger.head.origin),
        keys_(ledger.head.origin),
        requests_(ledger.head.origin, ledger.log.coverage()),
        authority_(ledger.head.origin, ledger.log.coverage()),
        books_(ledger.head.origin, ledger.log.coverage()),
        transfers_(ledger.head.origin),
        seals_(ledger.log),
        witnesses_(ledger.head.origin, ledger.log.coverage()),
        journal_({.name = ledger.log.Name("journal.hledger"),
                  .content = std::move(journal),
                  .origin = ledger.head.origin,
                  .size = ledger.head.size,
                  .coverage = ledger.log.coverage()}) {}

  TreeCheck& tree() { return tree_; }

  absl::Status Take(uint64_t index, const LogFiles::Read& read) {
    RETURN_IF_ERROR(tree_.Take(index, read.leaf));
    RETURN_IF_ERROR(tags_.Take(index, read.leaf));
    moves_value_ = moves_value_ || read.leaf.entry_class == EntryClass::kTransfer;
    if (!read.bundled.has_value()) return absl::OkStatus();
    ++disclosed_;
    ASSIGN_OR_RETURN(const LogEntry entry,
                     Understand(*read.bundled, read.leaf, ledger_.head.origin, index));
    tags_.TakeDisclosed(entry);
    RETURN_IF_ERROR(requests_.Take(entry));
    if (index == 0) RETURN_IF_ERROR(TakeGenesis(entry.entry.genesis()));
    RETURN_IF_ERROR(keys_.Take(entry));
    RETURN_IF_ERROR(books_.Take(entry));
    RETURN_IF_ERROR(authority_.Take(entry, requests_.request(), books_));
    RETURN_IF_ERROR(transfers_.Take(entry, requests_.request(), books_));
    RETURN_IF_ERROR(seals_.Take(entry, books_));
    RETURN_IF_ERROR(witnesses_.Take(entry));
    return journal_.Take(entry);
  }

  absl::Status Finish() {
    RETURN_IF_ERROR(tree_.Finish());
    if (tree_.Root() != ledger_.head.root) {
      return RefuseLedger(ledger_.head.origin,
                          "its entries have another root than its signed head");
    }
    if (ledger_.log.coverage() == Coverage::kSample && disclosed_ == ledger_.head.size) {
      return RefuseLedger(ledger_.head.origin, "is written as a sample and discloses everything");
    }
    RETURN_IF_ERROR(CheckSigner());
    RETURN_IF_ERROR(tags_.Finish());
    RETURN_IF_ERROR(requests_.Finish(ledger_.head.size));
    RETURN_IF_ERROR(books_.Finish());
    RETURN_IF_ERROR(seals_.Finish());
    RETURN_IF_ERROR(journal_.Finish());
    return CheckPeers();
  }

  LedgerFindings Findings() const {
    LedgerFindings findings;
    findings.origin = ledger_.head.origin;
    findings.size = ledger_.head.size;
    findings.root = ledger_.head.root;
    findings.coverage = ledger_.log.coverage();
    findings.disclosed = disclosed_;
    findings.exercise = exercise_;
    findings.signatures = authority_.signatures();
    findings.accounts = books_.account_count();
    findings.posted = transfers_.posted();
    findings.key_changes = keys_.changes();
    findings.keys_by_root = ledger_.keys_by_root;
    findings.seals = seals_.made_anew();
    findings.scopes = seals_.scopes();
    findings.needs_outside_head =
        moves_value_ || books_.has_accounts() || requests_.speaks_to_others();
    return findings;
  }

 private:
  absl::Status TakeGenesis(const chapter8::ledger::v1::Genesis& genesis) {
    exercise_ = genesis.exercise();
    return keys_.TakeGenesis(genesis.organization_record());
  }

  // The log's own records give its head the key that has signed it.
  absl::Status CheckSigner() const {
    const uint64_t size = ledger_.head.size;
    const LogKey* const told = SignerAt(keys_.log().keys, size);
    const LogKey* const signer = SignerAt(ledger_.signers.keys, size);
    if (told != nullptr && signer != nullptr && told->key == signer->key) return absl::OkStatus();
    const uint64_t last = keys_.changes().empty() ? 0 : keys_.changes().back().index;
    return RefuseEntry(ledger_.head.origin, last,
                       "its organization record gives the ledger another key");
  }

  // Entries were taken under heads of the other ledgers; the newest of each is in the export.
  absl::Status CheckPeers() const {
    for (const auto& [origin, size] : requests_.sizes_seen()) {
      const auto peer = ledger_.peers.find(origin);
      // One that could not be opened for want of a key is in the remarks already.
      if (peer == ledger_.peers.end()) continue;
      if (peer->second.size < size) {
        return RefuseFile(ledger_.log.Name(absl::StrCat("peers/", FlatName(origin))),
                          absl::StrCat("is of size ", peer->second.size,
                                       ", and entries were taken under a head of size ", size));
      }
    }
    return absl::OkStatus();
  }

  OpenedLedger& ledger_;
  TreeCheck tree_;
  TagCheck tags_;
  KeyCheck keys_;
  RequestCheck requests_;
  AuthorityCheck authority_;
  BooksModel books_;
  TransferCheck transfers_;
  SealCheck seals_;
  WitnessCheck witnesses_;
  JournalCheck journal_;
  bool exercise_ = false;
  bool moves_value_ = false;  // By its leaves.
  uint64_t disclosed_ = 0;
};

// Has the roots remembered that `heads` will be compared with.
absl::Status WatchHeads(const OpenedLedger& ledger, const std::vector<HeldHead>& heads,
                        TreeCheck& tree) {
  for (const HeldHead& head : heads) {
    if (head.checkpoint.size <= ledger.head.size) {
      tree.Watch(head.checkpoint.size);
    } else if (head.from == HeldHead::From::kOutside) {
      return RefuseLedger(ledger.head.origin,
                          absl::StrCat("ends at ", ledger.head.size, " entries, and ", head.holder,
                                       " has a signed head of ", head.checkpoint.size,
                                       ": it is older than what others hold, or was cut off"));
    }
  }
  return absl::OkStatus();
}

absl::Status CompareHeads(const OpenedLedger& ledger, const std::vector<HeldHead>& heads,
                          const TreeCheck& tree, LedgerFindings& findings) {
  for (const HeldHead& head : heads) {
    const uint64_t size = head.checkpoint.size;
    if (size > ledger.head.size) {
      findings.remarks.push_back(absl::StrCat(ledger.head.origin, " ends at ", ledger.head.size,
                                              " entries; ", head.holder, " knows of ", size));
      continue;
    }
    if (tree.RootAt(size) != head.checkpoint.root) {
      return RefuseLedger(ledger.head.origin,
                          absl::StrCat("signed two histories: the head of ", size, " entries that ",
                                       head.holder, " has is of another root"));
    }
    if (head.from == HeldHead::From::kOutside) {
      findings.outside_head_size = std::max(findings.outside_head_size, size);
      findings.head_by_trusted_key = findings.head_by_trusted_key || head.by_trusted_key;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LedgerFindings> CheckLedger(OpenedLedger& ledger,
                                           const std::vector<HeldHead>& heads) {
  ASSIGN_OR_RETURN(std::string journal,
                   ledger.log.files().Read(ledger.log.Name("journal.hledger")));
  Checks checks(ledger, std::move(journal));
  RETURN_IF_ERROR(WatchHeads(ledger, heads, checks.tree()));
  RETURN_IF_ERROR(ledger.log.Visit(
      [&](uint64_t index, const LogFiles::Read& read) { return checks.Take(index, read); }));
  RETURN_IF_ERROR(checks.Finish());
  LedgerFindings findings = checks.Findings();
  RETURN_IF_ERROR(CompareHeads(ledger, heads, checks.tree(), findings));
  return findings;
}

}  // namespace ch8::verify

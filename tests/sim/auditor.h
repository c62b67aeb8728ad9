#ifndef CH8_TESTS_SIM_AUDITOR_H_
#define CH8_TESTS_SIM_AUDITOR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "chapter8/books/v1/transfer.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "storage/base/hash.h"
#include "tests/sim/ceiling_auditor.h"
#include "tests/sim/counts.h"
#include "tests/sim/goods_auditor.h"
#include "tests/sim/head_auditor.h"
#include "tests/sim/node.h"

namespace ch8::sim {

// Sees every ledger and every head that leaves, believes nobody, and holds all of it to the
// invariants of ledger.md §4. It reads the logs' bytes and adds up for itself: none of the
// product's books, rows or transfer records.
//
// Every function answers OK, or says which invariant is broken and where.
// Thread safety: none.
class Auditor {
 public:
  // What `node` has made durable since it was read last.
  absl::Status Read(const Node& node);
  // After every node was read: what one ledger says of another is true.
  absl::Status CheckAcross();
  // After a start: nothing that was durable is gone, and books and rows are those of the log.
  absl::Status CheckStart(const Node& node);
  absl::Status CheckState(const Node& node) const;
  // What was answered with OK is in the log, and durable.
  absl::Status CheckAnswered(const Node& node, const std::string& request_id) const;
  // What was answered with OK to a bulk request, to be held to the log once that is read: the rows
  // that were not refused stand in it as they were sent, and of each linked group all or none.
  void ReadRowsAnswer(const Node& node, const Answer& answer) {
    rows_answers_.emplace_back(node.history(), answer);
  }
  // Nothing is on its way any more: every transfer has ended, in both ledgers the same. But for
  // those of the liar, if there is one.
  absl::Status CheckAtRest() const;
  // `twin` begins as a second history of its ledger: its organization shows now this, now that, and
  // others come to no rest with it.
  void Fork(const Node& first, const Node& twin);

  // A restored ledger goes on as if nothing had happened: what it lost is not asked for again. The
  // heads that left stay known.
  void Forget(const Node& node) {
    ledgers_.erase(node.history());
    goods_.Forget(node.origin());
    ceilings_.Forget(node.origin());
    std::erase_if(rows_answers_, [&](const auto& of) { return of.first == node.history(); });
  }

  HeadAuditor& heads() { return heads_; }
  Counts counts() const {
    Counts counts = counts_;
    counts.Add(ceilings_.counts());
    return counts;
  }

 private:
  struct Account {
    std::string unit;
    bool floor = false;
    bool bulk = false;
    uint64_t debits = 0;
    uint64_t credits = 0;
    uint64_t debits_held = 0;
    uint64_t credits_held = 0;
  };
  struct Hold {
    uint64_t amount = 0;
    uint32_t debit_account = 0;
    uint32_t credit_account = 0;
    bool of_row = false;  // Which may stay open for ever.
    bool open = true;
  };
  // The chain that one ledger has taken of another.
  struct Chain {
    uint64_t newest = 0;
    std::set<uint64_t> parked;
  };
  // One transfer, as one of its two ledgers has it.
  struct Half {
    bool giver = false;
    std::string other;  // The other side's ledger.
    bool reserved = false;
    uint64_t quantity = 0;
    uint64_t quantity_min = 0;
    bool answered = false;
    std::optional<uint64_t> accepted;
    std::optional<uint64_t> ended;  // What was posted; 0 for a VOID.
    std::optional<uint64_t> mirrored;
    bool settled = false;
  };
  // The last entry addressed to one recipient.
  struct Addressed {
    uint64_t number = 0;
    std::string leaf_hash;
  };
  using TransferKey = std::pair<std::string, std::string>;  // Giver's origin, id.
  struct Model {
    std::string origin;
    std::vector<Hash> leaves;
    Hash root;
    std::map<uint32_t, Account> accounts;
    std::map<std::string, Hold> holds;
    std::map<std::string, std::set<std::string>> opened_with;  // By hold, those of the same entry.
    std::map<std::string, Chain> chains;
    // When they were last executed, by caller and request id.
    std::map<std::pair<std::string, std::string>, int64_t> requests;
    std::map<TransferKey, Half> halves;
    int64_t time_us = 0;
    bool receives = false;       // Whether the last request was another's entry.
    uint64_t request_index = 0;  // Of the last request.
    uint64_t rows_left = 0;      // Of that, if it is a bulk request.
    std::map<uint64_t, std::vector<std::string>> rows;  // Bulk rows, by their request's index.
    std::set<std::string> row_ids;
    std::set<Tag> tags;                          // Those that are not zero.
    std::set<uint64_t> steps;                    // Indexes of its own steps of transfers.
    std::map<std::string, Addressed> addressed;  // By recipient.
  };
  // What an entry says of another ledger, to be checked when all are read.
  struct Claim {
    std::string by;
    std::string origin;
    uint64_t index = 0;
    std::string leaf_hash;
    std::string refused = {};  // Why; empty if it is not.
  };

  // What holds of any entry: its tag is new, and it continues its recipients' chains.
  absl::Status ReadForm(Model& model, const Entry& stored, const Hash& leaf_hash,
                        const chapter8::ledger::v1::Entry& entry);
  absl::Status ReadEntry(const std::string& history, Model& model,
                         const chapter8::ledger::v1::Entry& entry);
  absl::Status ReadRequest(const std::string& history, Model& model,
                           const chapter8::ledger::v1::Request& request);
  absl::Status ReadPosting(Model& model, const chapter8::books::v1::Posting& posting);
  static absl::Status CheckStepPosting(const std::string& place,
                                       const chapter8::ledger::v1::Entry& entry);
  static void KeepTogether(Model& model, const chapter8::ledger::v1::Entry& entry);
  absl::Status ReadStep(const std::string& history, Model& model,
                        const chapter8::books::v1::TransferStep& step, bool own);
  // The histories of a ledger, the first of them first.
  std::vector<const Model*> HistoriesOf(const std::string& origin) const;
  bool IsOfLiar(const std::string& origin) const;
  // The ids of transfers with the liar, and of what they hold beside them: it owes their ends.
  std::set<std::string> HoldsWithLiar(const Model& model) const;
  // Rows in bulk: auditor_rows.cc.
  absl::Status ReadRow(Model& model, const Entry& stored);
  absl::Status CheckRowsAnswer(const std::string& history, const Model& model,
                               const Answer& answer);
  absl::Status CheckHalfAtRest(const Model& model, const TransferKey& key, const Half& half) const;

  std::map<std::string, Model> ledgers_;  // By history.
  HeadAuditor heads_;
  GoodsAuditor goods_;
  CeilingAuditor ceilings_;
  std::map<std::string, std::string> twins_;                  // The second history, by origin.
  std::string liar_;                                          // A trust domain; may be empty.
  bool goods_forked_ = false;                                 // No god knows what is true then.
  std::vector<Claim> claims_;                                 // Since the last CheckAcross().
  std::vector<std::pair<std::string, TransferKey>> mirrors_;  // The same; by the receiver.
  std::vector<std::pair<std::string, Answer>> rows_answers_;  // The same; by history.
  bool grown_ = false;  // Whether any ledger has, since the last CheckAcross().
  Counts counts_;
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_AUDITOR_H_

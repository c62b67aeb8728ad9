#ifndef CH8_TESTS_SUPPORT_NODE_FORGED_LOG_H_
#define CH8_TESTS_SUPPORT_NODE_FORGED_LOG_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "storage/base/ed25519.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/merkle/leaf.h"

namespace ch8::testing {

// A log that holds whatever it is told, under its organization's own key: what an organization can
// serve that breaks every rule but those of arithmetic. Tree, notes, proofs and chains are real.
//
// Thread safety: any thread.
class ForgedLog {
 public:
  struct Options {
    std::string origin;                // "au.example/ch8/finance"
    SigningKey key;                    // The one that the organization's record names.
    std::string organization_record;   // Signed; goes into the genesis.
    std::string salt_seed = "forged";  // Logs of equal seed and entries are equal.
  };
  explicit ForgedLog(const Options& options);

  struct Wrong {
    std::optional<Tag> tag{};
    std::optional<EntryClass> entry_class{};
  };
  // Logs a request entry and, after it, `entry`, addressed to `recipient` in its chain. The index
  // and leaf hash of `entry`.
  struct Logged {
    uint64_t index = 0;
    Hash leaf_hash;
  };
  Logged Append(chapter8::ledger::v1::Entry entry, const std::string& recipient) {
    return Append(std::move(entry), recipient, Wrong());
  }
  Logged Append(chapter8::ledger::v1::Entry entry, const std::string& recipient,
                const Wrong& wrong);

  // The page an honest node would serve to `caller`.
  absl::StatusOr<chapter8::federation::v1::PullResponse> Pull(
      const chapter8::federation::v1::PullRequest& request, const std::string& caller) const;

  const SigningKey& key() const { return key_; }
  const std::string& origin() const { return ledger_->origin(); }
  uint64_t size() const { return ledger_->durable_size(); }

 private:
  const SigningKey key_;
  const std::string salt_seed_;
  std::mutex mutex_;  // One Append() at a time.
  std::unique_ptr<MemLedger> ledger_;
};

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_NODE_FORGED_LOG_H_

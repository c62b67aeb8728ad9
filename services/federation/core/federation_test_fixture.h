#ifndef CH8_SERVICES_FEDERATION_CORE_FEDERATION_TEST_FIXTURE_H_
#define CH8_SERVICES_FEDERATION_CORE_FEDERATION_TEST_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chapter8/federation/v1/federation_service.pb.h"
#include "chapter8/federation/v1/peer_state.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/federation/core/peer_log.h"
#include "storage/base/ed25519.h"
#include "storage/ledger/mem_ledger.h"

namespace ch8::federation {

inline constexpr char kUn[] = "un.example";
inline constexpr char kAu[] = "au.example";

// A real ledger in memory that addresses entries to others, and can be made to lie: everything that
// goes into an entry may be overridden, and is then committed and signed like the truth.
class TestLog {
 public:
  explicit TestLog(const std::string& origin) : TestLog(origin, GenesisOf(origin)) {}
  // A log that starts from any entry 0.
  TestLog(const std::string& origin, const chapter8::ledger::v1::Entry& genesis);
  static chapter8::ledger::v1::Entry GenesisOf(const std::string& origin);

  // One entry; what is unset is done right.
  struct EntryParts {
    std::string recipient = "";  // Empty: addressed to nobody.
    std::string text = "event";
    std::optional<chapter8::books::v1::TransferStep> step =
        std::nullopt;  // Instead of a domain event.
    std::optional<EntryClass> entry_class = std::nullopt;
    std::optional<Tag> tag = std::nullopt;
    std::optional<std::string> payload = std::nullopt;
    std::optional<uint64_t> number = std::nullopt;
    std::optional<std::string> previous_leaf_hash = std::nullopt;
    int addresses = 1;  // How often the recipient is named.
  };
  // Commits and syncs it. Returns its index.
  uint64_t Append(const EntryParts& parts);

  // Commits a row beside the entries.
  void Keep(const RowWrite& row);

  // A signed head of all entries, or of the first `size`.
  std::string SignedNote() const;
  std::string SignedNote(uint64_t size) const;

  // The page that an honest server gives.
  chapter8::federation::v1::PullResponse Pull(const chapter8::federation::v1::PullRequest& request,
                                              const std::string& caller) const;

  const Ledger& ledger() const { return *ledger_; }
  SigningKey key = SigningKey::Generate();

 private:
  std::unique_ptr<MemLedger> ledger_;
};

// A step of a transfer from the UN's finance ledger to the AU's.
chapter8::books::v1::TransferStep ReserveStep();

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_CORE_FEDERATION_TEST_FIXTURE_H_

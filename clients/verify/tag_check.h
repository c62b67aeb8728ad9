#ifndef CH8_CLIENTS_VERIFY_TAG_CHECK_H_
#define CH8_CLIENTS_VERIFY_TAG_CHECK_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "clients/verify/log_entry.h"
#include "storage/merkle/leaf.h"

namespace ch8::verify {

// Single commit, by leaves alone: no step of a transfer is in the log twice, whether or not it is
// disclosed; and of a transfer of which anything is disclosed no step is kept back.
//
// Thread safety: none.
class TagCheck {
 public:
  explicit TagCheck(std::string origin) : origin_(std::move(origin)) {}

  // The leaf of the next entry. Errors: a refusal naming it.
  absl::Status Take(uint64_t index, const Leaf& leaf);
  // An entry that is disclosed, whose leaf was taken.
  void TakeDisclosed(const LogEntry& entry);
  // After the last one. Errors: a refusal naming the step that is kept back.
  absl::Status Finish() const;

 private:
  const std::string origin_;
  std::map<Tag, uint64_t> steps_;  // Where they stand.
  std::set<uint64_t> hidden_;      // Of those, the ones not disclosed.
  // Of what is disclosed: giver's ledger and transfer id.
  std::set<std::pair<std::string, std::string>> transfers_;
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_TAG_CHECK_H_

#ifndef CH8_CLIENTS_VERIFY_WITNESS_CHECK_H_
#define CH8_CLIENTS_VERIFY_WITNESS_CHECK_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "clients/verify/coverage.h"
#include "clients/verify/log_entry.h"
#include "storage/merkle/note.h"

namespace ch8::verify {

// That what a ledger says third organizations witnessed is signed: by the ledger it is of, and by
// the witness named, with keys of the records that this ledger has logged of them as facts. A
// record may take the place of another between the witness's signature and the entry, so any key
// that was ever recorded will do. Of a sample, what it has no record of is not checked.
//
// Thread safety: none.
class WitnessCheck {
 public:
  WitnessCheck(absl::string_view origin, Coverage coverage)
      : origin_(origin), coverage_(coverage) {}

  // The next entry that is disclosed. Errors: a refusal.
  absl::Status Take(const LogEntry& entry);

 private:
  // Of one organization.
  struct Known {
    chapter8::directory::v1::OrganizationRecord newest;
    std::vector<NoteVerifier> witnesses;
  };

  void TakeRecord(absl::string_view trust_domain, absl::string_view signed_record);
  absl::Status TakeHead(const LogEntry& entry) const;

  const std::string origin_;
  const Coverage coverage_;
  std::map<std::string, Known, std::less<>> known_;  // By trust domain.
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_WITNESS_CHECK_H_

#ifndef CH8_SERVICES_FEDERATION_CORE_RECORDS_H_
#define CH8_SERVICES_FEDERATION_CORE_RECORDS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "services/kernel/rows.h"
#include "storage/ledger/ledger.h"
#include "storage/merkle/log_signers.h"
#include "storage/merkle/note.h"

// What an organization's signed record, verified when it was pinned, says about its ledgers.
//
// Thread safety: all functions are pure and may be called from any thread.
namespace ch8::federation {

// The record inside a chapter8.directory.v1.SignedOrganizationRecord; nothing when the bytes hold
// none.
std::optional<chapter8::directory::v1::OrganizationRecord> RecordIn(
    absl::string_view signed_record);

// The record of an organization that `rows` know to be pinned, or the own one.
std::optional<chapter8::directory::v1::OrganizationRecord> PinnedRecord(
    const kernel::RowReader& rows, absl::string_view trust_domain);

// The newest record of every organization that one of the ledgers knows to be pinned, our own
// apart, by trust domain. One that does not parse is empty.
std::map<std::string, chapter8::directory::v1::OrganizationRecord> NewestPinnedRecords(
    const std::vector<const Ledger*>& ledgers);

// Who signs the heads of `origin`: no keys when the record names none.
LogSigners LogSignersOf(const chapter8::directory::v1::OrganizationRecord& record,
                        absl::string_view origin);

// The key with which the organization's witness cosigns, as "un.example/witness"; nothing when the
// record names none.
std::optional<NoteVerifier> WitnessOf(const chapter8::directory::v1::OrganizationRecord& record);

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_CORE_RECORDS_H_

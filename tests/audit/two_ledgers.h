#ifndef CH8_TESTS_AUDIT_TWO_LEDGERS_H_
#define CH8_TESTS_AUDIT_TWO_LEDGERS_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/export/export.h"
#include "tests/support/node_ledgers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {

// The ledgers of the UN and the AU in this process, with money that went from one to the other: one
// offer accepted in part, posted and settled, one declined, one that still waits for an answer; and
// at the UN 300 bulk rows, one of which ends another's hold, two more that cancel each other, and a
// fund for another operation whose title is kCanary. Sealed twice: when there is money and no offer
// yet, and at the end. Real machines, sequencers, signatures and proofs; what fails here aborts the
// test.
//
// Thread safety: none.
class TwoLedgers {
 public:
  // Stands in nothing that has to do with the transfers.
  static constexpr char kCanary[] = "CANARY-4f1d";

  TwoLedgers();

  OrganizationLedgers& un() { return un_; }
  OrganizationLedgers& au() { return au_; }

  // Carries what is addressed to the other side, and facts to the finance ledgers, until nothing is
  // left.
  void Exchange();

  // What a liar with the organization's own keys makes of a ledger before it is exported: entries
  // as the node gives them, in order, to be changed at will.
  using Lie = std::function<void(std::vector<chapter8::ledger::v1::LoggedEntry>& entries)>;
  struct ExportParts {
    OrganizationLedgers& of;
    std::string directory;
    std::string lie_about = "";  // An origin; empty: all is true.
    Lie lie = nullptr;
    std::vector<audit::Selector> disclose = {};  // None: everything.
  };
  // Writes an export as `ch8 audit export` does. A lie is under a head signed anew.
  void Export(const ExportParts& parts);
  // The same, which may fail.
  absl::Status TryExport(const ExportParts& parts);

  // What `ch8 audit trust` and `ch8 audit head` write: all keys; the UN's heads that the AU holds.
  std::string Trust();
  std::string HeadsOfUn();

 private:
  void MakeMoney();
  void Seal();
  void MakeCanary();
  void MakeOffers();
  void PostRows();
  std::string Reserve(const std::string& request, int64_t amount_minor);
  std::vector<chapter8::directory::v1::Organization> OrganizationsAt(OrganizationLedgers& ledgers);

  const TempDir folder_;
  OrganizationLedgers un_;
  OrganizationLedgers au_;
};

// The content of every file below `directory`, by name.
std::map<std::string, std::string> FilesIn(const std::string& directory);
// Makes SHA256SUMS true again.
void SumAnew(const std::string& directory);

}  // namespace ch8::testing

#endif  // CH8_TESTS_AUDIT_TWO_LEDGERS_H_

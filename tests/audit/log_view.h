#ifndef CH8_TESTS_AUDIT_LOG_VIEW_H_
#define CH8_TESTS_AUDIT_LOG_VIEW_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "chapter8/ledger/v1/ledger_service.pb.h"

namespace ch8::testing {

// One ledger of an export as somebody with a byte editor sees it.
struct LogView {
  std::string origin{};
  uint64_t size = 0;
  std::map<uint64_t, chapter8::ledger::v1::LoggedEntry> entries{};  // Those disclosed, by index.

  // Of the files of a true export, by name. What is not as it should be aborts the test.
  static LogView Of(const std::map<std::string, std::string>& files, const std::string& folder);
  static bool IsRow(const chapter8::ledger::v1::LoggedEntry& logged);

  // The bundles and the journal of a sample that keeps `withheld` back as well, as a liar would
  // write them, by name.
  std::map<std::string, std::string> Without(const std::string& folder,
                                             const std::set<uint64_t>& withheld) const;
};

}  // namespace ch8::testing

#endif  // CH8_TESTS_AUDIT_LOG_VIEW_H_

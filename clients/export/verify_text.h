#ifndef CH8_CLIENTS_EXPORT_VERIFY_TEXT_H_
#define CH8_CLIENTS_EXPORT_VERIFY_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace ch8::audit {

// One ledger as VERIFY.md names it.
struct VerifiableLedger {
  std::string origin;
  uint64_t size = 0;
};

// VERIFY.md: how to check the export with openssl, Python, Go and hledger, none of them ours. Its
// Python and Go programs are run by the tests. `heading` stands above it, e.g. that all is an
// exercise. Thread safety: any thread.
std::string VerifyText(const std::vector<VerifiableLedger>& ledgers, const std::string& heading);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_VERIFY_TEXT_H_

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
  uint64_t disclosed = 0;  // Entries whose payloads are there.
  // The key that signed the head: which of the log's in policy.txt, from 1, and its file.
  size_t key_number = 1;
  std::string key_path{};
};

// What VERIFY.md is about.
struct VerifyParts {
  std::vector<VerifiableLedger> ledgers{};
  std::string disclosed{};  // What a sample was asked to disclose; empty: everything.
  bool exercise = false;
};

// VERIFY.md: how to check the export with openssl, Python, Go and hledger, none of them ours, and
// what that says. Its commands and programs are run by the tests. Thread safety: any thread.
std::string VerifyText(const VerifyParts& parts);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_VERIFY_TEXT_H_

#ifndef CH8_CLIENTS_VERIFY_REPORT_H_
#define CH8_CLIENTS_VERIFY_REPORT_H_

#include <string>

#include "clients/verify/verify.h"

namespace ch8::verify {

// The program's exit codes, those of ch8 where both have them. Stable: scripts depend on them.
inline constexpr int kExitVerified = 0;
inline constexpr int kExitConsistentOnly = 1;
inline constexpr int kExitUsage = 2;     // Also a trust or head file that is none.
inline constexpr int kExitNotFound = 3;  // No such folder or file, or it cannot be read.
inline constexpr int kExitRefused = 7;
inline constexpr int kExitSample = 8;  // All holds that is disclosed, and not all is.

int ExitCodeOf(Verdict verdict);

// For people. The first word is the verdict.
std::string ReportText(const VerifyReport& report);

// For programs: one object on one line. Numbers above 2^53 do not occur; roots are hexadecimal.
std::string ReportJson(const VerifyReport& report);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_REPORT_H_

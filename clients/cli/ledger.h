#ifndef CH8_CLIENTS_CLI_LEDGER_H_
#define CH8_CLIENTS_CLI_LEDGER_H_

#include <string>

#include "clients/cli/command.h"
#include "clients/cli/session.h"

namespace ch8::cli {

// The own ledger that SERVICE names, e.g. "un.example/ch8/finance". After Session::Connect().
std::string OriginOf(const Arguments& arguments, const Session& session);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_LEDGER_H_

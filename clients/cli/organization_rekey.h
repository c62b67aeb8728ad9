#ifndef CH8_CLIENTS_CLI_ORGANIZATION_REKEY_H_
#define CH8_CLIENTS_CLI_ORGANIZATION_REKEY_H_

#include "clients/cli/command.h"

namespace ch8::cli {

// `ch8 org rekey`.
Command RekeyCommand();
// `ch8 org rekey-witness`.
Command RekeyWitnessCommand();

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_ORGANIZATION_REKEY_H_

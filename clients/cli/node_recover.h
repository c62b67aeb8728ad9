#ifndef CH8_CLIENTS_CLI_NODE_RECOVER_H_
#define CH8_CLIENTS_CLI_NODE_RECOVER_H_

#include "clients/cli/command.h"

namespace ch8::cli {

// `ch8 node recover`: among the commands of `node`.
Command RecoverCommand();

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_NODE_RECOVER_H_

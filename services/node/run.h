#ifndef CH8_SERVICES_NODE_RUN_H_
#define CH8_SERVICES_NODE_RUN_H_

#include <string>
#include <vector>

#include "services/node/modules.h"

namespace ch8::node {

// The program `ch8d`: reads its command line, runs the node until SIGTERM or SIGINT, and returns
// the exit code (services/node/README.md). It hosts those of `modules` that `--services` names, or
// all of them.
//
// Called once, by the main thread, before there is another. It logs to standard output.
int RunNode(const std::vector<std::string>& arguments, const std::vector<Module>& modules);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_RUN_H_

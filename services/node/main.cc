#include <string>
#include <vector>

#include "services/node/modules.h"
#include "services/node/run.h"

int main(int argc, char** argv) {
  return ch8::node::RunNode(std::vector<std::string>(argv + 1, argv + argc), ch8::node::Modules());
}

// ch8d-lending: ch8d's program, hosting the lending library beside the directory.
#include "chapter8/lending/v1/lending.grpc.pb.h"
#include "services/node/run.h"
#include "tests/support/lending_library.h"

int main(int argc, char** argv) {
  using ch8::node::Module;
  std::vector<Module> modules = {**ch8::node::FindModule("directory"),
                                 **ch8::node::FindModule("finance")};
  Module& lending = modules.back();  // Finance in all that is not said here: books, no bodies.
  lending.service = "lending";
  lending.proto_files = {"chapter8/lending/v1/lending.proto"};
  lending.reads_own = {"directory"};
  lending.reads_peers = {"lending"};
  lending.make_machine = [](const chapter8::ledger::v1::Genesis&) {
    return std::unique_ptr<ch8::kernel::Machine>(new ch8::testing::LendingMachine());
  };
  lending.make_stubs = [] {
    std::vector<std::unique_ptr<grpc::Service>> stubs;
    stubs.emplace_back(new chapter8::lending::v1::LendingService::CallbackService());
    return stubs;
  };
  return ch8::node::RunNode({argv + 1, argv + argc}, modules);
}

#include "services/node/modules.h"

#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.grpc.pb.h"
#include "chapter8/directory/v1/directory_service.grpc.pb.h"
#include "chapter8/finance/v1/finance_service.grpc.pb.h"
#include "chapter8/ledger/v1/administration_service.grpc.pb.h"
#include "chapter8/mandate/v1/mandate_service.grpc.pb.h"
#include "chapter8/training/v1/training_service.grpc.pb.h"
#include "services/directory/core/machine.h"
#include "services/finance/core/machine.h"
#include "services/mandate/core/machine.h"
#include "services/training/core/machine.h"
#include "services/trust/certificates.h"

namespace ch8::node {
namespace {

using chapter8::ledger::v1::Genesis;
using Stubs = std::vector<std::unique_ptr<grpc::Service>>;

absl::StatusOr<std::vector<kernel::Event>> NoEvents(const Genesis&) {
  return std::vector<kernel::Event>();
}

std::unique_ptr<kernel::Machine> MakeDirectory(const Genesis& genesis) {
  using Purpose = directory::DirectoryMachine::Options::Purpose;
  directory::DirectoryMachine::Options options;
  options.purpose = genesis.exercise() ? Purpose::kExercise : Purpose::kLive;
  options.check_ca_bundle = trust::CheckCaBundle;
  return std::make_unique<directory::DirectoryMachine>(options);
}

Stubs DirectoryStubs() {
  Stubs stubs;
  stubs.push_back(std::make_unique<chapter8::directory::v1::DirectoryService::CallbackService>());
  return stubs;
}

std::unique_ptr<kernel::Machine> MakeFinance(const Genesis&) {
  return std::make_unique<finance::FinanceMachine>();
}

Stubs FinanceStubs() {
  namespace v1 = chapter8::finance::v1;
  Stubs stubs;
  stubs.push_back(std::make_unique<v1::OperationService::CallbackService>());
  stubs.push_back(std::make_unique<v1::FundService::CallbackService>());
  stubs.push_back(std::make_unique<v1::BudgetService::CallbackService>());
  stubs.push_back(std::make_unique<v1::RequestService::CallbackService>());
  stubs.push_back(std::make_unique<v1::OfferService::CallbackService>());
  stubs.push_back(std::make_unique<chapter8::books::v1::TransferService::CallbackService>());
  return stubs;
}

std::unique_ptr<kernel::Machine> MakeMandate(const Genesis&) {
  return std::make_unique<mandate::MandateMachine>();
}

Stubs MandateStubs() {
  namespace v1 = chapter8::mandate::v1;
  Stubs stubs;
  stubs.push_back(std::make_unique<v1::DecisionService::CallbackService>());
  stubs.push_back(std::make_unique<v1::DelegationService::CallbackService>());
  stubs.push_back(std::make_unique<v1::ClearanceService::CallbackService>());
  stubs.push_back(std::make_unique<v1::StrengthService::CallbackService>());
  return stubs;
}

std::unique_ptr<kernel::Machine> MakeTraining(const Genesis&) {
  return std::make_unique<training::TrainingMachine>();
}

Stubs TrainingStubs() {
  namespace v1 = chapter8::training::v1;
  Stubs stubs;
  stubs.push_back(std::make_unique<v1::CalendarService::CallbackService>());
  stubs.push_back(std::make_unique<v1::StandardService::CallbackService>());
  stubs.push_back(std::make_unique<v1::ExerciseService::CallbackService>());
  return stubs;
}

std::vector<Module> AllModules() {
  return {{.service = "directory",
           .proto_files = {"chapter8/directory/v1/directory_service.proto"},
           .accounts = Module::Accounts::kNone,
           .reads_own = {},
           .make_machine = MakeDirectory,
           .genesis_events = directory::GenesisEvents,
           .make_stubs = DirectoryStubs},
          {.service = "mandate",
           .proto_files = {"chapter8/mandate/v1/mandate_service.proto"},
           .accounts = Module::Accounts::kBooks,
           .reads_own = {"directory", "finance", "logistics", "training"},
           .make_machine = MakeMandate,
           .genesis_events = NoEvents,
           .make_stubs = MandateStubs},
          {.service = "finance",
           .proto_files = {"chapter8/finance/v1/finance_service.proto",
                           "chapter8/books/v1/transfer_service.proto"},
           .accounts = Module::Accounts::kBooks,
           .reads_own = {"directory", "mandate"},
           .make_machine = MakeFinance,
           .genesis_events = NoEvents,
           .make_stubs = FinanceStubs},
          {.service = "training",
           .proto_files = {"chapter8/training/v1/training_service.proto"},
           .accounts = Module::Accounts::kBooks,
           .reads_own = {"directory"},
           .make_machine = MakeTraining,
           .genesis_events = NoEvents,
           .make_stubs = TrainingStubs}};
}

}  // namespace

const std::vector<Module>& Modules() {
  static const auto& modules = *new std::vector<Module>(AllModules());
  return modules;
}

absl::StatusOr<const Module*> FindModule(absl::string_view service) {
  for (const Module& module : Modules()) {
    if (module.service == service) return &module;
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no service '", service, "'"));
}

std::unique_ptr<grpc::Service> MakeAdministrationStub() {
  return std::make_unique<chapter8::ledger::v1::AdministrationService::CallbackService>();
}

}  // namespace ch8::node

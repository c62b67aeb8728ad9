#include "services/node/modules.h"

#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.grpc.pb.h"
#include "chapter8/directory/v1/directory_service.grpc.pb.h"
#include "chapter8/finance/v1/finance_service.grpc.pb.h"
#include "chapter8/ledger/v1/administration_service.grpc.pb.h"
#include "chapter8/logistics/v1/logistics_service.grpc.pb.h"
#include "services/directory/core/machine.h"
#include "services/finance/core/machine.h"
#include "services/logistics/core/machine.h"
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

std::unique_ptr<kernel::Machine> MakeLogistics(const Genesis&) {
  return std::make_unique<logistics::LogisticsMachine>();
}

Stubs LogisticsStubs() {
  namespace v1 = chapter8::logistics::v1;
  Stubs stubs;
  stubs.push_back(std::make_unique<v1::CatalogueService::CallbackService>());
  stubs.push_back(std::make_unique<v1::DepotService::CallbackService>());
  stubs.push_back(std::make_unique<v1::StockService::CallbackService>());
  stubs.push_back(std::make_unique<v1::RequestService::CallbackService>());
  stubs.push_back(std::make_unique<v1::OfferService::CallbackService>());
  stubs.push_back(std::make_unique<v1::ConsignmentService::CallbackService>());
  stubs.push_back(std::make_unique<v1::DiscrepancyService::CallbackService>());
  return stubs;
}

std::vector<Module> AllModules() {
  return {{.service = "directory",
           .proto_files = {"chapter8/directory/v1/directory_service.proto"},
           .accounts = Module::Accounts::kNone,
           .make_machine = MakeDirectory,
           .genesis_events = directory::GenesisEvents,
           .make_stubs = DirectoryStubs},
          {.service = "finance",
           .proto_files = {"chapter8/finance/v1/finance_service.proto",
                           "chapter8/books/v1/transfer_service.proto"},
           .accounts = Module::Accounts::kBooks,
           .make_machine = MakeFinance,
           .genesis_events = NoEvents,
           .make_stubs = FinanceStubs},
          {.service = "logistics",
           .proto_files = {"chapter8/logistics/v1/logistics_service.proto"},
           .accounts = Module::Accounts::kBooks,
           .make_machine = MakeLogistics,
           .genesis_events = NoEvents,
           .make_stubs = LogisticsStubs}};
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

#include "services/node/modules.h"

#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.grpc.pb.h"
#include "chapter8/directory/v1/directory_service.grpc.pb.h"
#include "chapter8/finance/v1/allotment_service.grpc.pb.h"
#include "chapter8/finance/v1/finance_service.grpc.pb.h"
#include "chapter8/information/v1/erasure_service.grpc.pb.h"
#include "chapter8/information/v1/information_service.grpc.pb.h"
#include "chapter8/ledger/v1/administration_service.grpc.pb.h"
#include "chapter8/ledger/v1/history_service.grpc.pb.h"
#include "chapter8/ledger/v1/ledger_service.grpc.pb.h"
#include "chapter8/logistics/v1/consignment_service.grpc.pb.h"
#include "chapter8/logistics/v1/offer_service.grpc.pb.h"
#include "chapter8/logistics/v1/stock_service.grpc.pb.h"
#include "chapter8/mandate/v1/mandate_service.grpc.pb.h"
#include "chapter8/mandate/v1/reference_service.grpc.pb.h"
#include "chapter8/training/v1/training_service.grpc.pb.h"
#include "chapter8/witness/v1/witness_service.grpc.pb.h"
#include "services/directory/core/machine.h"
#include "services/directory/core/organizations.h"
#include "services/finance/core/machine.h"
#include "services/information/core/machine.h"
#include "services/logistics/core/machine.h"
#include "services/mandate/core/machine.h"
#include "services/training/core/machine.h"
#include "services/trust/certificates.h"
#include "services/witness/core/machine.h"

namespace ch8::node {
namespace {

namespace directory_v1 = chapter8::directory::v1;
namespace finance_v1 = chapter8::finance::v1;
namespace information_v1 = chapter8::information::v1;
namespace logistics_v1 = chapter8::logistics::v1;
namespace mandate_v1 = chapter8::mandate::v1;
namespace training_v1 = chapter8::training::v1;
using chapter8::books::v1::TransferService;
using chapter8::ledger::v1::Genesis;

absl::StatusOr<std::vector<kernel::Event>> NoEvents(const Genesis&) {
  return std::vector<kernel::Event>();
}

template <typename Machine>
std::unique_ptr<kernel::Machine> Make(const Genesis&) {
  return std::make_unique<Machine>();
}

std::unique_ptr<kernel::Machine> MakeDirectory(const Genesis& genesis) {
  using Purpose = directory::DirectoryMachine::Options::Purpose;
  directory::DirectoryMachine::Options options;
  options.purpose = genesis.exercise() ? Purpose::kExercise : Purpose::kLive;
  options.check_ca_bundle = trust::CheckCaBundle;
  return std::make_unique<directory::DirectoryMachine>(options);
}

template <typename... Services>
std::vector<std::unique_ptr<grpc::Service>> StubsOf() {
  std::vector<std::unique_ptr<grpc::Service>> stubs;
  (stubs.push_back(std::make_unique<typename Services::CallbackService>()), ...);
  return stubs;
}

Module DirectoryModule() {
  return {.service = "directory",
          .proto_files = {"chapter8/directory/v1/directory_service.proto"},
          .accounts = Module::Accounts::kNone,
          .reads_own = {},
          .reads_peers = {},
          .bodies = Module::Bodies::kNone,
          .make_machine = MakeDirectory,
          .genesis_events = directory::GenesisEvents,
          .make_stubs = StubsOf<directory_v1::DirectoryService>,
          .own_record_events = directory::OwnRecordEvents};
}

Module MandateModule() {
  return {.service = "mandate",
          .proto_files = {"chapter8/mandate/v1/mandate_service.proto",
                          "chapter8/mandate/v1/reference_service.proto"},
          .accounts = Module::Accounts::kBooks,
          .reads_own = {"directory", "finance", "logistics", "training"},
          .reads_peers = {"mandate"},
          .bodies = Module::Bodies::kNone,
          .make_machine = Make<mandate::MandateMachine>,
          .genesis_events = NoEvents,
          .make_stubs = StubsOf<mandate_v1::DecisionService, mandate_v1::DelegationService,
                                mandate_v1::ClearanceService, mandate_v1::StrengthService,
                                mandate_v1::ReferenceService>};
}

Module FinanceModule() {
  return {
      .service = "finance",
      .proto_files = {"chapter8/finance/v1/finance_service.proto",
                      "chapter8/finance/v1/allotment_service.proto",
                      "chapter8/books/v1/transfer_service.proto"},
      .accounts = Module::Accounts::kBooks,
      .reads_own = {"directory", "mandate"},
      .reads_peers = {"finance"},
      .bodies = Module::Bodies::kNone,
      .make_machine = Make<finance::FinanceMachine>,
      .genesis_events = NoEvents,
      .make_stubs = StubsOf<finance_v1::OperationService, finance_v1::FundService,
                            finance_v1::AllotmentService, finance_v1::BudgetService,
                            finance_v1::RequestService, finance_v1::OfferService, TransferService>};
}

Module LogisticsModule() {
  return {.service = "logistics",
          .proto_files = {"chapter8/logistics/v1/stock_service.proto",
                          "chapter8/logistics/v1/offer_service.proto",
                          "chapter8/logistics/v1/consignment_service.proto"},
          .accounts = Module::Accounts::kBooks,
          .reads_own = {"directory", "mandate"},
          .reads_peers = {"logistics"},
          .bodies = Module::Bodies::kNone,
          .make_machine = Make<logistics::LogisticsMachine>,
          .genesis_events = NoEvents,
          .make_stubs = StubsOf<logistics_v1::CatalogueService, logistics_v1::DepotService,
                                logistics_v1::StockService, logistics_v1::RequestService,
                                logistics_v1::OfferService, logistics_v1::ConsignmentService,
                                logistics_v1::DiscrepancyService>};
}

Module InformationModule() {
  return {.service = "information",
          .proto_files = {"chapter8/information/v1/information_service.proto",
                          "chapter8/information/v1/erasure_service.proto"},
          .accounts = Module::Accounts::kNone,
          .reads_own = {"directory"},
          .reads_peers = {"information"},
          .bodies = Module::Bodies::kFiles,
          .make_machine = Make<information::InformationMachine>,
          .genesis_events = NoEvents,
          .make_stubs = StubsOf<information_v1::ReportService, information_v1::ConsentService,
                                information_v1::GroupService, information_v1::AgreementService,
                                information_v1::ErasureService>};
}

Module TrainingModule() {
  return {.service = "training",
          .proto_files = {"chapter8/training/v1/training_service.proto"},
          .accounts = Module::Accounts::kBooks,
          .reads_own = {"directory", "mandate"},
          .reads_peers = {"training"},
          .bodies = Module::Bodies::kNone,
          .make_machine = Make<training::TrainingMachine>,
          .genesis_events = NoEvents,
          .make_stubs = StubsOf<training_v1::CalendarService, training_v1::StandardService,
                                training_v1::ExerciseService>};
}

// It reads what no other service does; whose ledgers others read, their feeds show to it.
Module WitnessModule() {
  return {.service = "witness",
          .proto_files = {"chapter8/witness/v1/witness_service.proto"},
          .accounts = Module::Accounts::kNone,
          .reads_own = {"directory"},
          .reads_peers = {"directory", "witness"},
          .bodies = Module::Bodies::kNone,
          .make_machine = Make<witness::WitnessMachine>,
          .genesis_events = NoEvents,
          .make_stubs = StubsOf<chapter8::witness::v1::WitnessService>};
}

}  // namespace

const std::vector<Module>& Modules() {
  static const auto& modules = *new std::vector<Module>(
      {DirectoryModule(), MandateModule(), FinanceModule(), LogisticsModule(), InformationModule(),
       TrainingModule(), WitnessModule()});
  return modules;
}

absl::StatusOr<const Module*> FindModule(absl::string_view service) {
  for (const Module& module : Modules()) {
    if (module.service == service) return &module;
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no service '", service, "'"));
}

std::vector<std::unique_ptr<grpc::Service>> MakeLedgerStubs() {
  std::vector<std::unique_ptr<grpc::Service>> stubs;
  stubs.push_back(std::make_unique<chapter8::ledger::v1::AdministrationService::CallbackService>());
  stubs.push_back(std::make_unique<chapter8::ledger::v1::LedgerService::CallbackService>());
  stubs.push_back(std::make_unique<chapter8::ledger::v1::HistoryService::CallbackService>());
  return stubs;
}

}  // namespace ch8::node

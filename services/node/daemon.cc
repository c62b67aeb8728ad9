#include "services/node/daemon.h"

#include <grpcpp/create_channel.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "services/federation/core/deposit.h"
#include "services/federation/core/records.h"
#include "services/node/fitted_heads.h"
#include "services/node/key_change.h"
#include "services/node/own_witness.h"
#include "services/node/rebuilt_ledger.h"
#include "services/trust/files.h"
#include "services/trust/record/record.h"
#include "services/trust/tls.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

constexpr int kFederationMessageSizeMax = 1024 * 1024;
// gRPC's own two minutes would keep organizations apart long after a partition has healed.
constexpr int kReconnectBackoffMaxMs = 5'000;
// Of what a peer or the network says, in a line of the log.
constexpr size_t kWhyMax = 300;

std::string JsonField(absl::string_view name, absl::string_view value) {
  return absl::StrCat(rpc::JsonString(name), ":", rpc::JsonString(value));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const Config& config,
                                                      const std::vector<Module>& modules,
                                                      const Hooks& hooks) {
  std::unique_ptr<Daemon> daemon(new Daemon(config, hooks));
  ASSIGN_OR_RETURN(daemon->folder_, NodeFolder::Read(config.home));
  for (const Module& module : modules) {
    const bool hosted = config.services.empty() ||
                        std::find(config.services.begin(), config.services.end(), module.service) !=
                            config.services.end();
    if (hosted) daemon->modules_.push_back(&module);
  }
  ASSIGN_OR_RETURN(daemon->data_, DataFolder::Hold(config.data));
  ASSIGN_OR_RETURN(daemon->admin_, AdminServer::Start(config.admin_socket, daemon->modules_));
  RETURN_IF_ERROR(daemon->RebuildLost());
  RETURN_IF_ERROR(daemon->OpenLedgers());
  RETURN_IF_ERROR(daemon->ServeLedgers());
  RETURN_IF_ERROR(daemon->FollowTrust());
  RETURN_IF_ERROR(daemon->StartOfficers());
  RETURN_IF_ERROR(daemon->StartFederation());
  daemon->StartVouching();
  daemon->StartScrubber();
  RETURN_IF_ERROR(daemon->StartMetrics());
  RETURN_IF_ERROR(daemon->WriteEndpoints());
  daemon->admin_->SetServing(AdminServer::Serving::kYes);
  daemon->ShowBarred();
  hooks.log->Event("serving", {{"trust_domain", daemon->folder_.record.trust_domain()},
                               {"officers", daemon->officers_.target},
                               {"federation", daemon->federation_.target}});
  return daemon;
}

Daemon::~Daemon() { Stop(absl::Seconds(1)); }

// Of which a partner has given back its copy.
absl::Status Daemon::RebuildLost() {
  for (const Module* module : modules_) {
    ASSIGN_OR_RETURN(const std::optional<RebuiltLedger> rebuilt,
                     RebuildLedger(*module, folder_, config_.data));
    if (!rebuilt.has_value()) continue;
    hooks_.log->Event("ledger_rebuilt", {{"origin", rebuilt->origin},
                                         {"size", absl::StrCat(rebuilt->size)},
                                         {"root", rebuilt->root.ToHex()}});
  }
  return absl::OkStatus();
}

// Opens the ledgers there are; those that are missing go into `missing`. All belong to one node and
// so share one clock.
absl::StatusOr<Exercise> Daemon::OpenExisting(std::vector<const Module*>& missing) {
  for (const Module* module : modules_) {
    absl::StatusOr<std::unique_ptr<LedgerHome>> home =
        LedgerHome::Open(*module, folder_, config_.data);
    if (absl::IsNotFound(home.status())) {
      missing.push_back(module);
      continue;
    }
    RETURN_IF_ERROR(home.status());
    homes_.push_back(*std::move(home));
  }
  if (homes_.empty()) {
    if (!config_.exercise_clock.has_value()) return Exercise();
    return Exercise{.kind = Exercise::Kind::kExercise,
                    .offset = *config_.exercise_clock - absl::Now()};
  }
  if (config_.exercise_clock.has_value()) {
    return absl::InvalidArgumentError(
        "--exercise-clock: only at a node's first start; this one's clock stands in its ledgers. "
        "Start it without the flag");
  }
  const Exercise exercise = homes_.front()->exercise();
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    if (home->exercise() != exercise) {
      return absl::FailedPreconditionError(absl::StrCat(
          config_.data, ": the ledgers of this folder are not one node's: their clocks differ"));
    }
  }
  return exercise;
}

absl::Status Daemon::OpenLedgers() {
  std::vector<const Module*> missing;
  ASSIGN_OR_RETURN(const Exercise exercise, OpenExisting(missing));
  const bool ahead = config_.exercise_ahead > absl::ZeroDuration();
  if (ahead && exercise.kind != Exercise::Kind::kExercise) {
    return absl::InvalidArgumentError("--exercise-ahead: only a node of an exercise skips time");
  }
  for (const Module* module : missing) {
    ASSIGN_OR_RETURN(std::unique_ptr<LedgerHome> home,
                     LedgerHome::Create(*module, folder_, config_.data, exercise));
    hooks_.log->Event("ledger_created", {{"origin", home->ledger().origin()}});
    homes_.push_back(std::move(home));
  }
  RETURN_IF_ERROR(FitRebuilt());
  clock_ = std::make_unique<ExerciseClock>(exercise.offset + config_.exercise_ahead);
  return absl::OkStatus();
}

// What the node's ledgers know of each other, where one was made anew.
absl::Status Daemon::FitRebuilt() {
  std::vector<FittedLedger> ledgers;
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    ASSIGN_OR_RETURN(const uint64_t size,
                     RebuiltSize(absl::StrCat(config_.data, "/", home->module().service)));
    ledgers.push_back({.ledger = &home->unserved_ledger(), .rebuilt_size = size});
  }
  ASSIGN_OR_RETURN(const int fitted, FitHeads(ledgers));
  if (fitted > 0) hooks_.log->Event("heads_taken_back", {{"count", absl::StrCat(fitted)}});
  return absl::OkStatus();
}

absl::Status Daemon::ServeLedgers() {
  disk_ = std::make_unique<DiskGuard>(config_.data, config_.disk_reserve_bytes);
  // All before any: a record that one ledger cannot take is not to be logged by another.
  std::vector<KeyPlanOf> ledgers;
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    ledgers.push_back({.service = home->module().service, .ledger = &home->ledger()});
  }
  ASSIGN_OR_RETURN(const std::vector<KeyPlan> plans, PlanKeys(folder_, ledgers));
  for (size_t i = 0; i < homes_.size(); ++i) {
    const std::unique_ptr<LedgerHome>& home = homes_[i];
    const std::string origin = home->ledger().origin();
    if (!plans[i].refused.empty()) {
      hooks_.log->Event("key_refused", {{"origin", origin}, {"why", plans[i].refused}});
    }
    RETURN_IF_ERROR(home->Serve(
        {.folder = &folder_,
         .key = plans[i],
         .clock = clock_.get(),
         .boot_marker_directory = config_.boot_markers,
         .on_stopped =
             [hooks = hooks_, origin](const absl::Status& why) {
               hooks.log->Event("ledger_stopped", {{"origin", origin}, {"why", why.message()}});
               hooks.on_failed(why);
             },
         .admit_writes = [this] { return disk_->AdmitWrites(); },
         .report =
             [log = hooks_.log, origin](absl::string_view event, absl::string_view why) {
               log->Event(event, {{"origin", origin}, {"why", why}});
             }}));
    const absl::Status head = home->head_keeper().state();
    hooks_.log->Event("ledger_opened", {{"origin", origin},
                                        {"size", absl::StrCat(home->ledger().durable_size())},
                                        {"head", head.ok() ? "vouched" : head.message()}});
  }
  return absl::OkStatus();
}

absl::Status Daemon::FollowTrust() {
  const std::string& own = folder_.record.trust_domain();
  ASSIGN_OR_RETURN(const std::string ca_bundle, trust::ReadSmallFile(folder_.ca_path()));
  ASSIGN_OR_RETURN(bundles_, trust::TrustBundles::Create());
  RETURN_IF_ERROR(bundles_->Set(own, ca_bundle));
  trust_ =
      std::make_unique<TrustFollower>(TrustFollower::Options{.runner = &FactsHome().sequencer(),
                                                             .bundles = bundles_,
                                                             .trust_domain = own,
                                                             .log = hooks_.log});
  authorizer_ = std::make_unique<rpc::Authorizer>(rpc::Authorizer::Options{
      .trust_domain = own,
      .is_pinned = [this](absl::string_view domain) { return trust_->IsPinned(domain); }});
  ASSIGN_OR_RETURN(credentials_,
                   trust::MakeServerCredentials({.certificate_path = folder_.certificate_path(),
                                                 .key_path = folder_.key_path(),
                                                 .bundles = bundles_}));
  return absl::OkStatus();
}

absl::Status Daemon::StartOfficers() {
  std::vector<rpc::HostedLedger> hosted;
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    hosted.push_back({.runner = &home->sequencer(), .proto_files = home->module().proto_files});
  }
  ASSIGN_OR_RETURN(rpc::MethodTable methods, rpc::MethodTable::Create(hosted));
  methods_ = std::make_unique<rpc::MethodTable>(std::move(methods));
  counters_ = std::make_unique<CallCounters>(*methods_);
  call_log_ = std::make_unique<rpc::CallLog>(rpc::CallLog::Options{
      .write = [log = hooks_.log](std::string line) { log->Write(std::move(line)); },
      .now = absl::Now});
  edge_ = std::make_unique<rpc::Edge>(
      rpc::Edge::Options{.methods = methods_.get(),
                         .authorizer = authorizer_.get(),
                         .clock = clock_.get(),
                         .calls_per_caller_max = config_.calls_per_caller_max,
                         .observe = [this](const rpc::CallRecord& record) {
                           counters_->Record(record);
                           call_log_->Record(record);
                         }});
  ASSIGN_OR_RETURN(officers_, StartNetworkServer({.address = config_.listen,
                                                  .credentials = credentials_,
                                                  .message_size_max = rpc::kRequestSizeMax,
                                                  .generic = edge_.get()}));
  return absl::OkStatus();
}

absl::Status Daemon::StartFederation() {
  std::map<std::string, kernel::Runner*> runners;
  std::map<std::string, kernel::Runner*> hosted;
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    runners[home->ledger().origin()] = &home->sequencer();
    hosted[home->module().service] = &home->sequencer();
  }
  RETURN_IF_ERROR(StartWitness());
  const NoteVerifier own_witness = *federation::WitnessOf(folder_.record);
  federation_handler_ =
      std::make_unique<federation::FederationHandler>(federation::FederationHandler::Options{
          .runners = runners,
          .authorizer = authorizer_.get(),
          .own_record = folder_.record,
          .witness = Find("witness") == nullptr ? nullptr : witness_.get(),
          .alarm = [this](const std::string& origin, const absl::Status& why) {
            Contradicted(origin, why);
          }});
  RETURN_IF_ERROR(StartDeposits());
  ASSIGN_OR_RETURN(
      federation_,
      StartNetworkServer({.address = config_.federation_listen,
                          .credentials = credentials_,
                          .message_size_max = kFederationMessageSizeMax,
                          .services = {federation_handler_.get(), deposit_handler_.get()}}));
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    federation::Feeds::Options options;
    options.runner = &home->sequencer();
    options.clock = clock_.get();
    options.trust_domain = folder_.record.trust_domain();
    options.own_record = folder_.signed_record.SerializeAsString();
    options.own_services = home->module().reads_own;
    options.peer_services = home->module().reads_peers;
    options.hosted = hosted;
    options.witness = witness_.get();
    options.own_witness = own_witness;
    options.connect = [this](const std::string& trust_domain, const std::string& target) {
      return Connect(trust_domain, target);
    };
    if (deposit_keeper_ != nullptr) {
      options.before_head = [this](const std::string& origin, uint64_t size) {
        return deposit_keeper_->BringUpTo(origin, size);
      };
    }
    options.told = [this, reader = home->ledger().origin()](const std::string& origin,
                                                            const absl::Status& status) {
      FeedChanged(reader, origin, status);
    };
    feeds_.push_back(std::make_unique<federation::Feeds>(std::move(options)));
  }
  return absl::OkStatus();
}

// What this node keeps for partners, and what they are to keep of it.
absl::Status Daemon::StartDeposits() {
  const std::string& own = folder_.record.trust_domain();
  if (absl::c_linear_search(config_.deposit_with, own)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--deposit-with: ", own, " is this node's own organization"));
  }
  kept_deposits_ = std::make_unique<KeptDeposits>(
      KeptDeposits::Options{.path = config_.data + "/deposits",
                            .bytes_max = config_.keep_deposits_bytes,
                            .admit_writes = [this] { return disk_->AdmitWrites(); }});
  federation::DepositHandler::Options options;
  options.authorizer = authorizer_.get();
  options.keepers = {config_.deposit_with.begin(), config_.deposit_with.end()};
  options.kept = [this](const std::string& origin, uint64_t after_count) {
    return kept_deposits_->Read(origin, after_count);
  };
  DepositKeeper::Options keeper;
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    options.depositors[home->ledger().origin()] = &home->depositor();
    keeper.pins.push_back(&home->ledger());
  }
  deposit_handler_ = std::make_unique<federation::DepositHandler>(std::move(options));
  if (config_.keep_deposits_bytes == 0) return absl::OkStatus();
  keeper.kept = kept_deposits_.get();
  keeper.clock = clock_.get();
  keeper.connect = [this](const std::string& trust_domain, const std::string& target) {
    return Connect(trust_domain, target, federation::kDepositMessageBytesMax);
  };
  keeper.told = [this](const std::string& origin, const absl::Status& status) {
    DepositsChanged(origin, status);
  };
  deposit_keeper_ = std::make_unique<DepositKeeper>(std::move(keeper));
  return absl::OkStatus();
}

void Daemon::DepositsChanged(const std::string& origin, const absl::Status& status) {
  if (status.ok()) return hooks_.log->Event("deposits_kept", {{"of", origin}});
  hooks_.log->Event("deposits_failing", {{"of", origin},
                                         {"code", absl::StatusCodeToString(status.code())},
                                         {"why", status.message().substr(0, kWhyMax)}});
}

void Daemon::FeedChanged(const std::string& reader, const std::string& origin,
                         const absl::Status& status) {
  if (status.ok()) return hooks_.log->Event("feed_reads", {{"origin", reader}, {"of", origin}});
  hooks_.log->Event("feed_failing", {{"origin", reader},
                                     {"of", origin},
                                     {"code", absl::StatusCodeToString(status.code())},
                                     {"why", status.message().substr(0, kWhyMax)}});
}

void Daemon::StartVouching() {
  PeerVouching::Options options;
  options.own_record = folder_.record;
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    options.pins.push_back(&home->ledger());
    if (home->barred()) continue;
    options.targets.push_back({.runner = &home->sequencer(), .keeper = &home->head_keeper()});
  }
  options.connect = [this](const std::string& trust_domain, const std::string& target) {
    return Connect(trust_domain, target);
  };
  options.on_vouched = [this](const std::string& origin) {
    hooks_.log->Event("head_vouched", {{"origin", origin}, {"by", "partners' witnesses"}});
  };
  options.on_contradicted = [this](const std::string& origin, const absl::Status& why) {
    Contradicted(origin, why);
  };
  vouching_ = std::make_unique<PeerVouching>(std::move(options));
}

// Somebody holds, signed by our key, a head that is none of this log.
void Daemon::Contradicted(const std::string& origin, const absl::Status& why) {
  hooks_.log->Event("own_ledger_contradicted", {{"origin", origin}, {"why", why.message()}});
  Find(origin.substr(origin.rfind('/') + 1))->RefuseHeads(std::string(why.message()));
}

void Daemon::StartScrubber() {
  Scrubber::Options options;
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    if (home->barred()) continue;
    const RocksLedger& ledger = home->ledger();
    options.targets.push_back(
        {.ledger = &ledger,
         .log = &ledger.stored_log(),
         .verify_files = [&ledger](const auto& go_on) { return ledger.VerifyFileChecksums(go_on); },
         .on_altered =
             [this, home = home.get()](const std::string& what) {
               const absl::Status noted = home->Bar(what);
               hooks_.log->Event("ledger_altered",
                                 {{"origin", home->ledger().origin()},
                                  {"what", what},
                                  {"noted", noted.ok() ? "yes" : noted.message()}});
               ShowBarred();
             }});
  }
  scrubber_ = std::make_unique<Scrubber>(std::move(options));
}

// Health of the whole node stays as it is: its other ledgers serve.
void Daemon::ShowBarred() {
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    if (home->barred()) admin_->SetServing(home->module(), AdminServer::Serving::kNo);
  }
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Daemon::Connect(const std::string& trust_domain,
                                                               const std::string& target,
                                                               int answer_size_max) const {
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials,
                   trust::MakeChannelCredentials({.certificate_path = folder_.certificate_path(),
                                                  .key_path = folder_.key_path(),
                                                  .bundles = bundles_,
                                                  .expected_trust_domain = trust_domain}));
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectBackoffMaxMs);
  arguments.SetMaxReceiveMessageSize(answer_size_max);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

// The organization's own: here, or where its record says.
absl::Status Daemon::StartWitness() {
  const std::string& own = folder_.record.trust_domain();
  if (!federation::WitnessOf(folder_.record).has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder_.path, ": the organization's record names no key of its witness"));
  }
  LedgerHome* const home = Find("witness");
  if (home == nullptr) {
    ASSIGN_OR_RETURN(auto channel,
                     Connect(own, trust::record::TargetOf(folder_.record, "witness")));
    witness_ = std::make_unique<federation::RemoteCosigner>(std::move(channel));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const SigningKey key, folder_.WitnessKey());
  witness_ = std::make_unique<OwnWitness>(OwnWitness::Options{
      .runner = &home->sequencer(), .clock = clock_.get(), .trust_domain = own, .key = key});
  return absl::OkStatus();
}

absl::Status Daemon::StartMetrics() {
  ASSIGN_OR_RETURN(
      metrics_, MetricsServer::Start(config_.metrics_listen, [this] { return RenderMetrics(); }));
  return absl::OkStatus();
}

absl::Status Daemon::WriteEndpoints() const {
  const bool exercise = homes_.front()->exercise().kind == Exercise::Kind::kExercise;
  const std::string services =
      absl::StrJoin(modules_, ",", [](std::string* out, const Module* module) {
        absl::StrAppend(out, rpc::JsonString(module->service));
      });
  return data_->WriteEndpoints(absl::StrCat(
      "{", JsonField("organization", folder_.record.organization()), ",",
      JsonField("trust_domain", folder_.record.trust_domain()), ",",
      JsonField("officers", officers_.target), ",", JsonField("federation", federation_.target),
      ",", JsonField("metrics", metrics_->target()), ",",
      JsonField("admin", absl::StrCat("unix:", config_.admin_socket)), ",\"services\":[", services,
      "],\"exercise\":", exercise ? "true" : "false", "}\n"));
}

void Daemon::Stop(absl::Duration patience) {
  if (admin_ != nullptr) admin_->SetServing(AdminServer::Serving::kNo);
  if (federation_handler_ != nullptr) federation_handler_->Stop();
  metrics_.reset();  // It shows what goes away below.
  scrubber_.reset();
  vouching_.reset();
  if (deposit_keeper_ != nullptr) deposit_keeper_->End();
  feeds_.clear();
  deposit_keeper_.reset();
  for (const std::unique_ptr<LedgerHome>& home : homes_) home->Drain();
  if (edge_ != nullptr) edge_->Drain();
  StopServers({&officers_, &federation_}, patience);
  officers_.server.reset();
  federation_.server.reset();
  federation_handler_.reset();
  deposit_handler_.reset();
  kept_deposits_.reset();
  witness_.reset();
  edge_.reset();
  trust_.reset();
  homes_.clear();
  admin_.reset();
  data_.reset();
}

LedgerHome* Daemon::Find(absl::string_view service) const {
  for (const std::unique_ptr<LedgerHome>& home : homes_) {
    if (home->module().service == service) return home.get();
  }
  return nullptr;
}

LedgerHome& Daemon::FactsHome() const {
  LedgerHome* directory = Find("directory");
  return directory == nullptr ? *homes_.front() : *directory;
}

}  // namespace ch8::node

#include "services/node/ledger_service.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "services/federation/core/cosignatures.h"
#include "services/federation/core/peers.h"
#include "services/kernel/ledger_reads.h"
#include "services/node/ledger_authority.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

namespace v1 = chapter8::ledger::v1;
using kernel::Context;
using kernel::Outcome;
using kernel::ReadPath;
using kernel::State;

constexpr absl::string_view kService = "/chapter8.ledger.v1.LedgerService/";

std::string Method(absl::string_view name) { return absl::StrCat(kService, name); }

// What a command that reads entries asks for; nothing when it does not want to wait.
std::optional<v1::ReadEntriesRequest> WaitingRead(const kernel::Command& command) {
  v1::ReadEntriesRequest request;
  if (command.method != Method("ReadEntries") || !request.ParseFromString(command.request) ||
      request.wait_ms() == 0) {
    return std::nullopt;
  }
  return request;
}

}  // namespace

LedgerService::LedgerService(const Options& options) : options_(options) {
  const auto add = [this](auto request, absl::string_view name, auto answer) {
    routes_.AddRead<decltype(request)>(
        Method(name), ReadPath::kSnapshot,
        [answer](const Context&, const decltype(request)& read, const State& state) {
          return answer(read, state);
        });
  };
  const auto noted = [this](auto prove) {
    return [this, prove](const auto& request, const State&) -> decltype(prove("", request)) {
      ASSIGN_OR_RETURN(const std::string note, options_.runner.SignedNote());
      return prove(note, request);
    };
  };
  add(v1::GetCheckpointRequest(), "GetCheckpoint",
      noted([this](const std::string& note, const v1::GetCheckpointRequest&) {
        return kernel::ReadCheckpoint(options_.runner.ledger(), note);
      }));
  add(v1::GetInclusionProofRequest(), "GetInclusionProof",
      noted([this](const std::string& note, const v1::GetInclusionProofRequest& request) {
        return kernel::ProveInclusion(options_.runner.ledger(), note, request);
      }));
  add(v1::GetConsistencyProofRequest(), "GetConsistencyProof",
      noted([this](const std::string& note, const v1::GetConsistencyProofRequest& request) {
        return kernel::ProveConsistency(options_.runner.ledger(), note, request);
      }));
  add(v1::ReadEntriesRequest(), "ReadEntries",
      [this](const v1::ReadEntriesRequest& request, const State&) {
        return kernel::ReadEntries(options_.runner.ledger(), request);
      });
  add(v1::ListPeersRequest(), "ListPeers",
      [](const v1::ListPeersRequest& request, const State& state) {
        return federation::ListPeers(state.rows, request);
      });
  add(v1::ListCosignaturesRequest(), "ListCosignatures",
      [](const v1::ListCosignaturesRequest& request, const State& state) {
        return federation::ListCosignatures(state.rows, request);
      });
  add(v1::ListEvidenceRequest(), "ListEvidence",
      [](const v1::ListEvidenceRequest& request, const State& state) {
        return federation::ListEvidence(state.rows, request);
      });
  AddSeals();
}

void LedgerService::AddSeals() {
  const auto add = [this](auto request, absl::string_view name, auto answer) {
    sealers_.insert(Method(name));
    routes_.AddRead<decltype(request)>(Method(name), ReadPath::kSnapshot,
                                       [answer](const Context&, const decltype(request)& read,
                                                const State&) { return answer(read); });
  };
  Sealer& sealer = options_.sealer;
  add(v1::SealLedgerRequest(), "SealLedger", [&sealer](const auto&) { return sealer.Seal(); });
  add(v1::ProveBalanceRequest(), "ProveBalance",
      [&sealer](const auto& request) { return sealer.ProveBalance(request); });
  add(v1::ReadSealRowsRequest(), "ReadSealRows",
      [&sealer](const auto& request) { return sealer.ReadRows(request); });
}

bool LedgerService::Answers(absl::string_view method) const {
  return routes_.FindRead(method) != nullptr;
}

void LedgerService::Answer(kernel::Command command, kernel::Runner::Done done) const {
  if (sealers_.contains(command.method)) {
    Outcome refused;
    std::function<bool()> is_wanted = command.is_wanted;
    refused.status = options_.sealer.Submit(
        {.run = [this, command = std::move(command), done] { done(Read(command)); },
         .is_wanted = std::move(is_wanted)});
    if (!refused.status.ok()) done(std::move(refused));
    return;
  }
  const uint64_t size = options_.runner.ledger().durable_size();
  Outcome outcome = Read(command);
  const std::optional<v1::ReadEntriesRequest> waiting = WaitingRead(command);
  if (!outcome.status.ok() || !waiting.has_value() || waiting->begin() < size) {
    return done(std::move(outcome));
  }
  outcome = Outcome();
  outcome.status = options_.growth.Watch(
      waiting->begin(), std::min(absl::Milliseconds(waiting->wait_ms()), kLongestWait),
      [this, command = std::move(command), done] { done(Read(command)); });
  if (!outcome.status.ok()) done(std::move(outcome));
}

Outcome LedgerService::Read(const kernel::Command& command) const {
  const kernel::Routes::ReadRoute* route = routes_.FindRead(command.method);
  Check(route != nullptr, "not a read of the ledger");
  const std::unique_ptr<Snapshot> snapshot = options_.runner.ledger().TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const kernel::NoAccounts no_accounts;
  Outcome outcome;
  outcome.status = AuthorizeOn(rows, command, options_.clock.Now());
  if (!outcome.status.ok()) return outcome;
  absl::StatusOr<std::string> reply =
      route->read(Context(), command.request, State{rows, no_accounts});
  outcome.status = reply.ok() ? rows.status() : reply.status();
  if (outcome.status.ok()) outcome.reply = *std::move(reply);
  return outcome;
}

}  // namespace ch8::node

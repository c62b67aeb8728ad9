#include "clients/cli/node_recover.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "chapter8/federation/v1/deposit_service.pb.h"
#include "clients/cli/session.h"
#include "clients/lib/retry.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
#include "storage/base/hash.h"
#include "storage/base/sealed_box.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

namespace fs = std::filesystem;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::federation::v1::Deposit;
using chapter8::federation::v1::FetchDepositsRequest;
using chapter8::federation::v1::FetchDepositsResponse;
using chapter8::federation::v1::GivenBack;
using chapter8::federation::v1::OpenedDeposit;

constexpr char kFetchDeposits[] = "/chapter8.federation.v1.DepositService/FetchDeposits";
constexpr absl::Duration kPatience = absl::Seconds(60);

absl::StatusOr<OrganizationRecord> ReadRecord(const std::string& path) {
  ASSIGN_OR_RETURN(const auto signed_record, trust::ReadRecordFile(path));
  return trust::VerifyFirstContact(signed_record);
}

// Where the partner's node that may keep a service's copy listens: the one that reads that service.
std::string TargetOf(const OrganizationRecord& peer, absl::string_view service) {
  std::string target;
  for (const auto& endpoint : peer.endpoints()) {
    if (endpoint.service() == service) return endpoint.target();
    if (endpoint.service() == "federation") target = endpoint.target();
  }
  return target;
}

absl::StatusOr<OpenedDeposit> Opened(const SigningKey& root_key, Deposit deposit) {
  OpenedDeposit opened;
  opened.set_sealed_digest(std::string(Sha256(deposit.sealed()).view()));
  ASSIGN_OR_RETURN(const std::string content, OpenBox(root_key, deposit.sealed()));
  if (!opened.mutable_content()->ParseFromString(content)) {
    return absl::DataLossError("what a deposit holds does not parse");
  }
  deposit.clear_sealed();
  *opened.mutable_deposit() = std::move(deposit);
  return opened;
}

// One ledger's copy, on its way from a partner into the data folder.
class Recovery {
 public:
  Recovery(std::string origin, const std::string& data)
      : origin_(std::move(origin)),
        service_(origin_.substr(origin_.rfind('/') + 1)),
        folder_(absl::StrCat(data, "/", service_, "/given_back")),
        fresh_(folder_ + ".new"),
        ledger_(absl::StrCat(data, "/", service_, "/ledger")) {}

  const std::string& service() const { return service_; }
  uint64_t size() const { return size_; }
  uint64_t count() const { return count_; }
  bool ledger_is_there() const {
    std::error_code error;
    return fs::exists(ledger_, error);
  }

  absl::Status Begin() {
    std::error_code error;
    fs::remove_all(fresh_, error);
    if (!error) fs::create_directories(fresh_, error);
    if (!error) fs::permissions(fresh_, fs::perms::owner_all, error);
    if (error) {
      return absl::UnavailableError(absl::StrCat("cannot make ", fresh_, ": ", error.message()));
    }
    return absl::OkStatus();
  }

  // Errors: kDataLoss when a deposit is not for this organization, or was altered; those of
  // writing.
  absl::Status Take(const SigningKey& root_key, FetchDepositsResponse& response) {
    GivenBack given;
    given.set_newest_note(response.newest_note());
    for (Deposit& deposit : *response.mutable_deposits()) {
      if (deposit.complete()) size_ = deposit.end();
      ASSIGN_OR_RETURN(*given.add_deposits(), Opened(root_key, std::move(deposit)));
      ++count_;
    }
    return trust::WriteFileAtomically(absl::StrFormat("%s/%08d", fresh_, files_++),
                                      given.SerializeAsString(), trust::kPrivateMode);
  }

  // Puts it in the place of what another partner gave back before, if that is less.
  absl::StatusOr<bool> Finish() {
    ASSIGN_OR_RETURN(const uint64_t before, SizeOf(folder_));
    std::error_code error;
    if (before >= size_) {
      fs::remove_all(fresh_, error);
      return false;
    }
    fs::remove_all(folder_, error);
    if (!error) fs::rename(fresh_, folder_, error);
    if (error) {
      return absl::UnavailableError(absl::StrCat("cannot make ", folder_, ": ", error.message()));
    }
    return true;
  }

 private:
  // The entries that a folder of before has, complete.
  static absl::StatusOr<uint64_t> SizeOf(const std::string& folder) {
    uint64_t size = 0;
    std::error_code error;
    for (const auto& file : fs::directory_iterator(folder, error)) {
      GivenBack given;
      std::ifstream in(file.path(), std::ios::binary);
      if (!given.ParseFromIstream(&in)) {
        return absl::DataLossError(
            absl::StrCat(file.path().string(), " does not parse; remove ", folder));
      }
      for (const OpenedDeposit& opened : given.deposits()) {
        if (opened.deposit().complete()) size = std::max(size, opened.deposit().end());
      }
    }
    return size;
  }

  const std::string origin_;
  const std::string service_;
  const std::string folder_;
  const std::string fresh_;
  const std::string ledger_;
  uint64_t size_ = 0;
  uint64_t count_ = 0;
  int files_ = 0;
};

// Calls one partner with the node's own identity.
class Partner {
 public:
  Partner(const std::string& home, OrganizationRecord record, std::string target, Session& session)
      : home_(home), record_(std::move(record)), target_(std::move(target)), session_(session) {}

  const std::string& home() const { return home_; }  // Of the own organization.
  const std::string& trust_domain() const { return record_.trust_domain(); }

  // Errors: kNotFound when the partner keeps nothing of the ledger.
  absl::StatusOr<FetchDepositsResponse> Fetch(const std::string& origin, absl::string_view service,
                                              uint64_t after_count) {
    ASSIGN_OR_RETURN(client::Transport* const transport, TransportTo(service));
    FetchDepositsRequest request;
    request.set_origin(origin);
    request.set_after_count(after_count);
    client::WireCall call{
        .method = kFetchDeposits, .request = request.SerializeAsString(), .act = {}};
    const World& world = session_.world();
    call.deadline = world.clock.Now() + kPatience;
    FetchDepositsResponse response;
    RETURN_IF_ERROR(
        client::CallWithRetry({.clock = world.clock, .sleep = world.sleep}, {}, call.deadline, [&] {
          const client::WireReply reply = transport->Send(call);
          if (reply.status.ok() && !response.ParseFromString(reply.reply)) {
            return absl::InternalError("an answer of no form");
          }
          return reply.status;
        }));
    return response;
  }

 private:
  absl::StatusOr<client::Transport*> TransportTo(absl::string_view service) {
    const std::string target = target_.empty() ? TargetOf(record_, service) : target_;
    if (target.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the record of ", trust_domain(), " names no node that serves others: --target"));
    }
    std::unique_ptr<client::Transport>& transport = transports_[target];
    if (transport == nullptr) {
      client::ChannelOptions channel;
      channel.target = target;
      channel.trust_domain = trust_domain();
      channel.certificate_path = home_ + "/node/node.pem";
      channel.key_path = home_ + "/node/node.key";
      channel.ca_pem = record_.ca_bundle_pem();
      ASSIGN_OR_RETURN(transport, session_.world().connect(channel));
    }
    return transport.get();
  }

  const std::string home_;
  const OrganizationRecord record_;
  const std::string target_;  // Empty: as its record says.
  Session& session_;
  std::map<std::string, std::unique_ptr<client::Transport>> transports_;
};

// Whether the home's node has ever had the service's ledger.
bool HadLedger(const std::string& home, const std::string& service) {
  std::error_code error;
  return fs::exists(absl::StrCat(home, "/node/log-", service, ".created"), error);
}

// The row that says what became of one ledger.
absl::StatusOr<std::vector<std::string>> Recover(const std::string& origin, const std::string& data,
                                                 const SigningKey& root_key, Partner& partner,
                                                 Session& session) {
  Recovery recovery(origin, data);
  const auto row = [&](absl::string_view state) {
    const bool some = recovery.count() > 0;
    return std::vector<std::string>{recovery.service(), some ? absl::StrCat(recovery.size()) : "",
                                    some ? absl::StrCat(recovery.count()) : "", std::string(state)};
  };
  if (recovery.ledger_is_there()) return row("is there: left as it is");
  RETURN_IF_ERROR(recovery.Begin());
  uint64_t count = 0;
  do {
    auto response = partner.Fetch(origin, recovery.service(), recovery.count());
    if (absl::IsNotFound(response.status())) {
      if (!HadLedger(partner.home(), recovery.service())) return row("never was here");
      session.Differs();
      return row("not kept there");
    }
    RETURN_IF_ERROR(response.status());
    count = response->count();
    const bool none = response->deposits().empty();
    RETURN_IF_ERROR(recovery.Take(root_key, *response));
    if (none) break;
  } while (recovery.count() < count);
  if (recovery.size() == 0) {
    session.Differs();
    return row("nothing complete is kept there");
  }
  ASSIGN_OR_RETURN(const bool larger, recovery.Finish());
  return row(larger ? "brought" : "another partner gave back as much");
}

absl::Status RecoverNode(const Arguments& arguments, Session& session) {
  const std::string home = arguments.Get("home");
  const std::string data = arguments.Get("data");
  ASSIGN_OR_RETURN(const OrganizationRecord own, ReadRecord(home + "/org.record"));
  ASSIGN_OR_RETURN(const SigningKey root_key, trust::ReadSigningKey(home + "/root/root.key"));
  if (root_key.public_key().view() != own.root_public_key()) {
    return absl::InvalidArgumentError(
        absl::StrCat(home, "/root/root.key is not the root key that ", home, "/org.record names"));
  }
  ASSIGN_OR_RETURN(OrganizationRecord peer, ReadRecord(arguments.Get("from-peer")));
  if (peer.trust_domain() == own.trust_domain()) {
    return absl::InvalidArgumentError("--from-peer is the organization's own record");
  }
  Partner partner(home, std::move(peer), arguments.Get("target"), session);
  Table table;
  table.columns = {{"ledger"},
                   {"entries", Column::Align::kRight},
                   {"deposits", Column::Align::kRight},
                   {"state"}};
  std::set<std::string> origins;
  for (const auto& log_key : own.log_keys()) origins.insert(log_key.origin());
  bool brought = false;
  for (const std::string& origin : origins) {
    ASSIGN_OR_RETURN(table.rows.emplace_back(), Recover(origin, data, root_key, partner, session));
    brought = brought || table.rows.back().back() == "brought";
  }
  session.ShowTable(table);
  if (!brought) return absl::OkStatus();
  session.Say(absl::StrCat("next: 1. ask the other partners too: of each ledger the longest copy ",
                           "is taken"));
  session.Say(absl::StrCat("      2. take ", home, "/root/root.key offline again"));
  session.Say("      3. start the node: it makes the ledgers anew, and checks them first");
  return absl::OkStatus();
}

}  // namespace

Command RecoverCommand() {
  return {
      .path = {"node", "recover"},
      .summary = "bring back lost ledgers from the copies that a partner keeps",
      .parameters = {Required("home", "HOME", "of the organization, with root/root.key in it"),
                     Required("data", "DATA", "the node's data folder; ledgers that it has stay"),
                     Required("from-peer", "FILE", "the partner's record, as you pinned it"),
                     Optional("target", "HOST:PORT",
                              "the partner's node, if its record is out of date")},
      .run = RecoverNode,
      .notes =
          "The node must not run. What a partner keeps only the root key can open, and "
          "what comes out is in\nclear in DATA until the node has started. Exits with 1 "
          "when the partner keeps not all that is missing.\nSee "
          "ops/runbook/lost-disk.md.",
      .writes_files = true};
}

}  // namespace ch8::cli

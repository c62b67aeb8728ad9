#include "clients/cli/node_recover.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
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
constexpr char kBrought[] = "brought";

absl::StatusOr<OrganizationRecord> ReadRecord(const std::string& path) {
  ASSIGN_OR_RETURN(const auto signed_record, trust::ReadRecordFile(path));
  return trust::VerifyFirstContact(signed_record);
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
  bool ledger_is_there() const { return IsThere(ledger_); }
  bool given_back_is_there() const { return IsThere(folder_); }
  const std::string& folder() const { return folder_; }

  // Leaves nothing behind that is not finished: it is in clear.
  ~Recovery() {
    std::error_code error;
    fs::remove_all(fresh_, error);
  }
  Recovery(const Recovery&) = delete;
  Recovery& operator=(const Recovery&) = delete;

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
    for (Deposit& deposit : *response.mutable_deposits()) {
      if (deposit.begin() != end_ || deposit.end() < end_) {
        return absl::DataLossError(
            absl::StrCat("deposit ", count_, " does not follow on the last"));
      }
      end_ = deposit.end();
      if (deposit.complete()) size_ = end_;
      ASSIGN_OR_RETURN(*given.add_deposits(), Opened(root_key, std::move(deposit)));
      ++count_;
    }
    return trust::WriteFileAtomically(absl::StrFormat("%s/%08d", fresh_, files_++),
                                      given.SerializeAsString(), trust::kPrivateMode);
  }

  absl::Status Finish() {
    std::error_code error;
    fs::rename(fresh_, folder_, error);
    if (error) {
      return absl::UnavailableError(absl::StrCat("cannot make ", folder_, ": ", error.message()));
    }
    return absl::OkStatus();
  }

 private:
  static bool IsThere(const std::string& path) {
    std::error_code error;
    return fs::exists(path, error);
  }

  const std::string origin_;
  const std::string service_;
  const std::string folder_;
  const std::string fresh_;
  const std::string ledger_;
  uint64_t end_ = 0;   // Of the last deposit,
  uint64_t size_ = 0;  // and of the last complete one.
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
    const std::string target =
        target_.empty() ? trust::record::TargetOf(record_, service) : target_;
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
  if (recovery.given_back_is_there()) {
    return row(absl::StrCat("was brought before: remove ", recovery.folder(), " to ask again"));
  }
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
    if (response->deposits().empty()) break;
    RETURN_IF_ERROR(recovery.Take(root_key, *response));
  } while (recovery.count() < count);
  if (recovery.size() == 0) {
    session.Differs();
    return row("nothing complete is kept there");
  }
  RETURN_IF_ERROR(recovery.Finish());
  return row(kBrought);
}

// The services to bring; empty: all. Errors: kInvalidArgument for one that the record does not
// have.
absl::StatusOr<std::set<std::string>> Wanted(const std::string& list,
                                             const OrganizationRecord& own) {
  std::set<std::string> wanted;
  for (const absl::string_view service : absl::StrSplit(list, ',', absl::SkipEmpty())) {
    const std::string origin = absl::StrCat(own.trust_domain(), "/ch8/", service);
    const bool known = std::any_of(own.log_keys().begin(), own.log_keys().end(),
                                   [&](const auto& key) { return key.origin() == origin; });
    if (!known) {
      return absl::InvalidArgumentError(
          absl::StrCat("--services: ", own.trust_domain(), " has no ledger ", service));
    }
    wanted.emplace(service);
  }
  return wanted;
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
  ASSIGN_OR_RETURN(const std::set<std::string> wanted, Wanted(arguments.Get("services"), own));
  for (const auto& log_key : own.log_keys()) {
    const std::string service = log_key.origin().substr(log_key.origin().rfind('/') + 1);
    if (wanted.empty() || wanted.contains(service)) origins.insert(log_key.origin());
  }
  bool brought = false;
  absl::Status failed;
  for (const std::string& origin : origins) {
    const auto row = Recover(origin, data, root_key, partner, session);
    // What came before it is of use all the same.
    if (!row.ok()) {
      failed =
          absl::Status(row.status().code(), absl::StrCat(origin, ": ", row.status().message()));
      break;
    }
    brought = brought || row->back() == kBrought;
    table.rows.push_back(*row);
  }
  session.ShowTable(table);
  RETURN_IF_ERROR(failed);
  if (!brought) return absl::OkStatus();
  session.Say(absl::StrCat("next: 1. take ", home, "/root/root.key offline again"));
  session.Say("      2. start the node: it makes the ledgers anew, and checks them first");
  session.Say("      3. two administrators vouch for each: ch8 ledger waive SERVICE");
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
                     Optional("services", "LIST", "as of the daemon that lost them (default all)"),
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

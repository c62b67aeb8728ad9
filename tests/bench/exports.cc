#include "tests/bench/exports.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "storage/base/status_macros.h"
#include "tests/bench/batch_maker.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/shell.h"

namespace ch8::bench {
namespace {

using ch8::testing::OrganizationNode;
using ch8::testing::ProgramPath;
using ch8::testing::TwoNodes;
using chapter8::books::v1::OpenAccountsRequest;
using chapter8::books::v1::OpenAccountsResponse;
using chapter8::ledger::v1::GetHeadRequest;
using chapter8::ledger::v1::Head;
using chapter8::ledger::v1::ListPeersRequest;
using chapter8::ledger::v1::ListPeersResponse;

constexpr uint32_t kAccounts = 10'000;

absl::StatusOr<uint64_t> SizeOf(OrganizationNode& node) {
  GetHeadRequest request;
  request.set_origin(node.origin("finance"));
  ASSIGN_OR_RETURN(const Head head, node.As("auditor").Call<Head>(
                                        "ledger.v1.AdministrationService.GetHead", request));
  return head.size();
}

absl::Status Fill(OrganizationNode& node, const ExportsOptions& options) {
  OpenAccountsRequest open;
  open.set_count(kAccounts);
  open.set_unit("USD");
  open.set_floor(chapter8::books::v1::AccountOpened::NONE);
  open.set_request_id("bench-accounts");
  ASSIGN_OR_RETURN(
      const OpenAccountsResponse accounts,
      node.As("books").Call<OpenAccountsResponse>("books.v1.TransferService.OpenAccounts", open));
  BatchMaker maker(
      {.rows = options.batch, .first_account = accounts.first_account(), .accounts = kAccounts});
  ASSIGN_OR_RETURN(uint64_t size, SizeOf(node));
  for (; size < options.entries; size += options.batch + 1) {
    const client::WireReply reply =
        node.As("books").Send("books.v1.TransferService.PostTransfers", maker.Next());
    RETURN_IF_ERROR(reply.status);
  }
  return absl::OkStatus();
}

// The other organization has to hold a head that covers everything.
absl::Status AwaitHead(OrganizationNode& holder, const std::string& origin, uint64_t size) {
  ListPeersRequest request;
  request.set_origin(holder.origin("finance"));
  const bool held = ch8::testing::WaitUntil([&] {
    const auto peers =
        holder.As("auditor").Call<ListPeersResponse>("ledger.v1.LedgerService.ListPeers", request);
    if (!peers.ok()) return false;
    for (const auto& peer : peers->peers()) {
      if (peer.origin() == origin && peer.verified_size() >= size) return true;
    }
    return false;
  });
  return held ? absl::OkStatus() : absl::DeadlineExceededError("nobody else has the newest head");
}

// How long a command line took.
absl::StatusOr<absl::Duration> Run(const std::string& command) {
  const absl::Time began = absl::Now();
  const ch8::testing::ShellResult done = ch8::testing::RunShell(command);
  if (done.exit_code != 0) {
    return absl::InternalError(
        absl::StrCat(command, " ended with ", done.exit_code, ": ", done.output));
  }
  return absl::Now() - began;
}

uint64_t BytesIn(const std::string& folder) {
  uint64_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.is_regular_file()) bytes += file.file_size();
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Exports> MeasureExports(const ExportsOptions& options) {
  TwoNodes nodes;
  RETURN_IF_ERROR(Fill(nodes.un(), options));
  Exports result;
  ASSIGN_OR_RETURN(result.entries, SizeOf(nodes.un()));
  RETURN_IF_ERROR(AwaitHead(nodes.au(), nodes.un().origin("finance"), result.entries));
  const std::string out = options.directory + "/export";
  const std::string trust = options.directory + "/trust";
  const std::string heads = options.directory + "/heads";
  const std::string ch8 =
      absl::StrCat("CH8_CONFIG=", options.directory, "/config ", ProgramPath("ch8"), " ");
  for (OrganizationNode* node : {&nodes.un(), &nodes.au()}) {
    RETURN_IF_ERROR(Run(absl::StrCat(ch8, "context add ", node->organization(), " --officer-dir ",
                                     node->FilesOf("auditor").folder, " --endpoints ", node->data(),
                                     "/endpoints.json"))
                        .status());
  }
  RETURN_IF_ERROR(Run(absl::StrCat(ch8, "--as au audit trust --out ", trust)).status());
  RETURN_IF_ERROR(Run(absl::StrCat(ch8, "--as au audit head un --out ", heads)).status());
  ASSIGN_OR_RETURN(result.write, Run(absl::StrCat(ch8, "--as un audit export --out ", out)));
  ASSIGN_OR_RETURN(result.verify, Run(absl::StrCat(ProgramPath("ch8-verify"), " ", out, " --trust ",
                                                   trust, " --head ", heads)));
  result.bytes = BytesIn(out);
  return result;
}

}  // namespace ch8::bench

#include "tests/audit/two_ledgers.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/export/log_keys.h"
#include "clients/export/notes.h"
#include "clients/lib/client.h"
#include "services/books/seal_sums.h"
#include "services/federation/core/peer_log.h"
#include "services/federation/core/pull.h"
#include "storage/base/check.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/leaf.h"
#include "storage/merkle/tree.h"
#include "tests/audit/log_view.h"
#include "tests/support/data.h"

namespace ch8::testing {
namespace {

using chapter8::authz::v1::Role;
using chapter8::directory::v1::ListOrganizationsRequest;
using chapter8::directory::v1::ListOrganizationsResponse;
using chapter8::directory::v1::Organization;
using chapter8::federation::v1::PeerState;
using google::protobuf::Message;
namespace authz = chapter8::authz::v1;
namespace books = chapter8::books::v1;
namespace finance = chapter8::finance::v1;
namespace v1 = chapter8::ledger::v1;

constexpr char kFund[] = "organizations/un/funds/trust";
constexpr char kLine[] = "organizations/au/budgetLines/fuel";

void Must(const absl::Status& status, absl::string_view what) {
  Check(status.ok(), absl::StrCat(what, ": ", status.ToString()));
}
template <typename T>
T Must(absl::StatusOr<T> result, absl::string_view what) {
  Must(result.status(), what);
  return *std::move(result);
}

chapter8::type::v1::Date Day(absl::Duration from_now) {
  const absl::CivilDay day = absl::ToCivilDay(absl::Now() + from_now, absl::UTCTimeZone());
  chapter8::type::v1::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

chapter8::type::v1::Money Dollars(int64_t amount_minor) {
  chapter8::type::v1::Money money;
  money.set_currency_code("USD");
  money.set_amount_minor(amount_minor);
  return money;
}

// A request with an id of its own.
template <typename Request>
Request New() {
  Request request;
  request.set_request_id(client::NewRequestId());
  return request;
}

// One ledger, and the other that reads it.
struct Line {
  kernel::Runner& from;
  PublicKey key;
  kernel::Runner& to;
  std::string reader;  // The trust domain that reads.
};

template <typename Submit>
void Wait(Submit submit) {
  std::promise<absl::Status> done;
  submit([&done](kernel::Outcome outcome) { done.set_value(outcome.status); });
  Must(done.get_future().get(), "a delivery");
}

// One page, as the feed takes it; true when it brought something.
bool Carry(const Line& line) {
  const std::string& origin = line.from.ledger().origin();
  const auto row =
      line.to.ledger().TakeSnapshot()->Get(Table::kPeer, federation::PeerStateKey(origin));
  const PeerState state = Must(federation::PeerStateFrom(origin, *row), "state");
  const auto request = federation::NextPull(state);
  const std::string note = Must(line.from.SignedNote(), "note");
  const auto response = Must(federation::BuildPull({.ledger = line.from.ledger(),
                                                    .signed_note = note,
                                                    .caller = line.reader,
                                                    .ledger_time = absl::Now()},
                                                   request),
                             "pull");
  federation::VerifiedPage page = Must(
      federation::VerifyPull({.origin = origin, .keys = {line.key}, .trust_domain = line.reader},
                             state, request, response, absl::Now()),
      "verify");
  const bool brought = !page.entries.empty();
  if (brought) {
    Wait([&](kernel::Runner::Done done) {
      line.to.SubmitInbound(std::move(page.entries), std::move(done));
    });
  }
  Wait([&](kernel::Runner::Done done) {
    line.to.SubmitPeerRows({federation::PeerStateRow(page.state)}, std::move(done));
  });
  return brought || page.grown;
}

}  // namespace

TwoLedgers::TwoLedgers() : un_(folder_.path().string(), "un"), au_(folder_.path().string(), "au") {
  un_.Pin(au_);
  au_.Pin(un_);
  for (OrganizationLedgers* ledgers : {&un_, &au_}) {
    ledgers->Appoint("mandate", authz::MANDATE_OFFICER);
    ledgers->Appoint("auditor", authz::AUDITOR);
  }
  un_.Appoint("manager", authz::FUND_MANAGER);
  un_.Appoint("approver", authz::APPROVER);
  un_.Appoint("bookkeeper", authz::BOOKKEEPER);
  au_.Appoint("requester", authz::REQUESTER);
  au_.Appoint("accepter", authz::ACCEPTER);
  Exchange();
  MakeMoney();
  Seal();
  MakeOffers();
  PostRows();
  Exchange();
  Seal();
  Exchange();
}

void TwoLedgers::Seal() {
  for (OrganizationLedgers* of : {&un_, &au_}) {
    for (kernel::Runner* runner : {&of->directory(), &of->finance()}) {
      v1::SealLedgerRequest request;
      request.set_origin(runner->ledger().origin());
      Must(of->Run(*runner, "auditor", "ledger.v1.LedgerService.SealLedger", request).status,
           "seal");
    }
  }
}

void TwoLedgers::Exchange() {
  bool brought = true;
  while (brought) {
    brought = false;
    for (const auto& [here, there] : {std::pair(&un_, &au_), std::pair(&au_, &un_)}) {
      const PublicKey directory = here->LogKey("directory").public_key();
      const PublicKey money = here->LogKey("finance").public_key();
      brought |= Carry({here->directory(), directory, here->finance(), here->domain()});
      brought |= Carry({here->finance(), money, there->finance(), there->domain()});
    }
  }
}

void TwoLedgers::MakeMoney() {
  for (OrganizationLedgers* ledgers : {&un_, &au_}) {
    auto operation = New<finance::CreateOperationRequest>();
    operation.set_operation_id("aussom");
    operation.mutable_resource()->set_title("Support and stabilization mission");
    operation.mutable_resource()->set_lead("organizations/au");
    Must(ledgers
             ->Run(ledgers->finance(), "mandate", "finance.v1.OperationService.CreateOperation",
                   operation)
             .status,
         "operation");
  }
  auto fund = New<finance::CreateFundRequest>();
  fund.set_fund_id("trust");
  fund.mutable_resource()->set_title("Trust fund");
  fund.mutable_resource()->set_source(finance::Fund::EXTRA_BUDGETARY);
  fund.mutable_resource()->set_currency_code("USD");
  fund.mutable_resource()->set_operation("operations/aussom");
  Must(un_.Run(un_.finance(), "manager", "finance.v1.FundService.CreateFund", fund).status, "fund");
  MakeCanary();
  auto import = New<finance::ImportContributionsRequest>();
  import.set_fund(kFund);
  finance::Contribution& paid = *import.add_contributions();
  paid.set_donor("GBR");
  paid.set_state(finance::Contribution::PAID);
  paid.set_form(finance::Contribution::FINANCIAL);
  *paid.mutable_original() = Dollars(1'000'000'00);
  *paid.mutable_decided_on() = Day(-absl::Hours(720));
  Must(un_.Run(un_.finance(), "manager", "finance.v1.FundService.ImportContributions", import)
           .status,
       "import");
  auto line = New<finance::CreateBudgetLineRequest>();
  line.set_budget_line_id("fuel");
  line.mutable_resource()->set_title("Fuel");
  line.mutable_resource()->set_operation("operations/aussom");
  line.mutable_resource()->set_currency_code("USD");
  Must(au_.Run(au_.finance(), "mandate", "finance.v1.BudgetService.CreateBudgetLine", line).status,
       "budget line");
}

void TwoLedgers::MakeCanary() {
  auto operation = New<finance::CreateOperationRequest>();
  operation.set_operation_id("elsewhere");
  operation.mutable_resource()->set_title(kCanary);
  operation.mutable_resource()->set_lead("organizations/un");
  Must(un_.Run(un_.finance(), "mandate", "finance.v1.OperationService.CreateOperation", operation)
           .status,
       "operation");
  auto fund = New<finance::CreateFundRequest>();
  fund.set_fund_id("elsewhere");
  fund.mutable_resource()->set_title(kCanary);
  fund.mutable_resource()->set_source(finance::Fund::EXTRA_BUDGETARY);
  fund.mutable_resource()->set_currency_code("USD");
  fund.mutable_resource()->set_operation("operations/elsewhere");
  Must(un_.Run(un_.finance(), "manager", "finance.v1.FundService.CreateFund", fund).status, "fund");
}

std::string TwoLedgers::Reserve(const std::string& request, int64_t amount_minor) {
  auto make = New<finance::MakeOfferRequest>();
  make.mutable_resource()->set_request(request);
  make.mutable_resource()->set_fund(kFund);
  *make.mutable_resource()->mutable_amount() = Dollars(amount_minor);
  *make.mutable_resource()->mutable_amount_min() = Dollars(amount_minor / 2);
  make.mutable_resource()->mutable_hold_duration()->set_seconds(86'400);
  const auto offer = Must(
      un_.Call<finance::Offer>(un_.finance(), "manager", "finance.v1.OfferService.MakeOffer", make),
      "offer");
  auto approve = New<finance::ApproveOfferRequest>();
  approve.set_name(offer.name());
  Must(un_.Run(un_.finance(), "approver", "finance.v1.OfferService.ApproveOffer", approve).status,
       "approve");
  Exchange();
  return offer.name();
}

void TwoLedgers::MakeOffers() {
  auto make = New<finance::MakeRequestRequest>();
  make.mutable_resource()->set_addressee("organizations/un");
  make.mutable_resource()->set_operation("operations/aussom");
  make.mutable_resource()->set_budget_line(kLine);
  *make.mutable_resource()->mutable_amount() = Dollars(500'000'00);
  *make.mutable_resource()->mutable_needed_by() = Day(absl::Hours(720));
  const auto request =
      Must(au_.Call<finance::FundingRequest>(au_.finance(), "requester",
                                             "finance.v1.RequestService.MakeRequest", make),
           "request");
  Exchange();
  auto accept = New<finance::AcceptOfferRequest>();
  accept.set_name(Reserve(request.name(), 100'000'00));
  *accept.mutable_amount() = Dollars(80'000'00);
  Must(au_.Run(au_.finance(), "accepter", "finance.v1.OfferService.AcceptOffer", accept).status,
       "accept");
  auto reject = New<finance::RejectOfferRequest>();
  reject.set_name(Reserve(request.name(), 10'000'00));
  reject.set_reason(books::Reject::TERMS);
  Must(au_.Run(au_.finance(), "accepter", "finance.v1.OfferService.RejectOffer", reject).status,
       "reject");
  Reserve(request.name(), 1'000'00);
}

void TwoLedgers::PostRows() {
  auto open = New<books::OpenAccountsRequest>();
  open.set_count(2);
  open.set_unit("TENT");
  open.set_floor(books::AccountOpened::NONE);
  const auto opened =
      Must(un_.Call<books::OpenAccountsResponse>(un_.finance(), "bookkeeper",
                                                 "books.v1.TransferService.OpenAccounts", open),
           "accounts");
  auto post = New<books::PostTransfersRequest>();
  const auto add = [&](uint64_t id, books::TransferRow::Kind kind, uint64_t amount) {
    books::TransferRow& row = *post.add_rows();
    row.set_id_low(id);
    row.set_debit_account(opened.first_account());
    row.set_credit_account(opened.first_account() + 1);
    row.set_amount(amount);
    row.set_kind(kind);
    if (kind == books::TransferRow::POST_HELD) row.set_hold_id_low(2);
  };
  add(1, books::TransferRow::POST, 40);
  add(2, books::TransferRow::HOLD, 10);
  add(3, books::TransferRow::POST_HELD, 8);
  // More than one tile and bundle of them.
  constexpr uint64_t kRows = 300;
  for (uint64_t id = 4; id <= kRows; ++id) add(id, books::TransferRow::POST, id);
  const auto posted =
      Must(un_.Call<books::PostTransfersResponse>(un_.finance(), "bookkeeper",
                                                  "books.v1.TransferService.PostTransfers", post),
           "rows");
  Check(posted.applied() == kRows, "rows were refused");
  // A pair that cancels each other, in requests of their own.
  for (const bool back : {false, true}) {
    auto one = New<books::PostTransfersRequest>();
    books::TransferRow& row = *one.add_rows();
    row.set_id_low(kRows + (back ? 2 : 1));
    row.set_debit_account(opened.first_account() + (back ? 1 : 0));
    row.set_credit_account(opened.first_account() + (back ? 0 : 1));
    row.set_amount(50);
    Must(un_.Run(un_.finance(), "bookkeeper", "books.v1.TransferService.PostTransfers", one).status,
         "row");
  }
}

std::vector<Organization> TwoLedgers::OrganizationsAt(OrganizationLedgers& ledgers) {
  const auto list =
      Must(ledgers.Call<ListOrganizationsResponse>(
               ledgers.directory(), "auditor", "directory.v1.DirectoryService.ListOrganizations",
               ListOrganizationsRequest()),
           "organizations");
  return {list.organizations().begin(), list.organizations().end()};
}

std::string TwoLedgers::Trust() {
  return audit::FormatTrust(Must(audit::LogKeysOf(OrganizationsAt(au_)), "keys"));
}

std::string TwoLedgers::HeadsOfUn() {
  v1::ListPeersRequest request;
  request.set_origin(au_.origin("finance"));
  const auto peers =
      Must(au_.Call<v1::ListPeersResponse>(au_.finance(), "auditor",
                                           "ledger.v1.LedgerService.ListPeers", request),
           "peers");
  for (const v1::Peer& peer : peers.peers()) {
    if (peer.origin() == un_.origin("finance")) return audit::JoinNotes({peer.checkpoint_note()});
  }
  return "";
}

namespace {

// A ledger told anew, under a head of its own.
class LyingNode {
 public:
  LyingNode(OrganizationLedgers& ledgers, kernel::Runner& runner, const TwoLedgers::Lie& lie)
      : origin_(runner.ledger().origin()) {
    v1::ReadEntriesRequest request;
    request.set_origin(origin_);
    const auto page = Must(ledgers.Call<v1::ReadEntriesResponse>(
                               runner, "auditor", "ledger.v1.LedgerService.ReadEntries", request),
                           "entries");
    Check(static_cast<uint64_t>(page.entries_size()) == page.size(), "one page holds it all");
    entries_.assign(page.entries().begin(), page.entries().end());
    lie(entries_);
    SealAnew();
    Frontier tree;
    for (const v1::LoggedEntry& entry : entries_) tree.Append(LeafHash(LeafOf(entry)));
    const std::string service = origin_.substr(origin_.rfind('/') + 1);
    head_.set_origin(origin_);
    head_.set_size(tree.size());
    head_.set_root(std::string(tree.Root().view()));
    head_.set_note(
        Must(SignCheckpoint({.origin = origin_, .size = tree.size(), .root = tree.Root()},
                            ledgers.LogKey(service)),
             "note"));
  }

  // Answers what is asked of this ledger; false when it is another's.
  bool Answer(const Message& request, Message& response) const {
    if (const auto* read = dynamic_cast<const v1::ReadEntriesRequest*>(&request);
        read != nullptr && read->origin() == origin_) {
      v1::ReadEntriesResponse page;
      page.set_begin(read->begin());
      page.set_size(head_.size());
      for (uint64_t i = read->begin(); i < read->end(); ++i) *page.add_entries() = entries_[i];
      response.CopyFrom(page);
      return true;
    }
    if (const auto* rows = dynamic_cast<const v1::ReadSealRowsRequest*>(&request);
        rows != nullptr && rows->origin() == origin_) {
      v1::SealRows secret;
      secret.set_index(rows->index());
      secret.set_secret(std::string(kSecret.view()));
      response.CopyFrom(secret);
      return true;
    }
    const auto* head = dynamic_cast<const v1::GetCheckpointRequest*>(&request);
    if (head == nullptr || head->origin() != origin_) return false;
    response.CopyFrom(head_);
    return true;
  }

 private:
  inline static const Hash kSecret = Sha256("a liar's secret");

  Leaf LeafOf(const v1::LoggedEntry& entry) const {
    Leaf leaf{.entry_class = static_cast<EntryClass>(entry.entry_class()),
              .tag = {},
              .payload_commit = PayloadCommit(LogId(origin_, entries_.front().payload()),
                                              *Hash::FromBytes(entry.salt()), entry.payload())};
    std::copy(entry.tag().begin(), entry.tag().end(), leaf.tag.begin());
    return leaf;
  }

  // A liar sums up what was made up. What cannot be summed up stays as it was.
  void SealAnew() {
    ch8::books::SealSums sums;
    for (v1::LoggedEntry& logged : entries_) {
      v1::Entry entry;
      if (LogView::IsRow(logged) || !entry.ParseFromString(logged.payload()) || !entry.has_seal()) {
        continue;
      }
      while (sums.size() < std::min<uint64_t>(entry.seal().size(), entries_.size())) {
        const v1::LoggedEntry& next = entries_[sums.size()];
        const Leaf leaf = LeafOf(next);
        if (!sums.Add({.index = sums.size(),
                       .entry_class = leaf.entry_class,
                       .tag = leaf.tag,
                       .payload = next.payload()},
                      LeafHash(leaf))
                 .ok()) {
          return;
        }
      }
      *entry.mutable_seal() = ch8::books::SealTree(sums, kSecret).SealOf(sums);
      logged.set_payload(entry.SerializeAsString());
    }
  }

  const std::string origin_;
  std::vector<v1::LoggedEntry> entries_;
  v1::Checkpoint head_;
};

}  // namespace

void TwoLedgers::Export(const ExportParts& parts) { Must(TryExport(parts), "export"); }

absl::Status TwoLedgers::TryExport(const ExportParts& parts) {
  OrganizationLedgers& of = parts.of;
  const auto runner_of = [&of](const Message& request) -> kernel::Runner& {
    const std::string origin = request.GetReflection()->GetString(
        request, request.GetDescriptor()->FindFieldByName("origin"));
    return origin == of.origin("finance") ? of.finance() : of.directory();
  };
  std::unique_ptr<LyingNode> liar;
  if (!parts.lie_about.empty()) {
    kernel::Runner& runner =
        parts.lie_about == of.origin("finance") ? of.finance() : of.directory();
    liar = std::make_unique<LyingNode>(of, runner, parts.lie);
  }
  const auto call = [&](absl::string_view rpc, const Message& request, Message& response) {
    if (liar != nullptr && liar->Answer(request, response)) return absl::OkStatus();
    const kernel::Outcome outcome = of.Run(runner_of(request), "auditor", rpc, request);
    if (outcome.status.ok()) Check(response.ParseFromString(outcome.reply), "a reply");
    return outcome.status;
  };
  return audit::WriteExport({.directory = parts.directory,
                             .organizations = OrganizationsAt(of),
                             .selectors = parts.disclose},
                            call)
      .status();
}

std::map<std::string, std::string> FilesIn(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
    if (!file.is_regular_file()) continue;
    const std::string name = std::filesystem::relative(file.path(), directory).string();
    files[name] = ReadFile(file.path().string());
  }
  return files;
}

void SumAnew(const std::string& directory) {
  std::filesystem::remove(directory + "/SHA256SUMS");
  std::string sums;
  for (const auto& [name, content] : FilesIn(directory)) {
    absl::StrAppend(&sums, Sha256(content).ToHex(), "  ", name, "\n");
  }
  std::ofstream(directory + "/SHA256SUMS", std::ios::binary) << sums;
}

}  // namespace ch8::testing

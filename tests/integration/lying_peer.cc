// ch8-lying-peer: an organization's federation port that has its real keys and lies.
//
//   ch8-lying-peer --home HOME --organization ID --peer HOME --port PORT --lie LIE
//
// HOME are organizations' homes as `ch8 org init` writes them: its own, for certificate and log
// key, and the victim's, for the authority that its callers are checked against. It first serves
// one honest request for money, REQ-<ID>-26-0001. Once that is taken there are two more, and it
// lies about them; after SIGUSR1 it is honest. Lies: those of tests/support/node_lies.h, and
//
//   silence              calls are taken and never answered
//   fork                 another history, of the same size as the one taken
//   wrong-tag            an entry whose leaf has another step's tag, really in the log
//   wrong-terms          a RESERVE whose terms hash is not that of its terms
//   bad-terms            a RESERVE of another currency than it was asked for
//   post-without-accept  a RESERVE, and a POST that nobody accepted
//
// or, as an information ledger that releases the report RPT-<ID>-26-0001:
//
//   other-body           the body of another digest
//   long-body            a body of the report's digest that is longer than any may be
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "chapter8/federation/v1/federation_service.grpc.pb.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "services/kernel/bodies.h"
#include "services/rpc/status.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_home.h"
#include "services/trust/tls.h"
#include "services/trust/trust_bundles.h"
#include "storage/base/check.h"
#include "tests/support/node_forged_log.h"
#include "tests/support/node_lies.h"
#include "tests/support/node_wait.h"

namespace ch8::testing {
namespace {

using chapter8::books::v1::TransferStep;
using chapter8::federation::v1::FetchBodyRequest;
using chapter8::federation::v1::FetchBodyResponse;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;
using chapter8::ledger::v1::Entry;

std::atomic<bool> honest_now{false};
std::atomic<bool> stop{false};

using Flags = std::map<std::string, std::string>;

template <typename T>
T Must(absl::StatusOr<T> result, absl::string_view what) {
  Check(result.ok(), absl::StrCat(what, ": ", result.status().ToString()));
  return *std::move(result);
}

Entry FundingRequestEntry(const std::string& organization, int number) {
  chapter8::finance::v1::FinanceEvent event;
  auto& request = *event.mutable_request_recorded()->mutable_request();
  request.set_name(
      absl::StrFormat("requests/REQ-%s-26-%04d", absl::AsciiStrToUpper(organization), number));
  request.set_requester("organizations/" + organization);
  request.set_addressee("organizations/un");
  request.set_operation("operations/aussom");
  request.set_budget_line(absl::StrCat("organizations/", organization, "/budgetLines/support"));
  request.mutable_amount()->set_currency_code("USD");
  request.mutable_amount()->set_amount_minor(100'00);
  request.mutable_needed_by()->set_year(2030);
  request.mutable_needed_by()->set_month(1);
  request.mutable_needed_by()->set_day(1);
  request.set_state(chapter8::finance::v1::FundingRequest::OPEN);
  Entry entry;
  entry.set_domain_event(event.SerializeAsString());
  return entry;
}

// An offer of the liar's that answers no request of the victim's.
Entry ReserveEntry(const std::string& organization, const std::string& currency) {
  chapter8::finance::v1::OfferTerms terms;
  terms.set_offer(absl::StrCat("offers/OFF-", absl::AsciiStrToUpper(organization), "-26-0001"));
  terms.set_request("requests/REQ-UN-26-0001");
  terms.set_operation("operations/aussom");
  terms.set_budget_line("organizations/un/budgetLines/support");
  terms.set_fund(absl::StrCat("organizations/", organization, "/funds/trust"));
  terms.set_currency_code(currency);
  terms.set_amount_minor(50'00);
  Entry entry;
  TransferStep& step = *entry.mutable_step();
  step.set_transfer_id("0123456789abcdef");
  step.set_giver_origin(organization + ".example/ch8/finance");
  step.set_receiver_origin("un.example/ch8/finance");
  step.mutable_reserve()->set_terms(terms.SerializeAsString());
  step.mutable_reserve()->set_quantity(50'00);
  step.mutable_reserve()->set_quantity_min(50'00);
  step.mutable_reserve()->mutable_hold_duration()->set_seconds(3600);
  step.set_terms_hash(std::string(Sha256(step.reserve().terms()).view()));
  return entry;
}

Entry PostEntry(const Entry& reserve) {
  Entry entry = reserve;
  TransferStep& step = *entry.mutable_step();
  step.mutable_post()->set_quantity(50'00);
  step.mutable_post()->mutable_accept()->set_index(7);
  step.mutable_post()->mutable_accept()->set_leaf_hash(std::string(Hash::kSize, 'x'));
  return entry;
}

// Salt and content, as a body is fetched; no node stores one longer than kBodyContentSizeMax.
std::string BodyBytes(const std::string& lie) {
  chapter8::information::v1::ReportBody content;
  content.set_title("Movements");
  content.set_narrative(lie == "long-body" ? std::string(kernel::kBodyContentSizeMax, 'n') : "n");
  return kernel::MakeBody(Sha256("salt"), content.SerializeAsString()).bytes;
}

// A report that anybody may have, released to the victim.
Entry ReportEntry(const std::string& organization, const std::string& body) {
  chapter8::information::v1::InformationEvent event;
  auto& report = *event.mutable_report_released()->mutable_report();
  report.set_name(absl::StrFormat("reports/RPT-%s-26-0001", absl::AsciiStrToUpper(organization)));
  report.set_originator("organizations/" + organization);
  report.set_kind(chapter8::information::v1::Report::SITUATION);
  report.set_theme(chapter8::information::v1::Report::SECURITY);
  report.set_date_precision(chapter8::information::v1::Report::DAY);
  for (auto* date : {report.mutable_event_date(), report.mutable_retain_until()}) {
    date->set_year(2090);
    date->set_month(1);
    date->set_day(1);
  }
  report.set_place("NG");
  report.set_reliability(chapter8::information::v1::Report::B);
  report.set_credibility(2);
  report.set_tlp(chapter8::information::v1::CLEAR);
  report.set_classification(chapter8::information::v1::UNCLASSIFIED);
  report.set_body_digest(std::string(Sha256(body).view()));
  report.set_body_size_bytes(1);
  auto& disclosure = *event.mutable_report_released()->mutable_disclosure();
  disclosure.set_report(report.name());
  disclosure.set_giver(report.originator());
  disclosure.set_recipient("organizations/un");
  Entry entry;
  entry.set_domain_event(event.SerializeAsString());
  return entry;
}

bool IsAboutBodies(const std::string& lie) { return lie == "other-body" || lie == "long-body"; }

// The service whose ledger lies.
std::string ServiceOf(const Flags& flags) {
  return IsAboutBodies(flags.at("--lie")) ? "information" : "finance";
}

// The log, and the lie about it.
class Liar {
 public:
  Liar(const Flags& flags, const SigningKey& key, const std::string& record)
      : lie_(flags.at("--lie")),
        organization_(flags.at("--organization")),
        page_lie_(LieOf(lie_)),
        log_({.origin = absl::StrCat(organization_, ".example/ch8/", ServiceOf(flags)),
              .key = key,
              .organization_record = record}),
        other_history_({.origin = log_.origin(),
                        .key = key,
                        .organization_record = record,
                        .salt_seed = "another history"}) {
    if (IsAboutBodies(lie_)) {
      log_.Append(ReportEntry(organization_, BodyBytes(lie_)), kVictim);
      return;
    }
    log_.Append(FundingRequestEntry(organization_, 1), kVictim);
    other_history_.Append(FundingRequestEntry(organization_, 1), kVictim);
  }

  std::string Body() {
    std::puts("asked for a body");
    std::fflush(stdout);
    return lie_ == "other-body" && !honest_now ? "something else" : BodyBytes(lie_);
  }

  absl::StatusOr<PullResponse> Answer(const PullRequest& request) {
    if (request.origin() != log_.origin()) return absl::NotFoundError("no such ledger");
    if (request.after_number() > 0 && !IsAboutBodies(lie_)) GrowOnce();
    const bool lies = !honest_now && request.after_number() > 0;
    if (lies && lie_ == "silence") {
      WaitUntil([] { return stop || honest_now; }, absl::Hours(1));
      return absl::UnavailableError("nothing");
    }
    if (lies && lie_ == "fork") return other_history_.Pull(request, kVictim);
    absl::StatusOr<PullResponse> page = log_.Pull(request, kVictim);
    if (!page.ok()) return page;
    if (page->entries_size() == 0) {
      WaitUntil([] { return stop.load(); }, absl::Milliseconds(200));
    }
    if (!lies || !page_lie_.has_value() || page->entries_size() < 2) return page;
    return Told(*page_lie_, log_.key(), *std::move(page));
  }

 private:
  static constexpr char kVictim[] = "un.example";

  // Two more entries, once the first has been taken: the ones to lie about.
  void GrowOnce() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (grown_ || lie_ == "fork") return;
    grown_ = true;
    if (lie_ == "wrong-tag") {
      Tag tag{};
      tag.fill(1);
      log_.Append(FundingRequestEntry(organization_, 2), kVictim, {.tag = tag});
    } else if (lie_ == "wrong-terms") {
      Entry reserve = ReserveEntry(organization_, "USD");
      reserve.mutable_step()->set_terms_hash(std::string(Hash::kSize, 'x'));
      log_.Append(reserve, kVictim);
    } else if (lie_ == "bad-terms") {
      log_.Append(ReserveEntry(organization_, "QQQ"), kVictim);
    } else if (lie_ == "post-without-accept") {
      const Entry reserve = ReserveEntry(organization_, "USD");
      log_.Append(reserve, kVictim);
      log_.Append(PostEntry(reserve), kVictim);
    } else {
      log_.Append(FundingRequestEntry(organization_, 2), kVictim);
    }
    log_.Append(FundingRequestEntry(organization_, 3), kVictim);
  }

  const std::string lie_;
  const std::string organization_;
  const std::optional<Lie> page_lie_;
  ForgedLog log_;
  ForgedLog other_history_;
  std::mutex mutex_;
  bool grown_ = false;
};

class Service final : public chapter8::federation::v1::FederationService::Service {
 public:
  explicit Service(Liar& liar) : liar_(liar) {}

  grpc::Status Pull(grpc::ServerContext*, const PullRequest* request,
                    PullResponse* response) override {
    absl::StatusOr<PullResponse> answer = liar_.Answer(*request);
    if (!answer.ok()) return rpc::ToGrpcStatus(answer.status());
    *response = *std::move(answer);
    return grpc::Status::OK;
  }

  grpc::Status FetchBody(grpc::ServerContext*, const FetchBodyRequest*,
                         FetchBodyResponse* response) override {
    response->set_body(liar_.Body());
    return grpc::Status::OK;
  }

 private:
  Liar& liar_;
};

Flags FlagsOf(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i + 1 < argc; i += 2) flags[argv[i]] = argv[i + 1];
  for (const char* needed : {"--home", "--organization", "--peer", "--port", "--lie"}) {
    Check(flags.contains(needed), absl::StrCat("ch8-lying-peer wants ", needed));
  }
  return flags;
}

int Run(const Flags& flags) {
  const std::string home = flags.at("--home");
  const auto genesis = Must(trust::ReadGenesis(home + "/node/genesis.textproto"), "genesis");
  Liar liar(flags,
            Must(trust::ReadSigningKey(absl::StrCat(home, "/node/log-", ServiceOf(flags), ".key")),
                 "log key"),
            genesis.signed_record().SerializeAsString());
  Service service(liar);
  const auto bundles = Must(trust::TrustBundles::Create(), "bundles");
  const std::string authority =
      Must(trust::ReadSmallFile(flags.at("--peer") + "/node/ca.pem"), "the peer's ca.pem");
  Check(bundles->Set("un.example", authority).ok(), "the peer's ca.pem");
  const auto credentials =
      Must(trust::MakeServerCredentials({.certificate_path = home + "/node/node.pem",
                                         .key_path = home + "/node/node.key",
                                         .bundles = bundles}),
           "credentials");
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + flags.at("--port"), credentials);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  Check(server != nullptr, "the port is taken");
  std::puts("listening");
  std::fflush(stdout);
  WaitUntil([] { return stop.load(); }, absl::InfiniteDuration());
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

}  // namespace
}  // namespace ch8::testing

int main(int argc, char** argv) {
  signal(SIGUSR1, [](int) { ch8::testing::honest_now = true; });
  signal(SIGTERM, [](int) { ch8::testing::stop = true; });
  return ch8::testing::Run(ch8::testing::FlagsOf(argc, argv));
}

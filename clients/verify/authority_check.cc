#include "clients/verify/authority_check.h"

#include <algorithm>
#include <optional>

#include "absl/numeric/int128.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/finance/v1/allotment_service.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "chapter8/mandate/v1/reference_service.pb.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "clients/verify/refusal.h"
#include "clients/verify/unknown_fields.h"
#include "google/protobuf/descriptor.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"

namespace ch8::verify {
namespace {

using chapter8::authz::v1::Rule;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Post;
using chapter8::ledger::v1::Request;
using chapter8::type::v1::Money;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr absl::string_view kInternal = "/internal/";
constexpr absl::string_view kOfficer = "officer/";
constexpr absl::string_view kApproveOffer = "/chapter8.finance.v1.OfferService/ApproveOffer";

// The definitions whose rpcs a log may name. A static library leaves out what nobody names.
void LinkDefinitions() {
  chapter8::books::v1::PostTransfersRequest::descriptor();
  chapter8::directory::v1::WhoAmIRequest::descriptor();
  chapter8::finance::v1::GetAllotmentRequest::descriptor();
  chapter8::finance::v1::GetFundRequest::descriptor();
  chapter8::information::v1::GetErasureRequest::descriptor();
  chapter8::information::v1::GetReportRequest::descriptor();
  chapter8::ledger::v1::GetHeadRequest::descriptor();
  chapter8::logistics::v1::GetConsignmentRequest::descriptor();
  chapter8::logistics::v1::GetItemRequest::descriptor();
  chapter8::logistics::v1::GetOfferRequest::descriptor();
  chapter8::mandate::v1::GetDecisionRequest::descriptor();
  chapter8::mandate::v1::GetReferenceRequest::descriptor();
  chapter8::training::v1::GetExerciseRequest::descriptor();
}

// "officers/ada" for the caller "officer/ada".
std::string NameOfOfficer(const Request& request) {
  return absl::StrCat("officers/", absl::StripPrefix(request.caller(), kOfficer));
}

// Whether an officer holds `post` at `time_us`: its own, or acted in on that UTC day by a confirmed
// appointment.
bool Holds(const Officer& officer, const std::string& post, int64_t time_us) {
  if (std::find(officer.posts().begin(), officer.posts().end(), post) != officer.posts().end()) {
    return true;
  }
  const auto day_of = [](const chapter8::type::v1::Date& date) {
    return absl::CivilDay(date.year(), date.month(), date.day());
  };
  const absl::CivilDay day = absl::ToCivilDay(absl::FromUnixMicros(time_us), absl::UTCTimeZone());
  return std::any_of(officer.acting().begin(), officer.acting().end(), [&](const auto& acting) {
    return acting.post() == post && acting.confirmed_by() != 0 &&
           day_of(acting.valid_from()) <= day && day <= day_of(acting.valid_to());
  });
}

// The rule that the rpc's definition declares, or nothing for one that is not known here.
std::optional<Rule> RuleOf(absl::string_view method) {
  LinkDefinitions();
  std::string name(absl::StripPrefix(method, "/"));
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* rpc = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (rpc == nullptr) return std::nullopt;
  return rpc->options().GetExtension(chapter8::authz::v1::rule);
}

}  // namespace

absl::Status AuthorityCheck::Refuse(uint64_t index, absl::string_view what) const {
  return RefuseEntry(origin_, index, what);
}

absl::Status AuthorityCheck::Take(const LogEntry& entry, const Request& request,
                                  const BooksModel& books) {
  if (entry.kind != LogEntry::Kind::kEntry) return absl::OkStatus();
  for (const auto& posting : entry.entry.postings()) {
    if (posting.hold() > 0) makers_.emplace(posting.hold_id(), request.person());
  }
  if (entry.entry.has_step() && entry.entry.step().has_reserve()) {
    return TakeReserve(entry, request, books);
  }
  if (entry.entry.has_request()) return TakeRequest(entry.index, entry.entry.request());
  if (entry.entry.has_fact()) return Learn(entry.index, entry.entry.fact());
  const bool directory = absl::EndsWith(origin_, "/ch8/directory");
  if (directory && entry.entry.has_domain_event()) {
    return Learn(entry.index, entry.entry.domain_event());
  }
  return absl::OkStatus();
}

absl::Status AuthorityCheck::Learn(uint64_t index, const std::string& event_bytes) {
  DirectoryEvent event;
  if (!event.ParseFromString(event_bytes) || HasUnknownFields(event)) {
    return Refuse(index, "a fact that this verifier does not know");
  }
  if (event.has_officer_recorded()) {
    officers_[event.officer_recorded().name()] = event.officer_recorded();
  } else if (event.has_post_recorded()) {
    posts_[event.post_recorded().name()] = event.post_recorded();
  }
  return absl::OkStatus();
}

absl::Status AuthorityCheck::TakeReserve(const LogEntry& entry, const Request& request,
                                         const BooksModel& books) const {
  if (request.method() != kApproveOffer) return absl::OkStatus();
  const auto& step = entry.entry.step();
  const auto maker = makers_.find(step.transfer_id());
  const BooksModel::Hold* hold = books.FindHold(step.transfer_id());
  if (maker == makers_.end() || hold == nullptr) {
    return Refuse(entry.index, "approves what was never made");
  }
  if (maker->second == request.person()) {
    return Refuse(entry.index, "was made and approved by one person (rule F-16)");
  }
  if (coverage_ == Coverage::kSample) return absl::OkStatus();
  const auto post = posts_.find(request.post());
  const auto limit = post == posts_.end() ? Money() : post->second.approval_limit();
  const bool within = limit.currency_code() == books.UnitOf(hold->debit) &&
                      absl::int128(step.reserve().quantity()) <= absl::int128(limit.amount_minor());
  return within ? absl::OkStatus()
                : Refuse(entry.index, "is above the limit of the post approved in (rule X-4)");
}

absl::Status AuthorityCheck::TakeRequest(uint64_t index, const Request& request) {
  if (!absl::StartsWith(request.method(), kInternal)) return CheckOfficer(index, request);
  if (request.has_act() || request.person() != 0 || !request.post().empty()) {
    return Refuse(index, "the ledger's own act bears somebody's name");
  }
  return absl::OkStatus();
}

absl::Status AuthorityCheck::CheckOfficer(uint64_t index, const Request& request) {
  const std::optional<Rule> rule = RuleOf(request.method());
  if (!rule.has_value()) {
    return Refuse(index,
                  absl::StrCat("an act that this verifier does not know: ", request.method()));
  }
  if (!absl::StartsWith(request.caller(), kOfficer)) {
    return Refuse(index, "the caller is no officer");
  }
  if (coverage_ == Coverage::kComplete) {
    RETURN_IF_ERROR(CheckFacts(index, request, *rule));
  }
  if (!request.has_act()) {
    return rule->signed_act() ? Refuse(index, "the officer's signature is missing")
                              : absl::OkStatus();
  }
  return CheckAct(index, request);
}

absl::Status AuthorityCheck::CheckFacts(uint64_t index, const Request& request,
                                        const Rule& rule) const {
  const std::string name = NameOfOfficer(request);
  const auto officer = officers_.find(name);
  if (officer == officers_.end() || officer->second.state() != Officer::ACTIVE) {
    return Refuse(index, absl::StrCat(name, " was no officer in office when this was logged"));
  }
  if (officer->second.person() != request.person()) {
    return Refuse(index, absl::StrCat(name, " is another person than the request says"));
  }
  if (!rule.roles().empty() || !request.post().empty()) {
    RETURN_IF_ERROR(CheckPost(index, request, officer->second));
  }
  if (request.has_act() && request.act().public_key() != officer->second.act_public_key()) {
    return Refuse(index, absl::StrCat("signed with another key than that of ", name));
  }
  return absl::OkStatus();
}

absl::Status AuthorityCheck::CheckPost(uint64_t index, const Request& request,
                                       const Officer& officer) const {
  const auto post = posts_.find(request.post());
  const bool held = Holds(officer, request.post(), request.time_us());
  if (!held || post == posts_.end() || post->second.state() != Post::ACTIVE) {
    return Refuse(index, absl::StrCat(officer.name(), " did not hold the post acted in"));
  }
  const std::optional<Rule> rule = RuleOf(request.method());
  const auto& roles = rule->roles();
  if (roles.empty()) return absl::OkStatus();
  for (const int role : post->second.roles()) {
    if (std::find(roles.begin(), roles.end(), role) != roles.end()) return absl::OkStatus();
  }
  return Refuse(index, absl::StrCat(request.post(), " has no role that may do this"));
}

absl::Status AuthorityCheck::CheckAct(uint64_t index, const Request& request) {
  const auto& act = request.act();
  const absl::StatusOr<PublicKey> key = PublicKey::FromBytes(act.public_key());
  if (!key.ok()) return Refuse(index, "signed with a key that is none");
  if (act.not_after_unix_seconds() < request.time_us() / kMicrosPerSecond) {
    return Refuse(index, "the signature had run out when this was logged");
  }
  const absl::StatusOr<Hash> digest = Hash::FromBytes(request.request_digest());
  if (!digest.ok()) return Refuse(index, "the request has no digest");
  const std::string statement =
      absl::StrCat("chapter8/act/v1\n", origin_, "\n", request.method(), "\n", digest->ToHex(),
                   "\n", act.not_after_unix_seconds());
  if (!key->Verifies(statement, absl::string_view(act.signature()))) {
    return Refuse(index, absl::StrCat("is not what ", NameOfOfficer(request), " signed"));
  }
  ++signatures_;
  return absl::OkStatus();
}

}  // namespace ch8::verify

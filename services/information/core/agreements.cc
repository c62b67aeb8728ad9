#include "services/information/core/agreements.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "services/information/core/rules.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "storage/base/status_macros.h"

namespace ch8::information {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::SharingAgreement;

constexpr absl::string_view kCollection = "agreements/";
constexpr int kPartiesMax = 50;

Decision DecisionFor(const SharingAgreement& agreement) {
  v1::InformationEvent event;
  *event.mutable_agreement_recorded()->mutable_agreement() = agreement;
  return Decision{{kernel::DomainEvent(event)},
                  kernel::ReplyWith<SharingAgreement>(agreement.name())};
}

bool HasParty(const SharingAgreement& agreement, absl::string_view organization) {
  return std::find(agreement.parties().begin(), agreement.parties().end(), organization) !=
         agreement.parties().end();
}

absl::Status CheckParties(const Context& context, const SharingAgreement& asked,
                          const State& state) {
  const std::set<std::string> different(asked.parties().begin(), asked.parties().end());
  if (asked.parties_size() < 2 || asked.parties_size() > kPartiesMax ||
      different.size() != static_cast<size_t>(asked.parties_size()) ||
      !HasParty(asked, context.organization)) {
    return kernel::Invalid("BAD_PARTIES",
                           absl::StrCat("an agreement has 2 to 50 different parties, ",
                                        context.organization, " among them"),
                           {{"rule", "I-6"}, {"own", context.organization}});
  }
  for (const std::string& party : asked.parties()) {
    RETURN_IF_ERROR(FindPinned(state.rows, party, "resource.parties").status());
  }
  return absl::OkStatus();
}

absl::Status CheckFields(const SharingAgreement& asked) {
  RETURN_IF_ERROR(kernel::CheckText(asked.document(), "resource.document"));
  if (asked.kinds_size() > v1::Report::Kind_MAX) {
    return kernel::BadField("resource.kinds", "has one kind twice");
  }
  for (const int kind : asked.kinds()) {
    if (kind == 0 || !v1::Report::Kind_IsValid(kind)) {
      return kernel::BadField("resource.kinds", "has an unknown kind of report");
    }
  }
  if (!IsSet(asked.max_classification(), v1::Classification_IsValid)) {
    return kernel::BadField("resource.max_classification", "is missing or unknown");
  }
  if (!IsSet(asked.max_tlp(), v1::Tlp_IsValid)) {
    return kernel::BadField("resource.max_tlp", "is missing or unknown");
  }
  const std::optional<absl::CivilDay> from = kernel::DayOf(asked.valid_from());
  const std::optional<absl::CivilDay> to = kernel::DayOf(asked.valid_to());
  if (from.has_value() && to.has_value() && *from <= *to) return absl::OkStatus();
  return kernel::Invalid("BAD_DATES",
                         "resource.valid_from and valid_to must be days, the first not the later");
}

absl::StatusOr<Decision> ProposeAgreement(const Context& context,
                                          const v1::ProposeAgreementRequest& request,
                                          const State& state) {
  const SharingAgreement& asked = request.resource();
  RETURN_IF_ERROR(kernel::CheckId(request.agreement_id(), "agreement_id"));
  RETURN_IF_ERROR(CheckFields(asked));
  RETURN_IF_ERROR(CheckParties(context, asked, state));
  SharingAgreement agreement = asked;
  agreement.set_name(absl::StrCat(kCollection, request.agreement_id()));
  if (kernel::TableReader<SharingAgreement>(state.rows).Find(agreement.name()).has_value()) {
    return kernel::Taken("AGREEMENT_EXISTS", agreement.name(),
                         kernel::ShowCommand(kAgreements, agreement.name()));
  }
  agreement.set_state(SharingAgreement::PROPOSED);
  agreement.set_proposed_by(context.actor.person);
  agreement.clear_confirmed_by();
  agreement.clear_etag();
  return DecisionFor(agreement);
}

absl::StatusOr<SharingAgreement> FindAgreement(const State& state, absl::string_view name) {
  return kernel::FindResource<SharingAgreement>(state.rows, name, kAgreements);
}

absl::Status NotInState(const SharingAgreement& agreement, absl::string_view reason) {
  return kernel::NotNow(
      reason,
      absl::StrCat(agreement.name(), " is ", SharingAgreement::State_Name(agreement.state())),
      {{"state", SharingAgreement::State_Name(agreement.state())},
       {"instead", kernel::ShowCommand(kAgreements, agreement.name())}});
}

absl::StatusOr<Decision> ConfirmAgreement(const Context& context,
                                          const v1::ConfirmAgreementRequest& request,
                                          const State& state) {
  ASSIGN_OR_RETURN(SharingAgreement agreement, FindAgreement(state, request.name()));
  const std::string show = kernel::ShowCommand(kAgreements, agreement.name());
  RETURN_IF_ERROR(kernel::CheckEtag(agreement, request.etag(), show));
  if (agreement.state() != SharingAgreement::PROPOSED) return NotInState(agreement, "NOT_PROPOSED");
  RETURN_IF_ERROR(CheckOtherPerson(context, agreement.proposed_by(), agreement.name(), show));
  agreement.set_state(SharingAgreement::CONFIRMED);
  agreement.set_confirmed_by(context.actor.person);
  return DecisionFor(agreement);
}

absl::StatusOr<Decision> TerminateAgreement(const Context&,
                                            const v1::TerminateAgreementRequest& request,
                                            const State& state) {
  ASSIGN_OR_RETURN(SharingAgreement agreement, FindAgreement(state, request.name()));
  if (agreement.state() == SharingAgreement::TERMINATED) {
    return NotInState(agreement, "ALREADY_TERMINATED");
  }
  agreement.set_state(SharingAgreement::TERMINATED);
  return DecisionFor(agreement);
}

absl::StatusOr<SharingAgreement> GetAgreement(const Context&,
                                              const v1::GetAgreementRequest& request,
                                              const State& state) {
  ASSIGN_OR_RETURN(const SharingAgreement row, FindAgreement(state, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(const Context&,
                                                          const v1::ListAgreementsRequest& request,
                                                          const State& state) {
  return kernel::ListPage<SharingAgreement, v1::ListAgreementsRequest, v1::ListAgreementsResponse>(
      state.rows, kCollection, request, [](const SharingAgreement&) { return true; },
      [](const SharingAgreement& row, v1::ListAgreementsResponse& response) {
        *response.add_agreements() = kernel::WithEtag(row);
      });
}

}  // namespace

void AddAgreementRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.information.v1.AgreementService/";
  routes.AddCommand<v1::ProposeAgreementRequest>(service + "ProposeAgreement", ProposeAgreement);
  routes.AddCommand<v1::ConfirmAgreementRequest>(service + "ConfirmAgreement", ConfirmAgreement);
  routes.AddCommand<v1::TerminateAgreementRequest>(service + "TerminateAgreement",
                                                   TerminateAgreement);
  routes.AddRead<v1::GetAgreementRequest>(service + "GetAgreement", kernel::ReadPath::kSnapshot,
                                          GetAgreement);
  routes.AddRead<v1::ListAgreementsRequest>(service + "ListAgreements", kernel::ReadPath::kSnapshot,
                                            ListAgreements);
}

bool InForce(const SharingAgreement& agreement, absl::Time time) {
  if (agreement.state() != SharingAgreement::CONFIRMED) return false;
  const std::optional<absl::CivilDay> from = kernel::DayOf(agreement.valid_from());
  const std::optional<absl::CivilDay> to = kernel::DayOf(agreement.valid_to());
  const absl::CivilDay today = kernel::DayOf(time);
  return from.has_value() && to.has_value() && *from <= today && today <= *to;
}

void ForAgreementsOf(const kernel::RowReader& rows, const PartiesPair& parties,
                     const std::function<void(const SharingAgreement&)>& visit) {
  kernel::TableReader<SharingAgreement>(rows).Scan(
      kCollection, "", [&](const SharingAgreement& agreement) {
        if (HasParty(agreement, parties.a) && HasParty(agreement, parties.b)) visit(agreement);
        return true;
      });
}

void ApplyAgreementRecorded(const v1::InformationEvent::AgreementRecorded& event,
                            kernel::Rows& rows) {
  kernel::PutRow(rows, event.agreement());
}

}  // namespace ch8::information

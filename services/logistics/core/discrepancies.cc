#include "services/logistics/core/discrepancies.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "services/kernel/fields.h"
#include "services/kernel/paging.h"
#include "services/kernel/spoken_ids.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/lots.h"
#include "services/logistics/core/requests.h"
#include "services/logistics/core/verdicts.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using chapter8::directory::v1::Organization;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using kernel::Verdict;
using v1::Discrepancy;

constexpr absl::string_view kCollection = "discrepancies/";
constexpr int kAnswerDays = 14;

chapter8::type::v1::Date DateOf(absl::CivilDay day) {
  chapter8::type::v1::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

std::string ShowDiscrepancy(const Discrepancy& row) {
  return kernel::ShowCommand(kDiscrepancies, row.name());
}

absl::StatusOr<Discrepancy> FindDiscrepancy(const kernel::RowReader& rows, absl::string_view name) {
  return kernel::FindResource<Discrepancy>(rows, name, kDiscrepancies);
}

bool IsLiability(Discrepancy::Liability liability) {
  return liability != Discrepancy::LIABILITY_UNSPECIFIED &&
         Discrepancy::Liability_IsValid(liability);
}

absl::Status NotYours(const Discrepancy& row, absl::string_view reason, absl::string_view whose) {
  return kernel::NotNow(reason, absl::StrCat("only ", whose, " does this to ", row.name()),
                        {{"instead", ShowDiscrepancy(row)}});
}

absl::StatusOr<Decision> AnswerDiscrepancy(const Context& context,
                                           const v1::AnswerDiscrepancyRequest& request,
                                           const State& state) {
  if (!IsLiability(request.liability())) {
    return kernel::BadField("liability", "must be UNKNOWN, CARRIER, SUPPLIER or CONSIGNEE");
  }
  RETURN_IF_ERROR(kernel::CheckText(request.answer(), "answer"));
  ASSIGN_OR_RETURN(Discrepancy row, FindDiscrepancy(state.rows, request.name()));
  if (row.owner() != context.organization) return NotYours(row, "NOT_OWNER", row.owner());
  if (row.state() != Discrepancy::OPEN) {
    const std::string now = Discrepancy::State_Name(row.state());
    return kernel::NotNow("NOT_OPEN", absl::StrCat(row.name(), " is ", now, ", not OPEN"),
                          {{"state", now}, {"instead", ShowDiscrepancy(row)}});
  }
  ASSIGN_OR_RETURN(const Organization opener, FindPinned(state.rows, row.opener()));
  row.set_state(Discrepancy::ANSWERED);
  row.set_liability(request.liability());
  row.set_answer(request.answer());
  return Decision{{DiscrepancyEvent(row, opener.trust_domain())},
                  kernel::ReplyWith<Discrepancy>(row.name())};
}

absl::Status CheckClosable(const Context& context, const Discrepancy& row) {
  if (row.opener() != context.organization) return NotYours(row, "NOT_OPENER", row.opener());
  if (row.state() == Discrepancy::CLOSED) {
    return kernel::NotNow("CLOSED_ALREADY", absl::StrCat(row.name(), " is closed"),
                          {{"instead", ShowDiscrepancy(row)}});
  }
  // An expiry of the owner's time, not of the state: judged once, by the ledger that writes the
  // act.
  if (row.state() == Discrepancy::OPEN &&
      !IsExpiredOn(row.answer_due(), kernel::DayOf(context.time))) {
    return kernel::NotNow(
        "NOT_ANSWERED",
        absl::StrCat(row.owner(), " has until ", FormatDay(row.answer_due()), " to answer ",
                     row.name()),
        {{"due", FormatDay(row.answer_due())}, {"instead", ShowDiscrepancy(row)}});
  }
  if (row.counted_by() != context.actor.person) return absl::OkStatus();
  return kernel::NotNow("SAME_PERSON", absl::StrCat("who counted cannot close ", row.name()),
                        {{"rule", "X-3"}, {"instead", ShowDiscrepancy(row)}});
}

absl::StatusOr<Decision> CloseDiscrepancy(const Context& context,
                                          const v1::CloseDiscrepancyRequest& request,
                                          const State& state) {
  RETURN_IF_ERROR(kernel::CheckText(request.closing(), "closing"));
  ASSIGN_OR_RETURN(Discrepancy row, FindDiscrepancy(state.rows, request.name()));
  RETURN_IF_ERROR(CheckClosable(context, row));
  ASSIGN_OR_RETURN(const Organization owner, FindPinned(state.rows, row.owner()));
  row.set_state(Discrepancy::CLOSED);
  row.set_closing(request.closing());
  return Decision{{DiscrepancyEvent(row, owner.trust_domain())},
                  kernel::ReplyWith<Discrepancy>(row.name())};
}

absl::StatusOr<Discrepancy> GetDiscrepancy(const Context&, const v1::GetDiscrepancyRequest& request,
                                           const State& state) {
  ASSIGN_OR_RETURN(const Discrepancy row, FindDiscrepancy(state.rows, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListDiscrepanciesResponse> ListDiscrepancies(
    const Context&, const v1::ListDiscrepanciesRequest& request, const State& state) {
  return kernel::ListPage<Discrepancy, v1::ListDiscrepanciesRequest, v1::ListDiscrepanciesResponse>(
      state.rows, kCollection, request, [](const Discrepancy&) { return true; },
      [](const Discrepancy& row, v1::ListDiscrepanciesResponse& response) {
        *response.add_discrepancies() = kernel::WithEtag(row);
      });
}

// Whether what came is what the receipt says, valued by our own offer.
bool WellFormed(const Discrepancy& asked, const v1::Receipt& receipt, const State& state) {
  const auto offer = kernel::TableReader<v1::SupplyOffer>(state.rows).Find(receipt.offer());
  if (!offer.has_value()) return false;
  const auto value = ValueOf(offer->unit_value(), asked.damaged() + asked.short_());
  return receipt.discrepancy() == asked.name() && receipt.consignment() == asked.consignment() &&
         receipt.item() == asked.item() && receipt.damaged() == asked.damaged() &&
         receipt.short_() == asked.short_() && receipt.over() == asked.over() && value.ok() &&
         value->SerializeAsString() == asked.value().SerializeAsString() &&
         kernel::DayOf(asked.answer_due()).has_value() &&
         asked.liability() == Discrepancy::UNKNOWN && asked.answer().empty() &&
         asked.closing().empty();
}

Verdict DecideOpened(const Context& context, const Organization& sender, const Discrepancy& asked,
                     const State& state) {
  if (asked.opener() != sender.name() || asked.owner() != context.organization) {
    return RefuseEntry("NOT_OPENER");
  }
  if (kernel::TableReader<Discrepancy>(state.rows).Find(asked.name()).has_value()) return {};
  const auto receipt = kernel::TableReader<v1::Receipt>(state.rows).Find(asked.receipt());
  if (!receipt.has_value()) return DeferEntry("UNKNOWN_RECEIPT");
  if (!kernel::IsSpokenIdOf(kernel::IdOf(asked.name()), kDiscrepancyKind, sender.name()) ||
      !WellFormed(asked, *receipt, state)) {
    return RefuseEntry("BAD_DISCREPANCY");
  }
  return AcceptEntry(DiscrepancyEvent(asked, ""));
}

}  // namespace

std::optional<Discrepancy> Opened(const Context& context, const v1::Receipt& receipt,
                                  const v1::SupplyOffer& offer, const State& state) {
  if (receipt.damaged() == 0 && receipt.short_() == 0 && receipt.over() == 0) return std::nullopt;
  Discrepancy row;
  row.set_name(absl::StrCat(kCollection,
                            kernel::NextSpokenId(state.rows, {.kind = kDiscrepancyKind,
                                                              .organization = context.organization,
                                                              .time = context.time})));
  row.set_receipt(receipt.name());
  row.set_consignment(receipt.consignment());
  row.set_item(receipt.item());
  row.set_damaged(receipt.damaged());
  row.set_short_(receipt.short_());
  row.set_over(receipt.over());
  // At most the offer's own value, which is an amount of money.
  *row.mutable_value() = ValueOf(offer.unit_value(), receipt.damaged() + receipt.short_())
                             .value_or(chapter8::type::v1::Money());
  row.set_opener(context.organization);
  row.set_owner(offer.giver());
  *row.mutable_answer_due() = DateOf(kernel::DayOf(context.time) + kAnswerDays);
  row.set_state(Discrepancy::OPEN);
  row.set_liability(Discrepancy::UNKNOWN);
  return row;
}

kernel::Event DiscrepancyEvent(const Discrepancy& discrepancy, absl::string_view recipient) {
  v1::LogisticsEvent event;
  Discrepancy& row = *event.mutable_discrepancy_recorded()->mutable_discrepancy();
  row = discrepancy;
  row.clear_counted_by();  // Known in the receiver's ledger only.
  kernel::Event logged = kernel::DomainEvent(event);
  if (!recipient.empty()) logged.recipients.emplace_back(recipient);
  return logged;
}

Verdict DecideDiscrepancyDelivery(const Context& context, const Organization& sender,
                                  const Discrepancy& asked, const State& state) {
  if (!kernel::CheckName(asked.name(), kDiscrepancies.pattern, "name").ok()) {
    return RefuseEntry("BAD_DISCREPANCY");
  }
  if (asked.state() == Discrepancy::OPEN) return DecideOpened(context, sender, asked, state);
  std::optional<Discrepancy> row = kernel::TableReader<Discrepancy>(state.rows).Find(asked.name());
  if (!row.has_value()) return DeferEntry("UNKNOWN_DISCREPANCY");
  if (asked.state() == Discrepancy::ANSWERED) {
    if (row->owner() != sender.name()) return RefuseEntry("NOT_OWNER");
    if (!IsLiability(asked.liability()) || !kernel::CheckText(asked.answer(), "answer").ok()) {
      return RefuseEntry("BAD_DISCREPANCY");
    }
    if (row->state() != Discrepancy::OPEN) return {};  // Closed meanwhile, or told before.
    row->set_state(Discrepancy::ANSWERED);
    row->set_liability(asked.liability());
    row->set_answer(asked.answer());
    return AcceptEntry(DiscrepancyEvent(*row, ""));
  }
  if (row->opener() != sender.name()) return RefuseEntry("NOT_OPENER");
  if (asked.state() != Discrepancy::CLOSED || !kernel::CheckText(asked.closing(), "closing").ok()) {
    return RefuseEntry("BAD_DISCREPANCY");
  }
  if (row->state() == Discrepancy::CLOSED) return {};
  row->set_state(Discrepancy::CLOSED);
  row->set_closing(asked.closing());
  return AcceptEntry(DiscrepancyEvent(*row, ""));
}

void AddDiscrepancyRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.logistics.v1.DiscrepancyService/";
  routes.AddCommand<v1::AnswerDiscrepancyRequest>(service + "AnswerDiscrepancy", AnswerDiscrepancy);
  routes.AddCommand<v1::CloseDiscrepancyRequest>(service + "CloseDiscrepancy", CloseDiscrepancy);
  routes.AddRead<v1::GetDiscrepancyRequest>(service + "GetDiscrepancy", kernel::ReadPath::kSnapshot,
                                            GetDiscrepancy);
  routes.AddRead<v1::ListDiscrepanciesRequest>(service + "ListDiscrepancies",
                                               kernel::ReadPath::kSnapshot, ListDiscrepancies);
}

void ApplyDiscrepancyRecorded(const kernel::Applied& applied,
                              const v1::LogisticsEvent::DiscrepancyRecorded& event,
                              kernel::Rows& rows) {
  Discrepancy row = event.discrepancy();
  const auto before = kernel::TableReader<Discrepancy>(rows).Find(row.name());
  if (before.has_value()) {
    row.set_counted_by(before->counted_by());
  } else if (!applied.request.has_delivery()) {
    row.set_counted_by(applied.request.person());
    kernel::CountSpokenId(kernel::IdOf(row.name()), rows);
  }
  kernel::PutRow(rows, row);
}

}  // namespace ch8::logistics

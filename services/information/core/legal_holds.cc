#include "services/information/core/legal_holds.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "services/information/core/erasures.h"
#include "services/information/core/reports.h"
#include "services/information/core/rules.h"
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
using v1::LegalHold;
using v1::Report;

constexpr absl::string_view kCollection = "legalHolds/";
constexpr size_t kHoldsMax = 100;

std::string HoldsOf(absl::string_view report) {
  return absl::StrCat(kCollection, kernel::IdOf(report), "/");
}

// Those of one report, in the order in which they were placed.
std::vector<LegalHold> AllHolds(const kernel::RowReader& rows, absl::string_view report) {
  std::vector<LegalHold> holds;
  kernel::TableReader<LegalHold>(rows).Scan(HoldsOf(report), "", [&](const LegalHold& hold) {
    holds.push_back(hold);
    return true;
  });
  std::sort(holds.begin(), holds.end(),
            [](const LegalHold& a, const LegalHold& b) { return a.number() < b.number(); });
  return holds;
}

std::vector<LegalHold> StandingHolds(const kernel::RowReader& rows, absl::string_view report) {
  std::vector<LegalHold> holds = AllHolds(rows, report);
  holds.erase(std::remove_if(holds.begin(), holds.end(),
                             [](const LegalHold& hold) { return hold.lifted_by() != 0; }),
              holds.end());
  return holds;
}

std::string ListCommand(absl::string_view report) {
  return absl::StrCat("ch8 hold list --report ", kernel::IdOf(report));
}

kernel::Event RecordedEvent(const LegalHold& hold) {
  v1::InformationEvent event;
  *event.mutable_legal_hold_recorded()->mutable_hold() = hold;
  return kernel::DomainEvent(event);
}

// The reply: a hold has no etag, since only lifting changes it.
std::function<std::string(const State&)> ReplyWith(const std::string& name) {
  return [name](const State& after) {
    return kernel::TableReader<LegalHold>(after.rows)
        .Find(name)
        .value_or(LegalHold())
        .SerializeAsString();
  };
}

absl::StatusOr<Decision> PlaceLegalHold(const Context& context,
                                        const v1::PlaceLegalHoldRequest& request,
                                        const State& state) {
  ASSIGN_OR_RETURN(const Report report, FindReport(state.rows, request.report()));
  if (!IsSet(request.reason(), LegalHold::Reason_IsValid)) {
    return kernel::BadField("reason", "is missing or unknown");
  }
  RETURN_IF_ERROR(CheckReference(request.reference(), "reference"));
  if (report.state() == Report::ERASED) {
    return RefuseErased(state.rows, report, "ALREADY_ERASED");
  }
  const std::vector<LegalHold> holds = AllHolds(state.rows, report.name());
  if (holds.size() >= kHoldsMax) {
    return kernel::TooMany("TOO_MANY_HOLDS",
                           absl::StrCat(report.name(), " has had ", kHoldsMax, " legal holds"));
  }
  LegalHold hold;
  hold.set_number(static_cast<uint32_t>(holds.size()) + 1);
  hold.set_name(absl::StrCat(HoldsOf(report.name()), hold.number()));
  hold.set_report(report.name());
  hold.set_reason(request.reason());
  hold.set_reference(request.reference());
  hold.set_placed_by(context.actor.person);
  hold.set_placed_post(context.actor.post);
  hold.set_placed_us(absl::ToUnixMicros(context.time));
  return Decision{{RecordedEvent(hold)}, ReplyWith(hold.name())};
}

absl::StatusOr<Decision> LiftLegalHold(const Context& context,
                                       const v1::LiftLegalHoldRequest& request,
                                       const State& state) {
  RETURN_IF_ERROR(kernel::CheckName(request.name(), "legalHolds/*/*", "name"));
  const auto found = kernel::TableReader<LegalHold>(state.rows).Find(request.name());
  if (!found.has_value()) return kernel::Unknown("UNKNOWN_HOLD", request.name(), "ch8 hold list");
  LegalHold hold = *found;
  const std::string list = ListCommand(hold.report());
  if (hold.lifted_by() != 0) {
    return kernel::NotNow("ALREADY_LIFTED", absl::StrCat(hold.name(), " is lifted already"),
                          {{"instead", list}});
  }
  RETURN_IF_ERROR(CheckOtherPerson(context, hold.placed_by(), hold.name(), list));
  hold.set_lifted_by(context.actor.person);
  hold.set_lifted_post(context.actor.post);
  hold.set_lifted_us(absl::ToUnixMicros(context.time));
  Decision decision{{RecordedEvent(hold)}, ReplyWith(hold.name())};
  if (StandingHolds(state.rows, hold.report()).size() == 1) {
    for (kernel::Event& event : OwedErasureEvents(context, hold.report(), state)) {
      decision.events.push_back(std::move(event));
    }
  }
  return decision;
}

absl::StatusOr<v1::ListLegalHoldsResponse> ListLegalHolds(const Context&,
                                                          const v1::ListLegalHoldsRequest& request,
                                                          const State& state) {
  std::string collection(kCollection);
  if (!request.report().empty()) {
    RETURN_IF_ERROR(kernel::CheckName(request.report(), kReports.pattern, "report"));
    collection = HoldsOf(request.report());
  }
  return kernel::ListPage<LegalHold, v1::ListLegalHoldsRequest, v1::ListLegalHoldsResponse>(
      state.rows, collection, request, [](const LegalHold&) { return true; },
      [](const LegalHold& row, v1::ListLegalHoldsResponse& response) {
        *response.add_legal_holds() = row;
      });
}

}  // namespace

void AddLegalHoldRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.information.v1.ErasureService/";
  routes.AddCommand<v1::PlaceLegalHoldRequest>(service + "PlaceLegalHold", PlaceLegalHold);
  routes.AddCommand<v1::LiftLegalHoldRequest>(service + "LiftLegalHold", LiftLegalHold);
  routes.AddRead<v1::ListLegalHoldsRequest>(service + "ListLegalHolds", kernel::ReadPath::kSnapshot,
                                            ListLegalHolds);
}

bool IsHeld(const kernel::RowReader& rows, absl::string_view report) {
  return !StandingHolds(rows, report).empty();
}

absl::Status CheckNotHeld(const kernel::RowReader& rows, absl::string_view report) {
  const std::vector<LegalHold> holds = StandingHolds(rows, report);
  if (holds.empty()) return absl::OkStatus();
  const LegalHold& first = holds.front();
  const std::string reason = LegalHold::Reason_Name(first.reason());
  const std::string since = DayText(first.placed_us());
  return kernel::NotNow("ON_HOLD",
                        absl::StrCat(report, " is under ", holds.size(), " legal ",
                                     holds.size() == 1 ? "hold: " : "holds, the first: ", reason,
                                     " (", first.reference(), ") since ", since),
                        {{"rule", "X-8"},
                         {"holds", absl::StrCat(holds.size())},
                         {"hold", absl::StrCat(first.number())},
                         {"reason", reason},
                         {"reference", first.reference()},
                         {"since", since},
                         {"instead", ListCommand(report)}});
}

void ApplyLegalHoldRecorded(const v1::InformationEvent::LegalHoldRecorded& event,
                            kernel::Rows& rows) {
  kernel::PutRow(rows, event.hold());
}

}  // namespace ch8::information

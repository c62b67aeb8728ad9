#include "services/information/core/recalls.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "services/information/core/erasures.h"
#include "services/information/core/reports.h"
#include "services/information/core/rules.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "storage/base/status_macros.h"

namespace ch8::information {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Disclosure;
using v1::InformationEvent;
using v1::Report;

InformationEvent RecalledEvent(const RecallParts& parts) {
  InformationEvent event;
  InformationEvent::ReportRecalled& recalled = *event.mutable_report_recalled();
  recalled.set_report(parts.report);
  recalled.set_reason(parts.reason);
  recalled.set_originator(parts.originator);
  return event;
}

absl::StatusOr<Decision> RecallReport(const Context& context,
                                      const v1::RecallReportRequest& request, const State& state) {
  ASSIGN_OR_RETURN(const Report report, FindOwnReport(context, state.rows, request.name()));
  if (!IsSet(request.reason(), v1::Recall::Reason_IsValid)) {
    return kernel::BadField("reason", "is missing or unknown");
  }
  if (report.state() == Report::RECALLED) {
    return kernel::NotNow(
        "RECALLED", absl::StrCat(report.name(), " is recalled already"),
        {{"instead", absl::StrCat("ch8 report who ", kernel::IdOf(report.name()))}});
  }
  if (IsErased(report)) return RefuseErased(state.rows, report, "ERASED");
  Decision decision;
  decision.events = RecallEvents(
      context,
      {.report = report.name(), .reason = request.reason(), .originator = context.organization},
      state);
  decision.reply = kernel::ReplyWith<Report>(report.name());
  return decision;
}

}  // namespace

void AddRecallRoutes(kernel::Routes& routes) {
  routes.AddCommand<v1::RecallReportRequest>("/chapter8.information.v1.ReportService/RecallReport",
                                             RecallReport);
}

std::vector<kernel::Event> RecallEvents(const Context& context, const RecallParts& parts,
                                        const State& state) {
  std::vector<kernel::Event> events = {kernel::DomainEvent(RecalledEvent(parts))};
  kernel::TableReader<Disclosure>(state.rows)
      .Scan(DisclosuresOf(parts.report), "", [&](const Disclosure& disclosure) {
        if (disclosure.giver() != context.organization || disclosure.recalled_us() != 0) {
          return true;
        }
        const auto recipient = MaybePinned(state.rows, disclosure.recipient());
        if (!recipient.has_value()) return true;
        InformationEvent event = RecalledEvent(parts);
        event.mutable_report_recalled()->set_disclosure(disclosure.name());
        events.push_back(kernel::DomainEvent(event));
        events.back().recipients.push_back(recipient->trust_domain());
        return true;
      });
  return events;
}

// A recall of a report that is not here leaves the report's end, so that it cannot come later.
void ApplyReportRecalled(const kernel::Applied& applied,
                         const InformationEvent::ReportRecalled& event, kernel::Rows& rows) {
  if (!event.disclosure().empty()) {
    std::optional<Disclosure> row = kernel::TableReader<Disclosure>(rows).Find(event.disclosure());
    if (!row.has_value()) return;
    row->set_recalled_us(applied.request.time_us());
    kernel::PutRow(rows, *row);
    return;
  }
  Report report = kernel::TableReader<Report>(rows).Find(event.report()).value_or(Report());
  EndRetention(report, rows);
  report.set_name(event.report());
  report.set_originator(event.originator());
  if (!IsErased(report)) report.set_state(Report::RECALLED);
  report.set_recall_reason(event.reason());
  kernel::PutRow(rows, report);
}

}  // namespace ch8::information

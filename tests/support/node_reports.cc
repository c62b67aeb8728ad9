#include "tests/support/node_reports.h"

namespace ch8::testing {

using chapter8::information::v1::FileReportRequest;
using chapter8::information::v1::Report;

FileReportRequest OpenReport(const std::string& narrative) {
  FileReportRequest request;
  Report& report = *request.mutable_resource();
  report.set_kind(Report::SITUATION);
  report.set_theme(Report::SECURITY);
  report.set_date_precision(Report::DAY);
  report.mutable_event_date()->set_year(2026);
  report.mutable_retain_until()->set_year(2090);
  for (auto* date : {report.mutable_event_date(), report.mutable_retain_until()}) {
    date->set_month(1);
    date->set_day(1);
  }
  report.set_place("NG");
  report.set_reliability(Report::B);
  report.set_credibility(2);
  report.set_tlp(chapter8::information::v1::CLEAR);
  report.set_classification(chapter8::information::v1::UNCLASSIFIED);
  request.mutable_body()->set_title("Movements");
  request.mutable_body()->set_narrative(narrative);
  request.set_salt(std::string(32, 's'));
  return request;
}

}  // namespace ch8::testing

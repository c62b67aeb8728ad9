#include "services/information/core/test_scenario.h"

#include "absl/strings/str_cat.h"

namespace ch8::information {
namespace {

template <typename T>
T Must(absl::StatusOr<T> result) {
  ch8::Check(result.ok(), result.status().ToString());
  return *std::move(result);
}

// `base` with the fields of `extra` in place of its own.
template <typename Message>
Message Merged(absl::string_view base, absl::string_view extra) {
  Message message = Parsed<Message>(base);
  message.MergeFrom(Parsed<Message>(extra));
  return message;
}

}  // namespace

std::string FileText(absl::string_view tlp, absl::string_view extra) {
  v1::FileReportRequest request = Parsed<v1::FileReportRequest>(R"pb(
    resource {
      kind: EARLY_WARNING
      theme: SECURITY
      event_date { year: 2026 month: 2 day: 27 }
      date_precision: DAY
      place: "NGMIU"
      reliability: B
      credibility: 2
      classification: CONFIDENTIAL
      retain_until { year: 2027 month: 2 day: 28 }
    }
    salt: "0123456789abcdef"
  )pb");
  request.mutable_body()->set_title(std::string(kTitleCanary));
  request.mutable_body()->set_narrative(absl::StrCat("It says ", kNarrativeCanary, "."));
  v1::Report& report = *request.mutable_resource();
  v1::Tlp value = v1::TLP_UNSPECIFIED;
  ch8::Check(v1::Tlp_Parse(std::string(tlp), &value), "a test's marking");
  report.set_tlp(value);
  report.MergeFrom(Parsed<v1::Report>(extra));
  std::string text;
  google::protobuf::TextFormat::PrintToString(request, &text);
  return text;
}

void Scenario::Agree(TestLedger& ledger, absl::string_view id, absl::string_view with,
                     absl::string_view fields) {
  v1::ProposeAgreementRequest request;
  request.set_agreement_id(std::string(id));
  *request.mutable_resource() = Merged<v1::SharingAgreement>(
      absl::StrCat(R"(document: "Memorandum of understanding" parties: ")", ledger.organization(),
                   R"(" parties: "organizations/)", with, R"(" max_classification: CONFIDENTIAL
                   max_tlp: AMBER_STRICT onward_transfer: true
                   valid_from { year: 2026 month: 1 day: 1 }
                   valid_to { year: 2026 month: 12 day: 31 })"),
      fields);
  const auto proposed = Must(
      ledger.Call<v1::SharingAgreement>("releaser", "AgreementService/ProposeAgreement", request));
  v1::ConfirmAgreementRequest confirm;
  confirm.set_name(proposed.name());
  Must(ledger.Call<v1::SharingAgreement>("releaser-b", "AgreementService/ConfirmAgreement",
                                         confirm));
}

void Scenario::AgreeAll() {
  Agree(ecowas, "with-au", "au");
  Agree(ecowas, "with-un", "un");
  Agree(au, "with-ecowas", "ecowas");
  Agree(au, "with-un", "un");
  Agree(un, "with-au", "au");
  Agree(un, "with-ecowas", "ecowas");
}

std::string Scenario::Group(absl::string_view id, const std::vector<std::string>& members) {
  v1::CreateGroupRequest create;
  create.set_group_id(std::string(id));
  create.mutable_resource()->set_title("Cell");
  auto group = Must(ecowas.Call<v1::Group>("releaser", "GroupService/CreateGroup", create));
  for (const std::string& member : members) {
    v1::AddMemberRequest add;
    add.set_name(group.name());
    add.set_organization(absl::StrCat("organizations/", member));
    group = Must(ecowas.Call<v1::Group>("releaser", "GroupService/AddMember", add));
    v1::ConfirmMembershipRequest confirm;
    confirm.set_name(group.name());
    confirm.set_number(static_cast<uint32_t>(group.changes_size()));
    group = Must(ecowas.Call<v1::Group>("releaser-b", "GroupService/ConfirmMembership", confirm));
  }
  return group.name();
}

std::string Scenario::File(absl::string_view tlp, absl::string_view extra) {
  return Must(ecowas.Call<v1::Report>("analyst", "ReportService/FileReport",
                                      Parsed<v1::FileReportRequest>(FileText(tlp, extra))))
      .name();
}

absl::StatusOr<v1::Report> Scenario::Release(const std::string& report, absl::string_view to) {
  return ecowas.Call<v1::Report>(
      "releaser", "ReportService/ReleaseReport",
      Parsed<v1::ReleaseReportRequest>(absl::StrCat("name: \"", report, "\" ", to)));
}

absl::StatusOr<v1::Report> Scenario::Relay(TestLedger& holder, const std::string& report,
                                           absl::string_view organization) {
  v1::RelayReportRequest request;
  request.set_name(report);
  request.set_organization(absl::StrCat("organizations/", organization));
  return holder.Call<v1::Report>("releaser", "ReportService/RelayReport", request);
}

absl::StatusOr<v1::Consent> Scenario::Ask(TestLedger& holder, const std::string& report,
                                          absl::string_view organization) {
  v1::AskConsentRequest request;
  request.set_report(report);
  request.set_recipient(absl::StrCat("organizations/", organization));
  return holder.Call<v1::Consent>("analyst", "ConsentService/AskConsent", request);
}

absl::StatusOr<v1::Report> Scenario::Recall(const std::string& report) {
  v1::RecallReportRequest request;
  request.set_name(report);
  request.set_reason(v1::Recall::PROTECTION);
  return ecowas.Call<v1::Report>("releaser", "ReportService/RecallReport", request);
}

void Scenario::Settle() {
  TestLedger* const all[] = {&un, &au, &ecowas};
  for (int moved = 1; moved > 0;) {
    moved = 0;
    for (TestLedger* to : all) {
      for (const TestLedger* from : all) {
        if (to != from) moved += to->PullFrom(*from);
      }
    }
  }
}

absl::StatusOr<v1::Report> Scenario::ReportAt(TestLedger& ledger, const std::string& report) {
  v1::GetReportRequest request;
  request.set_name(report);
  return ledger.Get<v1::Report>("ReportService/GetReport", request);
}

absl::StatusOr<v1::ReportBody> Scenario::BodyAt(TestLedger& ledger, const std::string& report) {
  v1::GetReportBodyRequest request;
  request.set_name(report);
  return ledger.Get<v1::ReportBody>("ReportService/GetReportBody", request);
}

std::vector<v1::Disclosure> Scenario::WhoHas(TestLedger& ledger, const std::string& report) {
  v1::ListDisclosuresRequest request;
  request.set_report(report);
  const auto list =
      Must(ledger.Get<v1::ListDisclosuresResponse>("ReportService/ListDisclosures", request));
  return {list.disclosures().begin(), list.disclosures().end()};
}

void Scenario::FetchBodies() {
  TestLedger* const all[] = {&un, &au, &ecowas};
  // A relay can only give what has reached it: one round for each hop.
  for (int hop = 0; hop < 2; ++hop) {
    for (TestLedger* to : all) {
      for (TestLedger* from : all) FetchBodiesFrom(*from, *to);
    }
  }
}

void Scenario::FetchBodiesFrom(TestLedger& from, TestLedger& to) {
  for (const kernel::WantedBody& wanted : to.WantedBodies()) {
    if (from.origin() != wanted.origin || to.bodies().Has(wanted.digest) ||
        !from.MayFetchBody(to.trust_domain(), wanted.digest)) {
      continue;
    }
    const auto bytes = from.bodies().Get(wanted.digest);
    if (!bytes.ok()) continue;
    ch8::Check(to.bodies().Put({wanted.digest, *bytes}).ok(), "a body that cannot be stored");
  }
}

}  // namespace ch8::information

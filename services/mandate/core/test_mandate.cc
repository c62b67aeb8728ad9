#include "services/mandate/core/test_mandate.h"

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace ch8::mandate {

void TestMandate::AddResolution() {
  auto propose = Parsed<v1::ProposeDecisionRequest>(R"pb(
    decision_id: "sres-2809"
    resource {
      body: UN_SECURITY_COUNCIL
      symbol: "S/RES/2809 (2025)"
      title: "Authorises AUSSOM"
      operation: "operations/aussom"
      decided_on { year: 2025 month: 12 day: 23 }
      valid_from { year: 2026 month: 1 day: 1 }
      valid_to { year: 2026 month: 12 day: 31 }
      use_of_force: PROTECTION_OF_CIVILIANS
      places: "SO"
      ceilings { unit: "person-uniformed" quantity: 11826 }
      ceilings { unit: "person-police" quantity: 680 }
      ceilings { unit: "USD" quantity: 100000000 }
      reporting_interval_days: 30
    })pb");
  propose.mutable_resource()->set_document_sha256(std::string(Sha256("a scan").view()));
  Check(Call<v1::Decision>("mandate-a", "DecisionService/ProposeDecision", propose).ok(),
        "a resolution that is refused");
  Check(Call<v1::Decision>("mandate-b", "DecisionService/ConfirmDecision",
                           Parsed<v1::ConfirmDecisionRequest>("name: \"decisions/sres-2809\""))
            .ok(),
        "a resolution that cannot be confirmed");
}

absl::StatusOr<std::string> TestMandate::Propose(const std::string& parent,
                                                 absl::string_view fields) {
  auto request = Parsed<v1::ProposeDelegationRequest>(R"pb(
    resource {
      post: "posts/manager"
      purpose: "Support to AUSSOM"
      use_of_force: NONE
      places: "SOKMU"
      valid_from { year: 2026 month: 1 day: 1 }
      valid_to { year: 2026 month: 12 day: 31 }
    })pb");
  request.mutable_resource()->set_parent(parent);
  request.mutable_resource()->MergeFrom(Parsed<v1::Delegation>(fields));
  ASSIGN_OR_RETURN(
      const v1::Delegation made,
      Call<v1::Delegation>("mandate-a", "DelegationService/ProposeDelegation", request));
  return made.name();
}

absl::StatusOr<std::string> TestMandate::Delegate(const std::string& parent,
                                                  absl::string_view fields) {
  ASSIGN_OR_RETURN(const std::string name, Propose(parent, fields));
  v1::ConfirmDelegationRequest confirm;
  confirm.set_name(name);
  RETURN_IF_ERROR(
      Call<v1::Delegation>("mandate-b", "DelegationService/ConfirmDelegation", confirm).status());
  return name;
}

absl::StatusOr<v1::Slice> TestMandate::Allot(const std::string& delegation,
                                             const std::string& service, absl::string_view unit,
                                             uint64_t quantity) {
  v1::AllotSliceRequest request;
  request.mutable_resource()->set_delegation(delegation);
  request.mutable_resource()->set_service(service);
  request.mutable_resource()->mutable_ceiling()->set_unit(std::string(unit));
  request.mutable_resource()->mutable_ceiling()->set_quantity(quantity);
  return Call<v1::Slice>("mandate-a", "DelegationService/AllotSlice", request);
}

v1::Delegation TestMandate::DelegationOf(const std::string& name) {
  v1::GetDelegationRequest request;
  request.set_name(name);
  return *Get<v1::Delegation>("DelegationService/GetDelegation", request);
}

int64_t TestMandate::LeftOfResolution(absl::string_view unit) {
  const auto decision =
      *Get<v1::Decision>("DecisionService/GetDecision",
                         Parsed<v1::GetDecisionRequest>("name: \"decisions/sres-2809\""));
  for (const v1::Ceiling& ceiling : decision.ceilings()) {
    if (ceiling.unit() == unit) return ceiling.available();
  }
  return -1;
}

}  // namespace ch8::mandate

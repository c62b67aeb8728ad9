#include "tests/sim/mandate_officers.h"

#include "absl/strings/str_cat.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "storage/base/hash.h"

namespace ch8::sim {
namespace {

namespace v1 = chapter8::mandate::v1;
using v1::Delegation;

constexpr absl::string_view kDecision = "decisions/sres-2809";
// So small that offers of a few thousand soon reach it.
constexpr uint64_t kCeilingMinor = 60'000;

// What is delegated lies within the year, and within the country, that the decision names.
template <typename DecisionOrDelegation>
void SetScope(uint64_t quantity_minor, DecisionOrDelegation& scope) {
  scope.set_use_of_force(v1::NONE);
  scope.add_places("SO");
  scope.mutable_valid_from()->set_year(2026);
  scope.mutable_valid_from()->set_month(1);
  scope.mutable_valid_from()->set_day(1);
  scope.mutable_valid_to()->set_year(2026);
  scope.mutable_valid_to()->set_month(12);
  scope.mutable_valid_to()->set_day(31);
  v1::Ceiling& ceiling = *scope.add_ceilings();
  ceiling.set_unit("USD");
  ceiling.set_quantity(quantity_minor);
}

}  // namespace

std::vector<Call> MandateOfficers::FirstCalls() {
  v1::ProposeDecisionRequest propose;
  propose.set_decision_id("sres-2809");
  v1::Decision& decision = *propose.mutable_resource();
  decision.set_body(v1::Decision::UN_SECURITY_COUNCIL);
  decision.set_symbol("S/RES/2809 (2025)");
  decision.set_title("Authorises AUSSOM");
  decision.set_operation("operations/aussom");
  decision.mutable_decided_on()->set_year(2025);
  decision.mutable_decided_on()->set_month(12);
  decision.mutable_decided_on()->set_day(23);
  decision.set_document_sha256(std::string(Sha256("a scan").view()));
  SetScope(kCeilingMinor, decision);
  v1::ConfirmDecisionRequest confirm;
  confirm.set_name(std::string(kDecision));
  return {
      caller_.CallOf("mandate-a", "DecisionService/ProposeDecision", propose),
      caller_.CallOf("mandate-b", "DecisionService/ConfirmDecision", confirm),
  };
}

Call MandateOfficers::Propose(const std::string& parent) {
  v1::ProposeDelegationRequest request;
  Delegation& delegation = *request.mutable_resource();
  delegation.set_parent(parent);
  delegation.set_post("posts/manager");
  delegation.set_purpose("Support to AUSSOM");
  delegation.set_sub_delegable(random_.OneIn(2));
  SetScope(3'000 + static_cast<uint64_t>(random_.Pick(5'000)), delegation);
  return caller_.CallOf("mandate-a", "DelegationService/ProposeDelegation", request);
}

Call MandateOfficers::Confirm(const std::string& delegation) {
  v1::ConfirmDelegationRequest request;
  request.set_name(delegation);
  return caller_.CallOf("mandate-b", "DelegationService/ConfirmDelegation", request);
}

Call MandateOfficers::Allot(const std::string& delegation) {
  v1::AllotSliceRequest request;
  v1::Slice& slice = *request.mutable_resource();
  slice.set_delegation(delegation);
  slice.set_service(random_.OneIn(2) ? "finance" : "logistics");
  slice.mutable_ceiling()->set_unit("USD");
  slice.mutable_ceiling()->set_quantity(1'000 + static_cast<uint64_t>(random_.Pick(5'000)));
  return caller_.CallOf("mandate-a", "DelegationService/AllotSlice", request);
}

Call MandateOfficers::Revoke(const std::string& delegation) {
  v1::RevokeDelegationRequest request;
  request.set_name(delegation);
  request.set_reason("the post has moved");
  return caller_.CallOf("mandate-b", "DelegationService/RevokeDelegation", request);
}

std::vector<std::string> MandateOfficers::In(const std::string& organization,
                                             Delegation::State state) const {
  std::vector<std::string> names;
  const auto known = known_.find(organization);
  if (known == known_.end()) return names;
  for (const auto& [name, heard] : known->second) {
    if (heard == state) names.push_back(name);
  }
  return names;
}

Call MandateOfficers::Any(const std::string& organization) {
  const std::vector<std::string> proposed = In(organization, Delegation::PROPOSED);
  const std::vector<std::string> active = In(organization, Delegation::ACTIVE);
  if (!proposed.empty() && random_.OneIn(2)) return Confirm(random_.PickOf(proposed));
  if (active.empty()) return Propose(std::string(kDecision));
  switch (random_.Pick(12)) {
    case 0:
      return Propose(std::string(kDecision));
    case 1:
      return Propose(random_.PickOf(active));
    case 2:
      return Revoke(random_.PickOf(active));
    default:
      return Allot(random_.PickOf(active));
  }
}

void MandateOfficers::Learn(const std::string& organization, const Answer& answer) {
  const std::string& method = answer.call.method;
  if (!answer.status.ok()) return;
  if (method == "DecisionService/ConfirmDecision") known_[organization];
  if (method == "DelegationService/AllotSlice") {
    v1::Slice slice;
    slice.ParseFromString(answer.reply);
    allotted_[{organization, slice.service()}].push_back(slice.delegation());
  } else if (method.substr(0, method.find('/')) == "DelegationService") {
    Delegation delegation;
    delegation.ParseFromString(answer.reply);
    known_[organization][delegation.name()] = delegation.state();
  }
}

std::string MandateOfficers::AnyDelegation(const std::string& organization,
                                           const std::string& service) {
  const auto allotted = allotted_.find({organization, service});
  if (allotted == allotted_.end() || random_.OneIn(10)) return "";
  for (int tries = 0; tries < 4; ++tries) {
    const std::string& name = Recent(allotted->second, random_);
    if (known_[organization][name] == Delegation::ACTIVE) return name;
  }
  return allotted->second.back();
}

}  // namespace ch8::sim

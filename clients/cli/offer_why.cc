#include "clients/cli/offer_why.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/names.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"

namespace ch8::cli {
namespace {

using chapter8::finance::v1::Offer;

struct StepRule {
  absl::string_view step;
  absl::string_view side;  // Who takes it.
  absl::string_view rests_on;
};

// The two-sided transfer's steps (proto/chapter8/books/v1/transfer.proto).
constexpr StepRule kSteps[] = {
    {"RESERVE", "giver", "F-16 made and approved by two persons; F-15 money available and held"},
    {"ACCEPT", "receiver", "the receiver's officer accepts; a receivable, not spendable"},
    {"REJECT", "receiver", "the receiver's officer rejects"},
    {"POST", "giver", "the giver decides: this entry moves the money"},
    {"VOID", "giver", "the giver frees what it held"},
    {"MIRROR", "receiver", "the giver's last step is proven and booked here"},
    {"SETTLED", "giver", "the receiver's mirror is proven to the giver"},
};

const StepRule* FindStep(absl::string_view step) {
  for (const StepRule& rule : kSteps) {
    if (absl::EqualsIgnoreCase(rule.step, step)) return &rule;
  }
  return nullptr;
}

std::string Person(uint64_t number) { return absl::StrCat("person ", number); }

// Who took a step: the persons this half knows, else the organization.
std::string Who(const Offer& offer, absl::string_view step, absl::string_view side) {
  if (step == "RESERVE" && offer.made_by() != 0) {
    return absl::StrCat(Person(offer.made_by()), " made, ",
                        offer.approved_by() == 0 ? "nobody" : Person(offer.approved_by()),
                        " approved");
  }
  return IdOf(side == "giver" ? offer.giver() : offer.receiver());
}

}  // namespace

Table WhyTable(const Offer& offer, OutputFormat format) {
  const bool for_people = format == OutputFormat::kTable;
  Table table;
  table.columns = {{"step"},      {"when"},
                   {"origin"},    {"index", Column::Align::kRight},
                   {"leaf_hash"}, {"logged_index", Column::Align::kRight},
                   {"who"},       {"rule"}};
  for (const chapter8::books::v1::StepPlace& step : offer.steps()) {
    const StepRule* rule = FindStep(step.step());
    const std::string hash = absl::BytesToHexString(step.leaf_hash());
    table.rows.push_back({step.step(), TimeText(absl::FromUnixMicros(step.logged_time_us())),
                          step.origin(), absl::StrCat(step.index()),
                          for_people ? absl::StrCat(hash.substr(0, 12), "…") : hash,
                          absl::StrCat(step.logged_index()),
                          rule == nullptr ? "" : Who(offer, rule->step, rule->side),
                          rule == nullptr ? "" : std::string(rule->rests_on)});
  }
  return table;
}

std::vector<std::string> WhyLines(const Offer& offer) {
  const std::string id = IdOf(offer.name());
  const std::string amount =
      client::FormatMoney(offer.amount().currency_code(), offer.amount().amount_minor());
  std::vector<std::string> lines;
  const std::string state = Offer::State_Name(offer.state());
  lines.push_back(absl::StrCat(id, " is ", state, ": ", amount, " from ", IdOf(offer.giver()),
                               " to ", IdOf(offer.receiver()), " for ", IdOf(offer.request())));
  switch (offer.state()) {
    case Offer::DRAFT:
      lines.push_back(absl::StrCat("held by ", Person(offer.made_by()), "; F-16: another person ",
                                   "approves it with: ch8 offer approve ", id));
      break;
    case Offer::RESERVED:
      lines.push_back(absl::StrCat("waits for ", IdOf(offer.receiver()), " to accept or reject"));
      break;
    case Offer::ACCEPTED:
      lines.push_back(absl::StrCat("waits for ", IdOf(offer.giver()), " to post"));
      break;
    case Offer::POSTED:
      lines.push_back("the money has moved; waits for proof of the other half");
      break;
    case Offer::SETTLED:
      lines.push_back("both halves are logged and proven to each other");
      break;
    default:
      if (!offer.end_reason().empty()) lines.push_back("ended: " + offer.end_reason());
  }
  return lines;
}

}  // namespace ch8::cli

#include "services/finance/core/contributions.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "services/books/postings.h"
#include "services/finance/core/contribution_sums.h"
#include "services/finance/core/conversion.h"
#include "services/finance/core/funds.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "services/kernel/spoken_ids.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Contribution;
using v1::Fund;

constexpr int kBatchMax = 1'000;

std::string Collection(const Context& context) {
  return absl::StrCat(context.organization, "/contributions/");
}

// Which contribution of a fund has a donor's own number.
std::string ExternalKey(absl::string_view fund, absl::string_view external_id) {
  return absl::StrCat("external/", fund, "/", external_id);
}

std::string ShowCommand(const Contribution& contribution) {
  return absl::StrCat("ch8 contribution show ", kernel::IdOf(contribution.name()));
}

absl::Status BadRow(absl::string_view field, absl::string_view what) {
  return kernel::Invalid("BAD_ROW", absl::StrCat(field, " ", what),
                         {{"field", std::string(field)}});
}

absl::Status BadRate(absl::string_view what) {
  return kernel::Invalid("BAD_RATE", absl::StrCat("exchange_rate ", what),
                         {{"rule", "F-13"}, {"field", "exchange_rate"}});
}

absl::Status BadAmount(std::string message, const chapter8::type::v1::Money& money) {
  return kernel::Invalid("BAD_AMOUNT", std::move(message),
                         {{"field", "original"},
                          {"amount", absl::StrCat(money.amount_minor())},
                          {"currency", money.currency_code()}});
}

// The amount in the fund's currency (rule F-13).
absl::StatusOr<int64_t> ConvertedAmount(const Contribution& asked, const Fund& fund) {
  RETURN_IF_ERROR(kernel::CheckMoney(asked.original(), "original"));
  const std::string& from = asked.original().currency_code();
  if (from == fund.currency_code()) {
    if (asked.exchange_rate().empty()) return asked.original().amount_minor();
    return BadRate("is not for an amount in the fund's own currency");
  }
  const std::optional<ExchangeRate> rate = ParseExchangeRate(asked.exchange_rate());
  if (!rate.has_value()) {
    return BadRate(absl::StrCat("must be a decimal, units of the original currency per ",
                                fund.currency_code(), ", with up to 12 digits on either side"));
  }
  if (!kernel::CheckText(asked.rate_source(), "rate_source").ok())
    return BadRate("needs a rate_source");
  if (!kernel::DayOf(asked.rate_date()).has_value()) return BadRate("needs a rate_date");
  const std::optional<int64_t> amount_minor =
      Convert({.amount_minor = asked.original().amount_minor(),
               .from = from,
               .to = fund.currency_code(),
               .rate = *rate});
  if (amount_minor.value_or(0) > 0) return *amount_minor;
  return BadAmount(absl::StrCat(kernel::FormatMoney(asked.original()),
                                amount_minor.has_value() ? " converts to nothing"
                                                         : " converts to more than can be kept"),
                   asked.original());
}

absl::Status CheckRow(const Contribution& asked) {
  if (!kernel::CheckText(asked.donor(), "donor").ok()) {
    return BadRow("donor", "must be 1 to 200 bytes of text");
  }
  if (asked.state() != Contribution::PLEDGED && asked.state() != Contribution::COMMITTED &&
      asked.state() != Contribution::PAID) {
    return BadRow("state", "must be PLEDGED, COMMITTED or PAID when first recorded");
  }
  if (asked.form() != Contribution::FINANCIAL && asked.form() != Contribution::IN_KIND) {
    return BadRow("form", "must be FINANCIAL or IN_KIND");
  }
  if (!kernel::DayOf(asked.decided_on()).has_value()) {
    return BadRow("decided_on", "must be a day of the calendar");
  }
  if (!kernel::CheckOptionalText(asked.external_id(), "external_id").ok()) {
    return BadRow("external_id", "must be at most 200 bytes of text");
  }
  return absl::OkStatus();
}

kernel::Event RecordedEvent(const Contribution& contribution, const Fund& fund,
                            int64_t paid_now_minor) {
  v1::FinanceEvent event;
  *event.mutable_contribution_recorded()->mutable_contribution() = contribution;
  kernel::Event logged = kernel::DomainEvent(event);
  if (paid_now_minor > 0 && contribution.form() == Contribution::FINANCIAL) {
    books::Move({fund.source_account(), fund.account()}, static_cast<uint64_t>(paid_now_minor),
                logged);
  }
  return logged;
}

absl::StatusOr<ContributionSums> SumsOfFund(const Fund& fund, const kernel::Accounts& accounts) {
  ASSIGN_OR_RETURN(const kernel::Balance source, accounts.Find(fund.source_account()));
  return ContributionSums{.pledged_minor = fund.pledged_minor(),
                          .committed_minor = fund.committed_minor(),
                          .in_kind_minor = fund.in_kind_minor(),
                          .received_minor = static_cast<int64_t>(source.debits_posted)};
}

// One import: rows are checked in order, each against those before it.
class Import {
 public:
  Import(const Context& context, const State& state, Fund fund, const ContributionSums& sums)
      : context_(context), state_(state), fund_(std::move(fund)), sums_(sums) {}

  absl::Status Add(const Contribution& asked);

  std::vector<kernel::Event> TakeEvents() { return std::move(events_); }
  std::vector<std::string> TakeNames() { return std::move(names_); }

 private:
  absl::Status CheckNew(const Contribution& asked);
  absl::Status CheckParent(const Contribution& asked, int64_t amount_minor);

  const Context& context_;
  const State& state_;
  const Fund fund_;
  ContributionSums sums_;
  std::set<std::string> external_ids_;
  std::map<std::string, int64_t> passed_on_minor_;
  std::vector<kernel::Event> events_;
  std::vector<std::string> names_;
};

absl::Status Import::CheckNew(const Contribution& asked) {
  if (asked.external_id().empty()) return absl::OkStatus();
  const std::optional<std::string> known =
      state_.rows.Get(Table::kRows, ExternalKey(fund_.name(), asked.external_id()));
  if (!known.has_value() && external_ids_.insert(asked.external_id()).second) {
    return absl::OkStatus();
  }
  const std::string instead =
      known.has_value() ? absl::StrCat("ch8 contribution show ", kernel::IdOf(*known))
                        : absl::StrCat("ch8 contribution list --fund ", kernel::IdOf(fund_.name()));
  return kernel::Annotate(kernel::Taken("CONTRIBUTION_EXISTS",
                                        absl::StrCat("a contribution to ", fund_.name(),
                                                     " numbered ", asked.external_id()),
                                        instead),
                          "", {{"rule", "F-11"}, {"field", "external_id"}});
}

absl::Status Import::CheckParent(const Contribution& asked, int64_t amount_minor) {
  if (asked.parent().empty()) return absl::OkStatus();
  RETURN_IF_ERROR(kernel::CheckName(asked.parent(), "organizations/*/contributions/*", "parent"));
  const std::optional<Contribution> parent =
      kernel::TableReader<Contribution>(state_.rows).Find(asked.parent());
  if (!parent.has_value()) {
    return kernel::Unknown("UNKNOWN_PARENT", asked.parent(), "ch8 contribution list");
  }
  if (parent->fund() == fund_.name()) {
    return BadRow("parent", "is a contribution to the same fund: it would count twice");
  }
  const std::optional<Fund> parent_fund =
      kernel::TableReader<Fund>(state_.rows).Find(parent->fund());
  RETURN_IF_ERROR(kernel::CheckSameCurrency(parent_fund.value_or(Fund()).currency_code(),
                                            fund_.currency_code(), "the flow passed on"));
  const bool ended =
      parent->state() == Contribution::WITHDRAWN || parent->state() == Contribution::CANCELLED;
  int64_t& passed_on_minor = passed_on_minor_[asked.parent()];
  const int64_t left_minor =
      ended ? 0 : parent->amount_minor() - parent->passed_on_minor() - passed_on_minor;
  if (amount_minor > left_minor) {
    return kernel::NotNow("PARENT_EXCEEDED",
                          absl::StrCat(kernel::FormatAmount(fund_.currency_code(), amount_minor),
                                       " is more than is left of ", parent->name(), " to pass on, ",
                                       kernel::FormatAmount(fund_.currency_code(), left_minor)),
                          {{"rule", "F-11"},
                           {"available", absl::StrCat(left_minor)},
                           {"wanted", absl::StrCat(amount_minor)},
                           {"currency", fund_.currency_code()},
                           {"instead", ShowCommand(*parent)}});
  }
  passed_on_minor += amount_minor;
  return absl::OkStatus();
}

absl::Status Import::Add(const Contribution& asked) {
  RETURN_IF_ERROR(CheckRow(asked));
  ASSIGN_OR_RETURN(const int64_t amount_minor, ConvertedAmount(asked, fund_));
  RETURN_IF_ERROR(CheckNew(asked));
  RETURN_IF_ERROR(CheckParent(asked, amount_minor));
  Contribution contribution;
  contribution.set_name(absl::StrCat(
      Collection(context_),
      kernel::NextSpokenId(
          state_.rows,
          {.kind = kContributionKind, .organization = context_.organization, .time = context_.time},
          events_.size() + 1)));
  contribution.set_fund(fund_.name());
  contribution.set_donor(asked.donor());
  contribution.set_state(asked.state());
  contribution.set_form(asked.form());
  *contribution.mutable_original() = asked.original();
  if (!asked.exchange_rate().empty()) {
    contribution.set_exchange_rate(asked.exchange_rate());
    contribution.set_rate_source(asked.rate_source());
    *contribution.mutable_rate_date() = asked.rate_date();
  }
  contribution.set_amount_minor(amount_minor);
  contribution.set_paid_minor(asked.state() == Contribution::PAID ? amount_minor : 0);
  *contribution.mutable_decided_on() = asked.decided_on();
  contribution.set_external_id(asked.external_id());
  contribution.set_parent(asked.parent());
  const std::optional<ContributionSums> sums = Plus(sums_, SumsOf(contribution));
  if (!sums.has_value()) {
    return BadAmount(absl::StrCat("the sums of ", fund_.name(), " would overflow"),
                     asked.original());
  }
  sums_ = *sums;
  names_.push_back(contribution.name());
  events_.push_back(RecordedEvent(contribution, fund_, contribution.paid_minor()));
  return absl::OkStatus();
}

absl::StatusOr<Decision> ImportContributions(const Context& context,
                                             const v1::ImportContributionsRequest& request,
                                             const State& state) {
  ASSIGN_OR_RETURN(Fund fund, FindFund(state.rows, request.fund()));
  if (request.contributions_size() == 0 || request.contributions_size() > kBatchMax) {
    return kernel::Invalid("BAD_BATCH",
                           absl::StrCat("a batch has 1 to ", kBatchMax, " contributions"),
                           {{"wanted", absl::StrCat(request.contributions_size())}});
  }
  ASSIGN_OR_RETURN(const ContributionSums sums, SumsOfFund(fund, state.accounts));
  Import import(context, state, std::move(fund), sums);
  for (int i = 0; i < request.contributions_size(); ++i) {
    const absl::Status added = import.Add(request.contributions(i));
    if (added.ok()) continue;
    const std::string row = absl::StrCat(i + 1);
    return kernel::Annotate(added, absl::StrCat("row ", row, ": "), {{"row", row}});
  }
  return Decision{
      import.TakeEvents(), [names = import.TakeNames()](const State& after) {
        v1::ImportContributionsResponse response;
        for (const std::string& name : names) {
          *response.add_contributions() = kernel::WithEtag(
              kernel::TableReader<Contribution>(after.rows).Find(name).value_or(Contribution()));
        }
        return response.SerializeAsString();
      }};
}

absl::StatusOr<Contribution> FindContribution(const kernel::RowReader& rows,
                                              absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "organizations/*/contributions/*", "contribution"));
  std::optional<Contribution> row = kernel::TableReader<Contribution>(rows).Find(name);
  if (!row.has_value())
    return kernel::Unknown("UNKNOWN_CONTRIBUTION", name, "ch8 contribution list");
  return *std::move(row);
}

// Rule F-9: no way back, and no state twice but for one more part paid.
bool MayFollow(Contribution::State from, Contribution::State to) {
  switch (from) {
    case Contribution::PLEDGED:
      return to == Contribution::COMMITTED || to == Contribution::WITHDRAWN;
    case Contribution::COMMITTED:
      return to == Contribution::PARTIALLY_PAID || to == Contribution::PAID ||
             to == Contribution::CANCELLED;
    case Contribution::PARTIALLY_PAID:
      return to == Contribution::PARTIALLY_PAID || to == Contribution::PAID;
    default:
      return false;
  }
}

// What is paid now: named for a part, the rest for the whole.
absl::StatusOr<int64_t> PaidNow(const Contribution& contribution,
                                const v1::AdvanceContributionRequest& request,
                                absl::string_view currency_code) {
  const int64_t rest_minor = contribution.amount_minor() - contribution.paid_minor();
  const int64_t named_minor = request.paid_now_minor();
  const kernel::Metadata figures = {{"rule", "F-10"},
                                    {"available", absl::StrCat(rest_minor)},
                                    {"wanted", absl::StrCat(named_minor)},
                                    {"currency", std::string(currency_code)},
                                    {"instead", ShowCommand(contribution)}};
  if (named_minor > rest_minor && request.state() != Contribution::COMMITTED) {
    return kernel::NotNow("PAID_EXCEEDS_COMMITTED",
                          absl::StrCat(kernel::FormatAmount(currency_code, named_minor),
                                       " is more than is left to pay of ", contribution.name(),
                                       ", ", kernel::FormatAmount(currency_code, rest_minor)),
                          figures);
  }
  switch (request.state()) {
    case Contribution::PARTIALLY_PAID:
      if (named_minor > 0) return named_minor;
      return kernel::Invalid("BAD_AMOUNT", "paid_now_minor must be more than zero", figures);
    case Contribution::PAID:
      if (named_minor == 0 || named_minor == rest_minor) return rest_minor;
      return kernel::Invalid("BAD_AMOUNT",
                             "paid_now_minor must be all that is left to pay, or absent", figures);
    default:
      if (named_minor == 0) return 0;
      return kernel::Invalid("BAD_AMOUNT", "paid_now_minor is for payments", figures);
  }
}

absl::StatusOr<Decision> AdvanceContribution(const Context&,
                                             const v1::AdvanceContributionRequest& request,
                                             const State& state) {
  ASSIGN_OR_RETURN(const Contribution known, FindContribution(state.rows, request.name()));
  RETURN_IF_ERROR(kernel::CheckEtag(known, request.etag(), ShowCommand(known)));
  if (!MayFollow(known.state(), request.state())) {
    return kernel::NotNow(
        "ILLEGAL_TRANSITION",
        absl::StrCat(known.name(), " is ", Contribution::State_Name(known.state()),
                     " and cannot become what was asked"),
        {{"rule", "F-9"},
         {"state", Contribution::State_Name(known.state())},
         {"instead", ShowCommand(known)}});
  }
  ASSIGN_OR_RETURN(const Fund fund, FindFund(state.rows, known.fund()));
  ASSIGN_OR_RETURN(const int64_t paid_now_minor, PaidNow(known, request, fund.currency_code()));
  if (request.state() == Contribution::CANCELLED) {
    RETURN_IF_ERROR(kernel::CheckText(request.amendment(), "amendment"));
  } else if (!request.amendment().empty()) {
    return kernel::BadField("amendment", "is for cancelling a commitment");
  }
  Contribution advanced = known;
  advanced.set_paid_minor(known.paid_minor() + paid_now_minor);
  advanced.set_amendment(request.amendment());
  const bool paid_in_full = advanced.paid_minor() == advanced.amount_minor();
  advanced.set_state(paid_in_full ? Contribution::PAID : request.state());
  ASSIGN_OR_RETURN(const ContributionSums sums, SumsOfFund(fund, state.accounts));
  if (!Plus(sums, Difference(SumsOf(advanced), SumsOf(known))).has_value()) {
    return BadAmount(absl::StrCat("the sums of ", fund.name(), " would overflow"),
                     known.original());
  }
  return Decision{{RecordedEvent(advanced, fund, paid_now_minor)},
                  kernel::ReplyWith<Contribution>(known.name())};
}

absl::StatusOr<Contribution> GetContribution(const Context&,
                                             const v1::GetContributionRequest& request,
                                             const State& state) {
  ASSIGN_OR_RETURN(const Contribution row, FindContribution(state.rows, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListContributionsResponse> ListContributions(
    const Context& context, const v1::ListContributionsRequest& request, const State& state) {
  return kernel::ListPage<Contribution, v1::ListContributionsRequest,
                          v1::ListContributionsResponse>(
      state.rows, Collection(context), request,
      [&](const Contribution& row) {
        return request.fund().empty() || row.fund() == request.fund();
      },
      [](const Contribution& row, v1::ListContributionsResponse& response) {
        *response.add_contributions() = kernel::WithEtag(row);
      });
}

// What a contribution takes of the flow it passes on.
int64_t PassedOn(const Contribution& contribution) {
  const bool ended = contribution.state() == Contribution::WITHDRAWN ||
                     contribution.state() == Contribution::CANCELLED;
  return ended ? 0 : contribution.amount_minor();
}

}  // namespace

void AddContributionRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.finance.v1.FundService/";
  routes.AddCommand<v1::ImportContributionsRequest>(service + "ImportContributions",
                                                    ImportContributions);
  routes.AddCommand<v1::AdvanceContributionRequest>(service + "AdvanceContribution",
                                                    AdvanceContribution);
  routes.AddRead<v1::GetContributionRequest>(service + "GetContribution",
                                             kernel::ReadPath::kSnapshot, GetContribution);
  routes.AddRead<v1::ListContributionsRequest>(service + "ListContributions",
                                               kernel::ReadPath::kSnapshot, ListContributions);
}

void ApplyContributionRecorded(const v1::FinanceEvent::ContributionRecorded& event,
                               kernel::Rows& rows) {
  Contribution contribution = event.contribution();
  const std::optional<Contribution> before =
      kernel::TableReader<Contribution>(rows).Find(contribution.name());
  if (before.has_value()) {
    contribution.set_passed_on_minor(before->passed_on_minor());
  } else {
    kernel::CountSpokenId(kernel::IdOf(contribution.name()), rows);
    if (!contribution.external_id().empty()) {
      rows.Put(Table::kRows, ExternalKey(contribution.fund(), contribution.external_id()),
               contribution.name());
    }
  }
  kernel::PutRow(rows, contribution);
  std::optional<Fund> fund = kernel::TableReader<Fund>(rows).Find(contribution.fund());
  if (fund.has_value()) {
    const ContributionSums change =
        Difference(SumsOf(contribution), before.has_value() ? SumsOf(*before) : ContributionSums());
    fund->set_pledged_minor(fund->pledged_minor() + change.pledged_minor);
    fund->set_committed_minor(fund->committed_minor() + change.committed_minor);
    fund->set_in_kind_minor(fund->in_kind_minor() + change.in_kind_minor);
    kernel::PutRow(rows, *fund);
  }
  std::optional<Contribution> parent =
      kernel::TableReader<Contribution>(rows).Find(contribution.parent());
  if (contribution.parent().empty() || !parent.has_value()) return;
  parent->set_passed_on_minor(parent->passed_on_minor() + PassedOn(contribution) -
                              (before.has_value() ? PassedOn(*before) : 0));
  kernel::PutRow(rows, *parent);
}

}  // namespace ch8::finance

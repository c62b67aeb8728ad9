#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::logistics::v1::Exposure;
using chapter8::logistics::v1::ExposureLimit;
using chapter8::logistics::v1::ListExposuresRequest;
using chapter8::logistics::v1::ListExposuresResponse;
using chapter8::logistics::v1::SetExposureLimitRequest;
using chapter8::type::v1::Money;

// More than ever pin one another.
constexpr uint64_t kWitnessesMax = 1'000;

std::string MoneyText(const Money& money) {
  return client::FormatMoney(money.currency_code(), money.amount_minor());
}

absl::Status SetLimit(const Arguments& arguments, Session& session) {
  SetExposureLimitRequest request;
  ExposureLimit& limit = *request.mutable_resource();
  limit.set_organization(OrganizationName(arguments.Get("organization")));
  const bool none = arguments.Has("none");
  if (none == arguments.Has("value") || none == arguments.Has("witnesses")) {
    return absl::InvalidArgumentError("give --value USD:50000.00 and --witnesses 1, or --none");
  }
  if (!none) {
    ASSIGN_OR_RETURN(*limit.mutable_limit(), client::ParseMoney(arguments.Get("value")));
    ASSIGN_OR_RETURN(const uint64_t witnesses,
                     ParseNumber(arguments.Get("witnesses"), "a number of organizations"));
    if (witnesses > kWitnessesMax) {
      return absl::InvalidArgumentError(absl::StrCat("--witnesses is at most ", kWitnessesMax));
    }
    limit.set_witnesses(static_cast<uint32_t>(witnesses));
  }
  RETURN_IF_ERROR(session.Connect());
  ExposureLimit set;
  RETURN_IF_ERROR(session.Act("logistics.v1.StockService.SetExposureLimit", request, set));
  if (none) {
    session.Say(absl::StrCat("goods from ", arguments.Get("organization"), " wait for nobody"));
  } else {
    session.ShowRecord(set);
  }
  return absl::OkStatus();
}

absl::Status ListLimits(const Arguments&, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  std::vector<Exposure> exposures;
  RETURN_IF_ERROR(ListAll<ListExposuresResponse>(
      session, "logistics.v1.StockService.ListExposures", ListExposuresRequest(),
      [&](const ListExposuresResponse& page) {
        exposures.insert(exposures.end(), page.exposures().begin(), page.exposures().end());
      }));
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowList(Pointers(exposures), {{"limit", "limit"}});
    return absl::OkStatus();
  }
  Table table;
  table.columns = {{"giver"},
                   {"limit", Column::Align::kRight},
                   {"witnesses", Column::Align::kRight},
                   {"unwitnessed", Column::Align::kRight},
                   {"waits"}};
  for (const Exposure& exposure : exposures) {
    const ExposureLimit& limit = exposure.limit();
    const std::string waits =
        exposure.wanted_size() == 0
            ? "nothing"
            : absl::StrCat("until ", exposure.wanted_size(), " entries are witnessed, not ",
                           exposure.witnessed_size());
    table.rows.push_back({IdOf(limit.organization()), MoneyText(limit.limit()),
                          absl::StrCat(limit.witnesses()), MoneyText(exposure.unwitnessed()),
                          waits});
  }
  session.ShowTable(table);
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> StockLimitCommands() {
  return {
      {.path = {"stock", "limit"},
       .summary = "how much of a partner's goods may be given on before others witness them",
       .parameters = {Positional("organization", "e.g. un"),
                      Optional("value", "USD:50000.00", "goods up to this value need not wait"),
                      Optional("witnesses", "1", "how many third organizations are enough"),
                      Flag("none", "lift the limit")},
       .run = SetLimit,
       .notes = "A partner whom nobody watches could rewrite the ledger by which its goods came. "
                "What is above the limit stays in stock until enough witnesses hold the partner to "
                "having dispatched it."},
      {.path = {"stock", "limits"},
       .summary = "the limits, and what waits because of them",
       .parameters = {},
       .run = ListLimits,
       .notes = ""}};
}

}  // namespace ch8::cli

#include "clients/cli/run.h"

#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/commands.h"
#include "clients/cli/failure.h"
#include "clients/cli/help.h"
#include "clients/cli/parse.h"

namespace ch8::cli {
namespace {

constexpr char kPlain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+";

template <typename... Lists>
std::vector<Command> Joined(Lists... lists) {
  std::vector<Command> all;
  (all.insert(all.end(), lists.begin(), lists.end()), ...);
  return all;
}

Command CompletionCommand() {
  return {.path = {"completion", "bash"},
          .summary = "print a script that completes ch8 in bash",
          .parameters = {},
          .run =
              [](const Arguments&, Session& session) {
                session.world().out << BashCompletion(AllCommands());
                return absl::OkStatus();
              },
          .notes = "Put it in use with:  source <(ch8 completion bash)"};
}

// Failures in red where somebody sees them.
void PrintFailure(World& world, const Globals& globals, const std::string& text) {
  const bool color = world.err_is_terminal && globals.color && !world.no_color;
  const size_t colon = text.find(':');
  if (!color || colon == std::string::npos) {
    world.err << text;
  } else {
    world.err << "\x1b[1;31m" << text.substr(0, colon) << "\x1b[0m" << text.substr(colon);
  }
}

}  // namespace

const std::vector<Command>& AllCommands() {
  static const auto* const commands = new std::vector<Command>(Joined(
      InboxCommands(), ContextCommands(), OrganizationCommands(), PostCommands(), OfficerCommands(),
      OperationCommands(), ReferenceCommands(), FundCommands(), ContributionCommands(),
      AllotmentCommands(), BudgetCommands(), ItemCommands(), DepotCommands(), StockCommands(),
      StockLimitCommands(), RequestCommands(), OfferCommands(), ConsignmentCommands(),
      ReceiptCommands(), DiscrepancyCommands(), SupplyCommands(), MandateCommands(),
      DelegationCommands(), ClearanceCommands(), StrengthCommands(), AccountCommands(),
      AccountHistoryCommands(), ReportCommands(), ErasureCommands(), ConsentCommands(),
      GroupCommands(), AgreementCommands(), VenueCommands(), InstructorCommands(),
      CalendarCommands(), StandardCommands(), ExerciseCommands(), BookingCommands(),
      LedgerCommands(), LedgerTailCommands(), EvidenceCommands(), WitnessCommands(), NodeCommands(),
      AuditCommands(), std::vector<Command>{CompletionCommand()}));
  return *commands;
}

std::string ShellLine(const std::vector<std::string>& args) {
  std::string line = "ch8";
  for (const std::string& arg : args) {
    const bool plain = !arg.empty() && arg.find_first_not_of(kPlain) == std::string::npos;
    absl::StrAppend(
        &line, " ",
        plain ? arg : absl::StrCat("'", absl::StrReplaceAll(arg, {{"'", "'\\''"}}), "'"));
  }
  return line;
}

int Run(World& world, const std::vector<std::string>& args) {
  const absl::StatusOr<Parsed> parsed = Parse(AllCommands(), args);
  if (!parsed.ok()) {
    world.err << "ch8: " << parsed.status().message() << "\n";
    return kExitUsage;
  }
  if (parsed->help) {
    world.out << HelpText(AllCommands(), parsed->path);
    return kExitDone;
  }
  if (parsed->globals.dry_run && parsed->command->writes_files) {
    world.err << "ch8: " << PathText(*parsed->command)
              << " writes files of yours, and nothing at the node: there is no --dry-run of it\n";
    return kExitUsage;
  }
  Session session(world, parsed->globals, ShellLine(args));
  const absl::Status status = parsed->command->run(parsed->arguments, session);
  world.out.flush();
  if (status.ok()) return session.differs() ? kExitDiffers : kExitDone;
  if (parsed->globals.output == OutputFormat::kJson) {
    world.err << FailureJson(status);
  } else {
    PrintFailure(world, parsed->globals, RenderFailure(status, session.failure_context()));
  }
  return ExitCode(status);
}

}  // namespace ch8::cli

#ifndef CH8_CLIENTS_CLI_COMMANDS_H_
#define CH8_CLIENTS_CLI_COMMANDS_H_

#include <vector>

#include "clients/cli/command.h"

// The commands by noun, each in the file of that name.
namespace ch8::cli {

std::vector<Command> AccountCommands();
std::vector<Command> BudgetCommands();
std::vector<Command> ConsignmentCommands();
std::vector<Command> ContextCommands();  // And whoami.
std::vector<Command> ContributionCommands();
std::vector<Command> DepotCommands();
std::vector<Command> DiscrepancyCommands();
std::vector<Command> FundCommands();
std::vector<Command> InboxCommands();
std::vector<Command> ItemCommands();
std::vector<Command> LedgerCommands();
std::vector<Command> OfferCommands();
std::vector<Command> OfficerCommands();
std::vector<Command> OperationCommands();  // And reference.
std::vector<Command> OrganizationCommands();
std::vector<Command> PostCommands();
std::vector<Command> ReceiptCommands();
std::vector<Command> RequestCommands();
std::vector<Command> StockCommands();
std::vector<Command> SupplyCommands();

// All of them, and completion.
const std::vector<Command>& AllCommands();

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_COMMANDS_H_

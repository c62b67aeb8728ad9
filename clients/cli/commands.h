#ifndef CH8_CLIENTS_CLI_COMMANDS_H_
#define CH8_CLIENTS_CLI_COMMANDS_H_

#include <vector>

#include "clients/cli/command.h"

// The commands by noun, each in the file of that name.
namespace ch8::cli {

std::vector<Command> AccountCommands();
std::vector<Command> AccountHistoryCommands();
std::vector<Command> AgreementCommands();
std::vector<Command> BookingCommands();
std::vector<Command> AuditCommands();
std::vector<Command> AllotmentCommands();
std::vector<Command> BudgetCommands();
std::vector<Command> CalendarCommands();
std::vector<Command> ClearanceCommands();
std::vector<Command> ConsentCommands();
std::vector<Command> ConsignmentCommands();
std::vector<Command> ContextCommands();  // And whoami.
std::vector<Command> ContributionCommands();
std::vector<Command> DelegationCommands();  // With mandate.
std::vector<Command> DepotCommands();
std::vector<Command> DiscrepancyCommands();
std::vector<Command> ErasureCommands();  // And legal holds.
std::vector<Command> ExerciseCommands();
std::vector<Command> FundCommands();
std::vector<Command> GroupCommands();
std::vector<Command> InboxCommands();
std::vector<Command> InstructorCommands();
std::vector<Command> ItemCommands();
std::vector<Command> LedgerCommands();
std::vector<Command> EvidenceCommands();
std::vector<Command> LedgerTailCommands();
std::vector<Command> MandateCommands();
std::vector<Command> NodeCommands();
std::vector<Command> OfferCommands();
std::vector<Command> OfficerCommands();
std::vector<Command> OperationCommands();
std::vector<Command> OrganizationCommands();
std::vector<Command> PostCommands();
std::vector<Command> ReceiptCommands();
std::vector<Command> ReferenceCommands();
std::vector<Command> ReportCommands();
std::vector<Command> RequestCommands();
std::vector<Command> StandardCommands();
std::vector<Command> StockCommands();
std::vector<Command> StockLimitCommands();
std::vector<Command> StrengthCommands();
std::vector<Command> SupplyCommands();
std::vector<Command> VenueCommands();
std::vector<Command> WitnessCommands();  // With what others cosigned of ours.

// All of them, and completion.
const std::vector<Command>& AllCommands();

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_COMMANDS_H_

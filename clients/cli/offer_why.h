#ifndef CH8_CLIENTS_CLI_OFFER_WHY_H_
#define CH8_CLIENTS_CLI_OFFER_WHY_H_

#include <string>
#include <vector>

#include "chapter8/finance/v1/finance.pb.h"
#include "clients/cli/parse.h"
#include "clients/cli/table.h"

// How an offer came to stand where it does: both halves of its transfer as one ledger knows them,
// each step with the log that holds it, its place and leaf hash, who took it and the rule it rests
// on.
namespace ch8::cli {

// One row a step, in the order logged here; after them the steps that are still to come. Leaf
// hashes are cut for people and whole for programs.
Table WhyTable(const chapter8::finance::v1::Offer& offer, OutputFormat format);

// What the steps do not say: how it ended and why, or what it waits for.
std::vector<std::string> WhyLines(const chapter8::finance::v1::Offer& offer);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_OFFER_WHY_H_

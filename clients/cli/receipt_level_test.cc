#include "clients/cli/receipt_level.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace ch8::cli {
namespace {

using chapter8::ledger::v1::CosignedHead;

CosignedHead Head(const std::string& domain, uint64_t size) {
  CosignedHead head;
  head.set_witness(absl::StrCat(domain, "/witness"));
  head.set_size(size);
  return head;
}

TEST(ReceiptLevel, IsWhatTheHeadsAboveTheEntryGive) {
  const std::vector<CosignedHead> heads = {Head("au.example", 8), Head("ecowas.example", 7)};
  EXPECT_EQ(LevelText(8, heads, "au.example", 0),
            "logged: here, and no other organization holds us to it yet");
  EXPECT_EQ(LevelText(7, heads, "au.example", 0), "bilateral: au.example holds us to it");
  EXPECT_EQ(
      LevelText(6, heads, "au.example", 0),
      "bilateral: au.example holds us to it; ecowas.example would not let us rewrite it either");
  EXPECT_EQ(LevelText(7, heads, "ecowas.example", 0),
            "logged: here; au.example would not let us rewrite it");
}

TEST(ReceiptLevel, IsWitnessedByThePolicyAlone) {
  const std::vector<CosignedHead> heads = {Head("au.example", 8), Head("ecowas.example", 7)};
  EXPECT_EQ(LevelText(6, heads, "au.example", 7),
            "witnessed: enough of the policy's organizations hold us to it; ecowas.example would "
            "not let us rewrite it either");
  EXPECT_EQ(LevelText(7, heads, "au.example", 7), "bilateral: au.example holds us to it");
}

}  // namespace
}  // namespace ch8::cli

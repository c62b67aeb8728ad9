#include "clients/verify/log_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "storage/base/bytes.h"
#include "tests/support/status_matchers.h"

namespace ch8::verify {
namespace {

using ::ch8::testing::IsOk;
using ::testing::HasSubstr;

constexpr char kOrigin[] = "un.example/ch8/finance";

std::string EntryBytes(uint16_t entry_class, const std::string& payload) {
  std::string bytes;
  AppendU16(bytes, entry_class);
  bytes += std::string(sizeof(Tag), 't') + std::string(Hash::kSize, 's');
  AppendU32(bytes, static_cast<uint32_t>(payload.size()));
  return bytes + payload;
}

template <typename T>
std::optional<Refusal> RefusalIn(const absl::StatusOr<T>& result) {
  return RefusalOf(result.status());
}

TEST(Bundle, HoldsEntriesOneAfterAnother) {
  const std::string bytes =
      absl::StrCat("ch8-payloads/v1\n", EntryBytes(2, "first"), EntryBytes(3, ""));
  const auto entries = ParseBundle(bytes, kOrigin, 256, 2);
  ASSERT_THAT(entries, IsOk());
  EXPECT_EQ(entries->at(0).entry_class, 2);
  EXPECT_EQ(entries->at(0).payload, "first");
  EXPECT_EQ(entries->at(0).salt.view(), std::string(Hash::kSize, 's'));
  EXPECT_EQ(entries->at(1).tag[0], 't');
  EXPECT_EQ(entries->at(1).payload, "");
}

TEST(Bundle, NamesTheEntryWhereItBreaks) {
  const std::string bytes =
      absl::StrCat("ch8-payloads/v1\n", EntryBytes(2, "first"), EntryBytes(2, "second"));
  EXPECT_EQ(RefusalIn(ParseBundle(bytes.substr(0, bytes.size() - 1), kOrigin, 256, 2))->index,
            257U);
  EXPECT_EQ(RefusalIn(ParseBundle(bytes + "x", kOrigin, 256, 2))->index, 257U);
  EXPECT_EQ(RefusalIn(ParseBundle(bytes, kOrigin, 256, 1))->index, 256U);
  EXPECT_EQ(RefusalIn(ParseBundle(bytes, kOrigin, 256, 3))->index, 258U);
  EXPECT_EQ(RefusalIn(ParseBundle("x" + bytes.substr(1), kOrigin, 256, 2))->index, 256U);
}

// What Understand() makes of an entry that is logged under `entry_class` and `tag`.
std::string Wrong(const chapter8::ledger::v1::Entry& entry, EntryClass entry_class,
                  const Tag& tag) {
  BundledEntry bundled;
  bundled.entry_class = static_cast<uint16_t>(entry_class);
  bundled.tag = tag;
  bundled.payload = entry.SerializeAsString();
  const auto leaf = LeafOf(bundled, Hash(), kOrigin, 5);
  EXPECT_THAT(leaf, IsOk());
  const auto understood = Understand(bundled, *leaf, kOrigin, 5);
  if (understood.ok()) return "nothing";
  EXPECT_EQ(RefusalIn(understood)->index, 5U);
  return RefusalIn(understood)->what;
}

TEST(Understanding, ClassIsThatOfThePayload) {
  chapter8::ledger::v1::Entry event;
  event.set_domain_event("event");
  EXPECT_EQ(Wrong(event, EntryClass::kDomain, Tag{}), "nothing");
  EXPECT_THAT(Wrong(event, EntryClass::kAdministration, Tag{}), HasSubstr("another class"));
  EXPECT_THAT(Wrong(event, EntryClass::kDomain, Tag{1}), HasSubstr("has a tag"));
  EXPECT_THAT(Wrong(chapter8::ledger::v1::Entry(), EntryClass::kDomain, Tag{}),
              HasSubstr("no entry that this verifier knows"));
}

TEST(Understanding, FieldsOfALaterReleaseAreNotPassedOver) {
  chapter8::ledger::v1::Entry event;
  auto* posting = event.add_postings();
  event.set_domain_event("event");
  posting->GetReflection()->MutableUnknownFields(posting)->AddVarint(999, 1);
  EXPECT_THAT(Wrong(event, EntryClass::kDomain, Tag{}),
              HasSubstr("no entry that this verifier knows"));
}

TEST(Understanding, TheTagIsMadeAnewFromTheStep) {
  chapter8::ledger::v1::Entry entry;
  auto* step = entry.mutable_step();
  step->set_transfer_id("sixteen bytes id");
  step->set_giver_origin(kOrigin);
  step->set_receiver_origin("au.example/ch8/finance");
  step->mutable_reserve();
  TransferId id{};
  std::copy(step->transfer_id().begin(), step->transfer_id().end(), id.begin());
  const Tag reserve = TransferTag(id, kOrigin, kOrigin, TransferStep::kReserve);
  const Tag settled = TransferTag(id, kOrigin, kOrigin, TransferStep::kSettled);
  EXPECT_EQ(Wrong(entry, EntryClass::kTransfer, reserve), "nothing");
  EXPECT_THAT(Wrong(entry, EntryClass::kTransfer, settled), HasSubstr("its tag is not"));
  step->mutable_accept();
  EXPECT_THAT(Wrong(entry, EntryClass::kTransfer, reserve), HasSubstr("the other side's log"));
  step->mutable_reserve();
  step->set_transfer_id("short");
  EXPECT_THAT(Wrong(entry, EntryClass::kTransfer, reserve), HasSubstr("without a transfer id"));
}

TEST(Understanding, ThereAreFiveClasses) {
  BundledEntry bundled;
  bundled.entry_class = 6;
  EXPECT_EQ(RefusalIn(LeafOf(bundled, Hash(), kOrigin, 5))->index, 5U);
}

TEST(ParseDisclosed, TakesEachEntryOnceInOrderAndWithinItsBundle) {
  const auto item = [](uint64_t index, const std::string& payload) {
    std::string bytes;
    AppendU64(bytes, index);
    bytes += std::string(Hash::kSize, 's');
    AppendU32(bytes, static_cast<uint32_t>(payload.size()));
    return bytes + payload;
  };
  const std::string magic = "ch8-disclosed/v1\n";
  const auto parse = [&](const std::string& rest) {
    return ParseDisclosed(magic + rest, "un.example/ch8/finance", 256, 100);
  };
  const auto good = parse(item(256, "a") + item(300, "") + item(355, "c"));
  ASSERT_TRUE(good.ok()) << good.status();
  ASSERT_EQ(good->size(), 3U);
  EXPECT_EQ(good->at(355).payload, "c");
  for (const std::string& bad :
       {std::string(), item(255, "a"), item(356, "a"), item(300, "a") + item(300, "a"),
        item(300, "a") + item(299, "a"), item(300, "a") + "x", item(300, "a").substr(0, 44)}) {
    EXPECT_TRUE(RefusalOf(parse(bad).status()).has_value()) << bad.size();
  }
  EXPECT_FALSE(ParseDisclosed("ch8-payloads/v1\n", "un.example/ch8/finance", 0, 1).ok());
}

}  // namespace
}  // namespace ch8::verify

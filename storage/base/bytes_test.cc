#include "storage/base/bytes.h"

#include <gtest/gtest.h>

namespace ch8 {
namespace {

TEST(BytesTest, IntegersAreBigEndianAndRoundTrip) {
  std::string bytes;
  AppendU16(bytes, 0x0102);
  AppendU32(bytes, 0x03040506);
  AppendU64(bytes, 0x0708090A0B0C0D0E);

  EXPECT_EQ(bytes, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.ReadU16(), 0x0102);
  EXPECT_EQ(reader.ReadU32(), 0x03040506u);
  EXPECT_EQ(reader.ReadU64(), 0x0708090A0B0C0D0Eu);
  EXPECT_TRUE(reader.done());
}

TEST(BytesTest, KeysSortAsPositionsDo) {
  EXPECT_LT(KeyU64(255), KeyU64(256));
  EXPECT_LT(KeyU64(0), KeyU64(uint64_t{1} << 63));
}

TEST(BytesTest, AShortReadPoisonsTheReader) {
  ByteReader reader(absl::string_view("\x01\x02\x03", 3));
  EXPECT_EQ(reader.ReadU32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.ReadU8(), 0);
  EXPECT_FALSE(reader.done());
}

}  // namespace
}  // namespace ch8

#include "services/rpc/in_flight.h"

#include <gtest/gtest.h>

#include <utility>

namespace ch8::rpc {
namespace {

TEST(InFlightTest, OneCallerTakesNothingFromAnother) {
  InFlight in_flight(2);
  std::optional<InFlight::Slot> first = in_flight.Take("a");
  const std::optional<InFlight::Slot> second = in_flight.Take("a");
  EXPECT_TRUE(first.has_value() && second.has_value());
  EXPECT_FALSE(in_flight.Take("a").has_value());
  EXPECT_TRUE(in_flight.Take("b").has_value());
  first.reset();
  EXPECT_TRUE(in_flight.Take("a").has_value());
}

TEST(InFlightTest, CallersWithoutCallsAreForgotten) {
  InFlight in_flight(2);
  {
    std::optional<InFlight::Slot> slot = in_flight.Take("a");
    const InFlight::Slot moved = *std::move(slot);
    EXPECT_EQ(in_flight.callers(), 1u);
  }
  EXPECT_EQ(in_flight.callers(), 0u);
}

}  // namespace
}  // namespace ch8::rpc

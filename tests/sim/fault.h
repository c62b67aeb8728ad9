#ifndef CH8_TESTS_SIM_FAULT_H_
#define CH8_TESTS_SIM_FAULT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace ch8::sim {

// What the simulator does to organizations (ledger.md §6.1).
enum class Fault {
  kLoss,           // A message is lost,
  kDuplicate,      // comes twice,
  kDelay,          // comes after later ones.
  kPartition,      // Two organizations hear nothing of each other for a while.
  kSilence,        // A peer does not answer.
  kCrash,          // A process dies; what is synced stays.
  kCrashUnsynced,  // The same with commits that are not synced.
  kCrashPages,     // The same with pages that are not flushed.
  kReboot,         // A machine restarts: nothing is signed until somebody vouches.
  kRestore,        // Database and signed head are an older backup's.
  kClockForward,   // A clock jumps ahead, by minutes to decades,
  kClockBack,      // or back.
  kRepeat,         // A caller repeats a request.
  kSameRandom,     // Random bytes come twice.
  kHiddenEntry,    // A peer leaves out an entry that it addressed to us,
  kAlteredEntry,   // alters one,
  kOldPage,        // answers with an older page,
  kOtherHistory,   // or with a page of another history of its own.
  kFork,  // An organization runs two histories of one ledger, and shows now this, now that.
  kWitnessSilence,    // Our own witness does not answer, or its answer is lost,
  kWitnessCrash,      // or it dies before it has remembered, or before it answers.
  kWitnessRestore,    // It is back on a backup's disk.
  kFalseCosignature,  // Somebody claims a cosignature that its witness did not make.
  kKeyChange,         // A ledger signs with another key; others hear of it at any time.
  kFalseRevocation,   // A record revokes a key below what others have cosigned.
  kCount,
};

constexpr size_t kFaultCount = static_cast<size_t>(Fault::kCount);
absl::string_view NameOf(Fault fault);

// How often each fault was injected.
struct FaultCounts {
  std::array<uint64_t, kFaultCount> fired{};

  void Count(Fault fault) { ++fired[static_cast<size_t>(fault)]; }
  void Add(const FaultCounts& other) {
    for (size_t i = 0; i < kFaultCount; ++i) fired[i] += other.fired[i];
  }
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_FAULT_H_

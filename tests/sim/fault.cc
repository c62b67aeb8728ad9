#include "tests/sim/fault.h"

namespace ch8::sim {

absl::string_view NameOf(Fault fault) {
  static constexpr std::array<absl::string_view, kFaultCount> kNames = {"loss",
                                                                        "duplicate",
                                                                        "delay",
                                                                        "partition",
                                                                        "silence",
                                                                        "crash",
                                                                        "crash-unsynced",
                                                                        "crash-pages",
                                                                        "reboot",
                                                                        "restore",
                                                                        "clock-forward",
                                                                        "clock-back",
                                                                        "repeat",
                                                                        "same-random",
                                                                        "hidden-entry",
                                                                        "altered-entry",
                                                                        "old-page",
                                                                        "other-history",
                                                                        "fork",
                                                                        "witness-silence",
                                                                        "witness-crash",
                                                                        "witness-restore",
                                                                        "false-cosignature",
                                                                        "key-change",
                                                                        "false-revocation"};
  return kNames[static_cast<size_t>(fault)];
}

}  // namespace ch8::sim

#ifndef CH8_SERVICES_FEDERATION_CORE_PULL_H_
#define CH8_SERVICES_FEDERATION_CORE_PULL_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "storage/ledger/ledger.h"

// Answers Pull: the entries that a ledger addressed to one recipient, with everything needed to
// verify them offline (peer_log.h does).
namespace ch8::federation {

inline constexpr absl::string_view kDomain = "federation.chapter8";

// A page holds at most this many entries, whatever was asked for.
inline constexpr uint32_t kPullEntriesMax = 256;
// A page stays below this size, so that it fits the federation port's 1 MiB messages.
inline constexpr size_t kPullBytesMax = 1024 * 1024 - 16 * 1024;

// How many entries `request` allows in its page.
uint32_t EntriesMax(const chapter8::federation::v1::PullRequest& request);

// What a page is made of.
struct PullSource {
  const Ledger& ledger;
  absl::string_view signed_note;  // A checkpoint of `ledger`, at most its durable size.
  absl::string_view caller;       // The recipient's trust domain, as authenticated.
  absl::Time ledger_time;         // For display only.
};

// The next page for `request`: entries in order as far as the note's checkpoint and the limits
// above reach. Does not wait: `wait_ms` is the caller's business.
//
// Errors: kNotFound/UNKNOWN_ORIGIN when the ledger has another origin; kOutOfRange/CURSOR_AHEAD
// when the caller has verified or taken more than the checkpoint covers; kInvalidArgument when
// `signed_note` holds no checkpoint of this ledger; kDataLoss when the ledger's rows are broken.
//
// Thread safety: any thread.
absl::StatusOr<chapter8::federation::v1::PullResponse> BuildPull(
    const PullSource& source, const chapter8::federation::v1::PullRequest& request);

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_CORE_PULL_H_

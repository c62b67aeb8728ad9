#include "services/federation/core/peers.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/authority.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::Equivocation;
using chapter8::federation::v1::PeerState;
using chapter8::ledger::v1::Evidence;
using chapter8::ledger::v1::ListEvidenceRequest;
using chapter8::ledger::v1::ListEvidenceResponse;
using chapter8::ledger::v1::ListPeersRequest;
using chapter8::ledger::v1::ListPeersResponse;
using chapter8::ledger::v1::Peer;

// What is known of each, by origin.
using States = std::map<std::string, PeerState, std::less<>>;

void AddUnheard(const kernel::RowReader& rows, absl::string_view origin, States& states) {
  const absl::string_view own = origin.substr(0, origin.find('/'));
  const absl::string_view service = origin.substr(own.size());
  constexpr absl::string_view kDirectory = "/ch8/directory";
  if (service == kDirectory) return;  // It reads nobody: facts are its own.
  states.try_emplace(absl::StrCat(own, kDirectory));
  for (const auto& organization : kernel::PinnedOrganizations(rows)) {
    if (!organization.own()) states.try_emplace(absl::StrCat(organization.trust_domain(), service));
  }
}

absl::StatusOr<States> AllStates(const kernel::RowReader& rows, absl::string_view origin) {
  States states;
  absl::Status status;
  const std::string prefix = PeerStateKey("");
  rows.Scan(Table::kPeer, prefix, "", [&](absl::string_view key, absl::string_view value) {
    const std::string peer(key.substr(prefix.size()));
    absl::StatusOr<PeerState> state = PeerStateFrom(peer, std::string(value));
    status = state.status();
    if (state.ok()) states.emplace(peer, *std::move(state));
    return status.ok();
  });
  RETURN_IF_ERROR(status);
  RETURN_IF_ERROR(rows.status());
  AddUnheard(rows, origin, states);
  return states;
}

uint64_t CountRows(const kernel::RowReader& rows, absl::string_view prefix) {
  uint64_t count = 0;
  rows.Scan(Table::kPeer, prefix, "", [&](absl::string_view, absl::string_view) {
    ++count;
    return true;
  });
  return count;
}

absl::Status Broken(absl::string_view key) {
  return kernel::Refuse({.code = absl::StatusCode::kDataLoss,
                         .domain = "federation.chapter8",
                         .reason = "STATE_BROKEN",
                         .message = absl::StrCat("the row ", key, " does not parse")});
}

Peer PeerOf(const kernel::RowReader& rows, const std::string& origin, const PeerState& state) {
  Peer peer;
  peer.set_origin(origin);
  peer.set_verified_size(state.verified_size());
  peer.set_checkpoint_note(state.checkpoint_note());
  peer.set_verified_at_us(state.verified_at_us());
  const Freshness freshness = FreshnessOf(state, absl::UnixEpoch());
  peer.set_taken(freshness.taken);
  peer.set_waiting(freshness.waiting);
  peer.set_parked(CountRows(rows, absl::StrCat(kernel::kParkedPrefix, origin, "/")));
  return peer;
}

}  // namespace

absl::StatusOr<ListPeersResponse> ListPeers(const kernel::RowReader& rows,
                                            const ListPeersRequest& request) {
  ASSIGN_OR_RETURN(const int page_size, kernel::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string after, kernel::LastNameOf(request.page_token()));
  ASSIGN_OR_RETURN(const States states, AllStates(rows, request.origin()));
  ListPeersResponse response;
  for (auto state = states.upper_bound(after); state != states.end(); ++state) {
    if (response.peers_size() == page_size) {
      response.set_next_page_token(kernel::PageToken(response.peers(page_size - 1).origin()));
      break;
    }
    *response.add_peers() = PeerOf(rows, state->first, state->second);
  }
  return response;
}

absl::StatusOr<ListEvidenceResponse> ListEvidence(const kernel::RowReader& rows,
                                                  const ListEvidenceRequest& request) {
  ASSIGN_OR_RETURN(const int page_size, kernel::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string after, kernel::LastNameOf(request.page_token()));
  ListEvidenceResponse response;
  std::string last;
  bool parsed = true;
  rows.Scan(Table::kPeer, kEvidencePrefix, after,
            [&](absl::string_view key, absl::string_view value) {
              if (response.evidence_size() == page_size) {
                response.set_next_page_token(kernel::PageToken(last));
                return false;
              }
              Equivocation kept;
              parsed = kept.ParseFromString(std::string(value));
              last = std::string(key);
              Evidence& evidence = *response.add_evidence();
              evidence.set_origin(kept.origin());
              evidence.set_first_note(kept.first_note());
              evidence.set_second_note(kept.second_note());
              return parsed;
            });
  RETURN_IF_ERROR(rows.status());
  if (!parsed) return Broken(last);
  return response;
}

uint64_t CountEvidence(const kernel::RowReader& rows) { return CountRows(rows, kEvidencePrefix); }

}  // namespace ch8::federation

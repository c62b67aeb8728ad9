#include "tests/sim/head_auditor.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "services/federation/core/cosignatures.h"
#include "services/witness/core/heads.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/note.h"
#include "tests/sim/broken.h"

namespace ch8::sim {
namespace {

absl::StatusOr<Checkpoint> HeadIn(const std::string& signed_note) {
  ASSIGN_OR_RETURN(const Note note, ParseNote(signed_note));
  return ParseCheckpoint(note.text);
}

std::set<std::string> Common(const std::set<std::string>& some,
                             const std::set<std::string>& others) {
  std::set<std::string> common;
  std::set_intersection(some.begin(), some.end(), others.begin(), others.end(),
                        std::inserter(common, common.end()));
  return common;
}

}  // namespace

void HeadAuditor::Fork(const std::string& origin, const Twin& twin) {
  twins_[origin] = twin;
  // What was cosigned before is of both.
  for (auto& [key, cosigned] : cosigned_) {
    if (key.second == origin) cosigned.histories.insert(twin.history);
  }
}

absl::Status HeadAuditor::ReadSigned(const std::string& history, const std::string& note) {
  ASSIGN_OR_RETURN(const Checkpoint head, HeadIn(note));
  const auto [known, is_new] = signed_.emplace(std::make_pair(history, head.size), head.root);
  if (is_new || known->second == head.root) return absl::OkStatus();
  return Broken(history, " signed two roots of ", head.size, " entries");
}

bool HeadAuditor::IsOf(const std::string& history, const Checkpoint& head) const {
  const auto known = signed_.find({history, head.size});
  return known != signed_.end() && known->second == head.root;
}

std::set<std::string> HeadAuditor::HistoriesOf(const Checkpoint& head) const {
  std::set<std::string> histories;
  const bool of_first = IsOf(head.origin, head);
  if (of_first) histories.insert(head.origin);
  const auto twin = twins_.find(head.origin);
  if (twin == twins_.end()) return histories;
  const bool of_both = of_first && head.size <= twin->second.size;
  if (of_both || IsOf(twin->second.history, head)) histories.insert(twin->second.history);
  return histories;
}

absl::Status HeadAuditor::ReadCosigned(const std::string& trust_domain, const std::string& note) {
  ASSIGN_OR_RETURN(const Checkpoint head, HeadIn(note));
  const std::set<std::string> histories = HistoriesOf(head);
  if (histories.empty()) {
    return Broken("the witness of ", trust_domain, " has cosigned a head of ", head.size,
                  " entries that ", head.origin, " never signed");
  }
  const auto [known, is_new] = cosigned_.try_emplace({trust_domain, head.origin});
  Cosigned& cosigned = known->second;
  cosigned.histories = is_new ? histories : Common(cosigned.histories, histories);
  cosigned.size_max = std::max(cosigned.size_max, head.size);
  issued_.emplace(trust_domain, head.origin, head.size, head.root);
  if (!cosigned.histories.empty()) return absl::OkStatus();
  return Broken("the witness of ", trust_domain, " has cosigned two histories of ", head.origin);
}

absl::Status HeadAuditor::CheckTaken(const Taken& taken) const {
  ASSIGN_OR_RETURN(const Checkpoint head, HeadIn(taken.note));
  if (head.size < taken.verified_size) {
    return Broken(taken.trust_domain, " goes back behind ", taken.verified_size, " entries of ",
                  head.origin, ", which it had verified, to ", head.size);
  }
  const auto known = cosigned_.find({taken.trust_domain, head.origin});
  if (known != cosigned_.end() && known->second.size_max >= head.size &&
      !Common(known->second.histories, HistoriesOf(head)).empty()) {
    return absl::OkStatus();
  }
  return Broken(taken.trust_domain, " has taken a page under a head of ", head.size, " entries of ",
                head.origin, ", which its witness has not cosigned");
}

absl::Status HeadAuditor::CheckRemembered(const std::string& trust_domain,
                                          const Ledger& ledger) const {
  const auto snapshot = ledger.TakeSnapshot();
  for (const auto& [key, cosigned] : cosigned_) {
    const auto& [domain, origin] = key;
    if (domain != trust_domain) continue;
    ASSIGN_OR_RETURN(const auto row,
                     snapshot->Get(Table::kPeer, absl::StrCat(witness::kHeadPrefix, origin)));
    ASSIGN_OR_RETURN(const auto head, witness::HeadFrom(origin, row));
    if (head.size() < cosigned.size_max) {
      return Broken("the witness of ", trust_domain, " has forgotten a head of ", cosigned.size_max,
                    " entries of ", origin, " that it cosigned");
    }
  }
  return absl::OkStatus();
}

absl::Status HeadAuditor::CheckClaims(const Ledger& ledger) const {
  const auto snapshot = ledger.TakeSnapshot();
  ASSIGN_OR_RETURN(const auto kept,
                   federation::ListCosignatures(kernel::SnapshotRows(*snapshot), {}));
  for (const auto& claim : kept.heads()) {
    ASSIGN_OR_RETURN(const Checkpoint head, HeadIn(claim.note()));
    const std::string domain = claim.witness().substr(0, claim.witness().find('/'));
    if (!issued_.contains({domain, head.origin, head.size, head.root})) {
      return Broken(ledger.origin(), " believes that ", claim.witness(), " has cosigned ",
                    head.size, " of its entries, which it has not");
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8::sim

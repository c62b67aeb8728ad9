#ifndef CH8_STORAGE_MERKLE_POLICY_H_
#define CH8_STORAGE_MERKLE_POLICY_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/merkle/note.h"

// Trust policies (C2SP tlog-policy): which logs one believes, and which witnesses must have
// cosigned a checkpoint. A policy comes from outside what it judges.
//
//   log <vkey> [<url>]
//   witness <name> <vkey> [<url>]
//   group <name> all|any|<k> <member>...
//   quorum <name>|none
//
// Thread safety: const methods may be called from any thread.
namespace ch8 {

class Policy {
 public:
  // A log or a witness.
  struct Party {
    std::string name;  // A witness's, inside this policy only; of a log, its origin.
    NoteVerifier verifier;
    std::string url;  // Empty when none is given.
  };

  // Errors: kInvalidArgument, with the number of the line: unknown keyword, control character, bad
  // key, name defined twice or not yet, key listed twice, member of two groups, k not in 1..n, or
  // not exactly one quorum line.
  static absl::StatusOr<Policy> Parse(absl::string_view text);

  const std::vector<Party>& logs() const { return logs_; }
  const std::vector<Party>& witnesses() const { return witnesses_; }

  // The first log of this origin, or null. Owned by the policy.
  const NoteVerifier* FindLog(absl::string_view origin) const;

  // The keys of all witnesses: what OpenCheckpoint() wants.
  std::vector<NoteVerifier> WitnessVerifiers() const;

  // True when the witnesses among `cosignatures`, which are verified, make the quorum.
  bool IsWitnessed(absl::Span<const NoteSignature> cosignatures) const;

 private:
  struct Group {
    size_t least_count = 0;
    std::vector<std::string> members;
  };
  class Parser;

  bool HasWitnessed(const std::string& name, absl::Span<const NoteSignature> cosignatures) const;

  std::vector<Party> logs_;
  std::vector<Party> witnesses_;
  std::map<std::string, Group> groups_;
  std::string quorum_;
};

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_POLICY_H_

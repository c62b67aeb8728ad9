#include "storage/merkle/policy.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/text_fields.h"

namespace ch8 {
namespace {

constexpr absl::string_view kNoQuorum = "none";

using Words = std::vector<std::string>;

bool IsAllowedByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

}  // namespace

// Reads a policy line by line; names may refer to earlier lines only.
class Policy::Parser {
 public:
  absl::StatusOr<Policy> Parse(absl::string_view text) {
    for (int number = 1; !text.empty(); ++number) {
      const std::optional<absl::string_view> line = TakeLine(text);
      const absl::Status status =
          line.has_value() ? ParseLine(*line) : Refuse("it does not end in a newline");
      if (!status.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("policy line ", number, ": ", status.message()));
      }
    }
    if (policy_.quorum_.empty()) return Refuse("a policy has no quorum line");
    return std::move(policy_);
  }

 private:
  static absl::Status Refuse(absl::string_view what) { return absl::InvalidArgumentError(what); }

  absl::Status ParseLine(absl::string_view line) {
    if (!std::all_of(line.begin(), line.end(), IsAllowedByte)) {
      return Refuse("it holds a control character");
    }
    const Words words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.empty() || words[0].front() == '#') return absl::OkStatus();
    if (words[0] == "log") return ParseLog(words);
    if (words[0] == "witness") return ParseWitness(words);
    if (words[0] == "group") return ParseGroup(words);
    if (words[0] == "quorum") return ParseQuorum(words);
    return Refuse(absl::StrCat("'", absl::CHexEscape(words[0]), "' is not a keyword"));
  }

  absl::Status ParseLog(const Words& words) {
    if (words.size() < 2 || words.size() > 3) return Refuse("want log <vkey> [<url>]");
    ASSIGN_OR_RETURN(NoteVerifier verifier, NoteVerifier::Parse(words[1]));
    if (!log_keys_.insert(verifier.key).second) return Refuse("a log's key is listed twice");
    std::string name = verifier.name;
    policy_.logs_.push_back({.name = std::move(name),
                             .verifier = std::move(verifier),
                             .url = words.size() == 3 ? words[2] : ""});
    return absl::OkStatus();
  }

  absl::Status ParseWitness(const Words& words) {
    if (words.size() < 3 || words.size() > 4) return Refuse("want witness <name> <vkey> [<url>]");
    RETURN_IF_ERROR(Define(words[1]));
    ASSIGN_OR_RETURN(NoteVerifier verifier, NoteVerifier::Parse(words[2]));
    if (verifier.type == kNoteEd25519) return Refuse("a witness's key is not for cosignatures");
    if (!witness_keys_.insert(verifier.key).second) {
      return Refuse("a witness's key is listed twice");
    }
    policy_.witnesses_.push_back({.name = words[1],
                                  .verifier = std::move(verifier),
                                  .url = words.size() == 4 ? words[3] : ""});
    return absl::OkStatus();
  }

  absl::Status ParseGroup(const Words& words) {
    if (words.size() < 4) return Refuse("want group <name> all|any|<k> <member>...");
    Group group{.least_count = 1, .members = Words(words.begin() + 3, words.end())};
    for (const std::string& member : group.members) {
      if (!defined_.contains(member)) {
        return Refuse(absl::StrCat(absl::CHexEscape(member), " is not defined"));
      }
      if (!grouped_.insert(member).second) {
        return Refuse(absl::StrCat(absl::CHexEscape(member), " is a member already"));
      }
    }
    RETURN_IF_ERROR(Define(words[1]));
    if (words[2] == "all") {
      group.least_count = group.members.size();
    } else if (words[2] != "any") {
      ASSIGN_OR_RETURN(group.least_count, ParseDecimal(words[2]));
    }
    if (group.least_count < 1 || group.least_count > group.members.size()) {
      return Refuse("a group asks for none or more than all of its members");
    }
    policy_.groups_.emplace(words[1], std::move(group));
    return absl::OkStatus();
  }

  absl::Status ParseQuorum(const Words& words) {
    if (words.size() != 2) return Refuse("want quorum <name>");
    if (!policy_.quorum_.empty()) return Refuse("a policy has one quorum");
    if (words[1] != kNoQuorum && !defined_.contains(words[1])) {
      return Refuse(absl::StrCat(absl::CHexEscape(words[1]), " is not defined"));
    }
    policy_.quorum_ = words[1];
    return absl::OkStatus();
  }

  absl::Status Define(const std::string& name) {
    if (name == kNoQuorum || !defined_.insert(name).second) {
      return Refuse(absl::StrCat("the name ", absl::CHexEscape(name), " is taken"));
    }
    return absl::OkStatus();
  }

  Policy policy_;
  std::set<std::string> log_keys_;
  std::set<std::string> witness_keys_;
  std::set<std::string> defined_;  // Witnesses and groups.
  std::set<std::string> grouped_;
};

absl::StatusOr<Policy> Policy::Parse(absl::string_view text) { return Parser().Parse(text); }

const NoteVerifier* Policy::FindLog(absl::string_view origin) const {
  for (const Party& log : logs_) {
    if (log.name == origin) return &log.verifier;
  }
  return nullptr;
}

std::vector<NoteVerifier> Policy::WitnessVerifiers() const {
  std::vector<NoteVerifier> verifiers;
  for (const Party& witness : witnesses_) verifiers.push_back(witness.verifier);
  return verifiers;
}

bool Policy::IsWitnessed(absl::Span<const NoteSignature> cosignatures) const {
  return quorum_ == kNoQuorum || HasWitnessed(quorum_, cosignatures);
}

bool Policy::HasWitnessed(const std::string& name,
                          absl::Span<const NoteSignature> cosignatures) const {
  if (const auto group = groups_.find(name); group != groups_.end()) {
    const std::vector<std::string>& members = group->second.members;
    const auto count = std::count_if(
        members.begin(), members.end(),
        [&](const std::string& member) { return HasWitnessed(member, cosignatures); });
    return static_cast<size_t>(count) >= group->second.least_count;
  }
  const auto witness = std::find_if(witnesses_.begin(), witnesses_.end(),
                                    [&](const Party& party) { return party.name == name; });
  return std::any_of(cosignatures.begin(), cosignatures.end(), [&](const NoteSignature& signature) {
    return signature.name == witness->verifier.name &&
           signature.key_id == witness->verifier.key_id();
  });
}

}  // namespace ch8

#include "clients/verify/log_keys.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "clients/verify/log_files.h"
#include "clients/verify/refusal.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/text_fields.h"

namespace ch8::verify {
namespace {

// The key in a PEM file as RFC 8410 has it, or nothing. One spelling only.
absl::StatusOr<PublicKey> ParsePem(absl::string_view pem) {
  const absl::Status malformed = absl::InvalidArgumentError("not an Ed25519 public key in PEM");
  if (!absl::ConsumePrefix(&pem, "-----BEGIN PUBLIC KEY-----\n") ||
      !absl::ConsumeSuffix(&pem, "\n-----END PUBLIC KEY-----\n")) {
    return malformed;
  }
  const auto der = DecodeBase64(pem);
  const std::string prefix = absl::HexStringToBytes("302a300506032b6570032100");
  if (!der.has_value() || der->compare(0, prefix.size(), prefix) != 0) return malformed;
  return PublicKey::FromBytes(der->substr(prefix.size()));
}

std::string KeyFile(absl::string_view origin) {
  return absl::StrCat("keys/", FlatName(origin), ".pem");
}

// A key and its place among those of its log; kSigns for the one that signs, which is the last.
constexpr uint64_t kSigns = UINT64_MAX;
struct NumberedKey {
  uint64_t number = kSigns;
  LogKey key;
};

// Whose key the file `name` is, from "un.example+ch8+finance.pem" or, of a former key,
// "un.example+ch8+finance.1-until-90.pem"; empty when it is none.
std::string OriginIn(absl::string_view name, NumberedKey& key) {
  if (!absl::ConsumeSuffix(&name, ".pem")) return "";
  const size_t dot = name.rfind('.');
  const size_t until = name.find("-until-", dot == absl::string_view::npos ? 0 : dot);
  if (until != absl::string_view::npos && dot != absl::string_view::npos) {
    const absl::StatusOr<uint64_t> number = ParseDecimal(name.substr(dot + 1, until - dot - 1));
    const absl::StatusOr<uint64_t> size = ParseDecimal(name.substr(until + 7));
    if (!number.ok() || !size.ok() || *size == 0) return "";
    key.number = *number;
    key.key.until_size = *size;
    name = name.substr(0, dot);
  }
  const std::string origin = absl::StrReplaceAll(name, {{"+", "/"}});
  return IsValidKeyName(origin) ? origin : "";
}

}  // namespace

absl::StatusOr<TrustedKeys> ReadKeys(ExportFiles& files) {
  TrustedKeys keys;
  std::string policy;
  std::map<std::string, std::vector<NumberedKey>> numbered;
  for (const std::string& name : files.In("keys")) {
    const std::string file = absl::StrCat("keys/", name);
    NumberedKey key;
    const std::string origin = OriginIn(name, key);
    ASSIGN_OR_RETURN(const std::string pem, files.Read(file));
    const absl::StatusOr<PublicKey> public_key = ParsePem(pem);
    if (origin.empty()) return RefuseFile(file, "is no .pem file of a ledger's key");
    if (!public_key.ok()) return RefuseFile(file, public_key.status().message());
    key.key.key = *public_key;
    numbered[origin].push_back(key);
  }
  for (auto& [origin, of_log] : numbered) {
    std::sort(of_log.begin(), of_log.end(),
              [](const NumberedKey& a, const NumberedKey& b) { return a.number < b.number; });
    LogSigners& log = keys[origin];
    log.origin = origin;
    for (const NumberedKey& key : of_log) {
      const bool last = &key == &of_log.back();
      if (key.number != (last ? kSigns : log.keys.size() + 1)) {
        return RefuseFile(KeyFile(origin), "is missing, or a former key is");
      }
      log.keys.push_back(key.key);
      const NoteVerifier verifier = NoteVerifier::Of(origin, key.key.key);
      absl::StrAppend(&policy, "log ", verifier.Format(), "\n");
    }
  }
  RETURN_IF_ERROR(files.Expect("policy.txt", policy + "quorum none\n"));
  return keys;
}

absl::Status CompareKeys(const TrustedKeys& exported, const TrustedKeys& trust) {
  for (const auto& [origin, log] : exported) {
    const auto trusted = trust.find(origin);
    if (trusted == trust.end()) continue;
    const std::vector<LogKey>& keys = trusted->second.keys;
    for (size_t i = 0; i < std::min(keys.size(), log.keys.size()); ++i) {
      if (keys[i].key == log.keys[i].key) continue;
      return RefuseFile(KeyFile(origin), "is another key than the one that is trusted");
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8::verify

#include "tests/sim/directory.h"

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "services/witness/core/heads.h"
#include "storage/base/hash.h"

namespace ch8::sim {
namespace {

constexpr absl::string_view kServices[] = {"finance", "logistics", "mandate", "witness"};

}  // namespace

SigningKey KeyOf(absl::string_view name) {
  static auto* const keys = new std::map<std::string, SigningKey>();
  const auto known = keys->find(std::string(name));
  if (known != keys->end()) return known->second;
  const SigningKey key = *SigningKey::FromSeed(Sha256({"key of ", name}).view());
  return keys->emplace(std::string(name), key).first->second;
}

std::vector<SigningKey> Directory::KeysOf(const std::string& origin) const {
  std::vector<SigningKey> keys = {KeyOf(origin)};
  const auto former = until_sizes_.find(origin);
  if (former == until_sizes_.end()) return keys;
  while (keys.size() <= former->second.size()) {
    keys.push_back(KeyOf(absl::StrCat(origin, " ", keys.size())));
  }
  return keys;
}

LogSigners Directory::SignersOf(const std::string& origin) const {
  LogSigners signers{.origin = origin, .keys = {}};
  for (const SigningKey& key : KeysOf(origin)) signers.keys.emplace_back(key.public_key());
  const auto former = until_sizes_.find(origin);
  if (former == until_sizes_.end()) return signers;
  for (size_t i = 0; i < former->second.size(); ++i) {
    signers.keys[i].until_size = former->second[i];
  }
  return signers;
}

void Directory::ChangeKey(const std::string& origin, uint64_t until_size) {
  until_sizes_[origin].push_back(until_size);
}

std::string Directory::RecordOf(const std::string& trust_domain) const {
  chapter8::directory::v1::OrganizationRecord record;
  record.set_trust_domain(trust_domain);
  for (const absl::string_view service : kServices) {
    const std::string origin = absl::StrCat(trust_domain, "/ch8/", service);
    for (const LogKey& key : SignersOf(origin).keys) {
      auto& log_key = *record.add_log_keys();
      log_key.set_origin(origin);
      log_key.set_public_key(std::string(key.key.view()));
      log_key.set_until_size(key.until_size);
    }
  }
  const SigningKey witness = KeyOf(witness::WitnessName(trust_domain));
  record.set_witness_public_key(std::string(witness.public_key().view()));
  chapter8::directory::v1::SignedOrganizationRecord outer;
  outer.set_record(record.SerializeAsString());
  return outer.SerializeAsString();
}

}  // namespace ch8::sim

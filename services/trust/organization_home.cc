#include "services/trust/organization_home.h"

#include <fcntl.h>
#include <google/protobuf/text_format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_record.h"
#include "services/trust/spiffe_id.h"
#include "services/trust/witness_rekey.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

using chapter8::directory::v1::Genesis;

constexpr char kFirstNode[] = "1";

absl::Status ErrnoStatus(absl::string_view what, const std::string& path) {
  const absl::Status status = absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path));
  if (status.code() != absl::StatusCode::kUnknown) return status;
  return absl::UnavailableError(status.message());
}

// The folder a home is built in, beside its final place; removed unless it got there.
class Scaffold {
 public:
  static absl::StatusOr<Scaffold> For(std::string directory) {
    while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
    const std::filesystem::path target(directory);
    struct stat facts;
    if (::lstat(directory.c_str(), &facts) == 0) {
      return absl::AlreadyExistsError(absl::StrCat(directory, " exists already"));
    }
    if (directory.empty() || target.filename().empty()) {
      return absl::InvalidArgumentError("organization home: the directory must have a name");
    }
    std::string draft =
        (target.parent_path() / absl::StrCat(".", target.filename().string(), ".XXXXXX")).string();
    if (::mkdtemp(draft.data()) == nullptr) return ErrnoStatus("cannot create", directory);
    return Scaffold(std::move(draft), std::move(directory));
  }

  ~Scaffold() {
    std::error_code ignored;  // What cannot be removed keeps its name, which says what it is.
    if (!draft_.empty()) std::filesystem::remove_all(draft_, ignored);
  }
  Scaffold(Scaffold&& other) noexcept
      : draft_(std::exchange(other.draft_, "")), directory_(std::move(other.directory_)) {}
  Scaffold& operator=(Scaffold&&) = delete;

  absl::StatusOr<std::string> Folder(const std::string& name) const {
    std::string path = absl::StrCat(draft_, "/", name);
    if (::mkdir(path.c_str(), 0700) != 0) return ErrnoStatus("cannot create", path);
    return path;
  }

  const std::string& path() const { return draft_; }

  absl::Status Finish() {
    if (::chmod(draft_.c_str(), 0755) != 0) return ErrnoStatus("cannot open up", draft_);
    if (::renameat2(AT_FDCWD, draft_.c_str(), AT_FDCWD, directory_.c_str(), RENAME_NOREPLACE) !=
        0) {
      return ErrnoStatus("cannot move the new home to", directory_);
    }
    draft_.clear();
    return absl::OkStatus();
  }

 private:
  Scaffold(std::string draft, std::string directory)
      : draft_(std::move(draft)), directory_(std::move(directory)) {}

  std::string draft_;
  std::string directory_;
};

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("organization home: ", what));
}

absl::Status CheckOptions(const OrganizationHomeOptions& options) {
  if (options.administrators.size() != 2) return Bad("there must be two administrators");
  const FirstAdministrator& one = options.administrators[0];
  const FirstAdministrator& other = options.administrators[1];
  for (const FirstAdministrator& administrator : options.administrators) {
    if (!IsResourceId(administrator.officer) || administrator.person == 0) {
      return Bad("officer ids must match [a-z0-9-]{1,63}, person numbers must not be 0");
    }
  }
  if (one.officer == other.officer || one.person == other.person) {
    return Bad("the two administrators must be two officers and two persons");
  }
  const std::set<std::string> services(options.services.begin(), options.services.end());
  if (services.empty() || services.size() != options.services.size()) {
    return Bad("services must be named once each");
  }
  return absl::OkStatus();
}

struct Issuer {
  KeyAndCertificate authority;
  std::string trust_domain;
  absl::Time now;
  absl::Duration validity;
};

struct Holder {
  SpiffeId::Kind kind;
  std::string id;
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};
};

absl::StatusOr<std::string> IssueFor(const Issuer& issuer, const Holder& holder,
                                     const std::string& request_pem) {
  return IssueCertificate({.authority_key_pem = issuer.authority.key_pem,
                           .authority_certificate_pem = issuer.authority.certificate_pem,
                           .request_pem = request_pem,
                           .id = {issuer.trust_domain, holder.kind, holder.id},
                           .dns_names = holder.dns_names,
                           .ip_addresses = holder.ip_addresses,
                           .not_before = issuer.now,
                           .validity = issuer.validity});
}

absl::StatusOr<KeyAndCertificate> NewIdentity(const Issuer& issuer, const Holder& holder) {
  KeyAndRequest made = MakeKeyAndRequest();
  ASSIGN_OR_RETURN(std::string certificate, IssueFor(issuer, holder, made.request_pem));
  return KeyAndCertificate{.key_pem = std::move(made.key_pem),
                           .certificate_pem = std::move(certificate)};
}

absl::Status WriteAuthority(const Scaffold& home, const KeyAndCertificate& authority) {
  ASSIGN_OR_RETURN(const std::string folder, home.Folder("ca"));
  RETURN_IF_ERROR(WriteFileAtomically(folder + "/ca.key", authority.key_pem, kPrivateMode));
  return WriteFileAtomically(folder + "/ca.pem", authority.certificate_pem, kPublicMode);
}

absl::Status WriteRootKey(const Scaffold& home, const SigningKey& root) {
  ASSIGN_OR_RETURN(const std::string folder, home.Folder("root"));
  return WriteSigningKey(folder + "/root.key", root);
}

// Adds the public half to `record`.
absl::Status WriteWitnessKey(const std::string& folder, OrganizationRecord& record) {
  const SigningKey key = SigningKey::Generate();
  RETURN_IF_ERROR(WriteSigningKey(WitnessKeyPath(folder), key));
  record.set_witness_public_key(key.public_key().bytes.data(), PublicKey::kSize);
  return absl::OkStatus();
}

// The node's folder but for genesis.textproto; adds the log keys to `record`.
absl::Status WriteNode(const Scaffold& home, const OrganizationHomeOptions& options,
                       const Issuer& issuer, OrganizationRecord& record) {
  ASSIGN_OR_RETURN(const std::string folder, home.Folder("node"));
  ASSIGN_OR_RETURN(const KeyAndCertificate identity,
                   NewIdentity(issuer, {.kind = SpiffeId::Kind::kNode,
                                        .id = kFirstNode,
                                        .dns_names = options.dns_names,
                                        .ip_addresses = options.ip_addresses}));
  RETURN_IF_ERROR(WriteFileAtomically(folder + "/node.key", identity.key_pem, kPrivateMode));
  RETURN_IF_ERROR(WriteFileAtomically(folder + "/node.pem", identity.certificate_pem, kPublicMode));
  RETURN_IF_ERROR(
      WriteFileAtomically(folder + "/ca.pem", issuer.authority.certificate_pem, kPublicMode));
  for (const std::string& service : options.services) {
    if (!IsResourceId(service)) return Bad("service names must match [a-z0-9-]{1,63}");
    const SigningKey key = SigningKey::Generate();
    RETURN_IF_ERROR(WriteSigningKey(absl::StrCat(folder, "/log-", service, ".key"), key));
    OrganizationRecord::LogKey* const log = record.add_log_keys();
    log->set_origin(absl::StrCat(options.trust_domain, "/ch8/", service));
    log->set_public_key(key.public_key().bytes.data(), PublicKey::kSize);
  }
  return WriteWitnessKey(folder, record);
}

// One officer's folder; adds the officer to `genesis`.
absl::Status WriteOfficer(const std::string& officers, const FirstAdministrator& administrator,
                          const Issuer& issuer, Genesis& genesis) {
  const std::string folder = absl::StrCat(officers, "/", administrator.officer);
  if (::mkdir(folder.c_str(), 0700) != 0) return ErrnoStatus("cannot create", folder);
  ASSIGN_OR_RETURN(
      const KeyAndCertificate identity,
      NewIdentity(issuer, {.kind = SpiffeId::Kind::kOfficer, .id = administrator.officer}));
  RETURN_IF_ERROR(WriteFileAtomically(folder + "/tls.key", identity.key_pem, kPrivateMode));
  RETURN_IF_ERROR(WriteFileAtomically(folder + "/tls.pem", identity.certificate_pem, kPublicMode));
  RETURN_IF_ERROR(
      WriteFileAtomically(folder + "/ca.pem", issuer.authority.certificate_pem, kPublicMode));
  const SigningKey act_key = SigningKey::Generate();
  RETURN_IF_ERROR(WriteSigningKey(folder + "/act.key", act_key));
  Genesis::Administrator* const entry = genesis.add_administrators();
  entry->set_officer(administrator.officer);
  entry->set_person(administrator.person);
  entry->set_act_public_key(act_key.public_key().bytes.data(), PublicKey::kSize);
  return absl::OkStatus();
}

absl::Status WriteGenesis(const Scaffold& home, const Genesis& genesis) {
  std::string text;
  if (!google::protobuf::TextFormat::PrintToString(genesis, &text)) {
    return absl::InternalError("organization home: the genesis could not be written as text");
  }
  return WriteFileAtomically(home.path() + "/node/genesis.textproto", text, kPublicMode);
}

absl::StatusOr<Issuer> ReadIssuer(const std::string& home) {
  Issuer issuer;
  ASSIGN_OR_RETURN(issuer.authority.key_pem, ReadPrivateFile(home + "/ca/ca.key"));
  ASSIGN_OR_RETURN(issuer.authority.certificate_pem, ReadSmallFile(home + "/ca/ca.pem"));
  ASSIGN_OR_RETURN(const SignedOrganizationRecord record, ReadRecordFile(home + "/org.record"));
  ASSIGN_OR_RETURN(const OrganizationRecord own, VerifyFirstContact(record));
  issuer.trust_domain = own.trust_domain();
  return issuer;
}

absl::Status CheckGenesis(const Genesis& genesis) {
  RETURN_IF_ERROR(VerifyFirstContact(genesis.signed_record()).status());
  std::set<std::string> officers;
  std::set<uint64_t> persons;
  for (const Genesis::Administrator& administrator : genesis.administrators()) {
    if (!IsResourceId(administrator.officer()) || administrator.person() == 0) {
      return Bad("genesis: officer ids must match [a-z0-9-]{1,63}, person numbers must not be 0");
    }
    RETURN_IF_ERROR(PublicKey::FromBytes(administrator.act_public_key()).status());
    officers.insert(administrator.officer());
    persons.insert(administrator.person());
  }
  if (genesis.administrators_size() != 2 || officers.size() != 2 || persons.size() != 2) {
    return Bad("genesis: the administrators must be two officers and two persons");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SignedOrganizationRecord> InitOrganizationHome(
    const OrganizationHomeOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(Scaffold home, Scaffold::For(options.directory));
  Issuer issuer{.authority = {},
                .trust_domain = options.trust_domain,
                .now = options.now,
                .validity = options.certificate_validity};
  ASSIGN_OR_RETURN(issuer.authority,
                   MakeCertificateAuthority({.trust_domain = options.trust_domain,
                                             .not_before = options.now,
                                             .validity = options.authority_validity}));
  const SigningKey root = SigningKey::Generate();
  RETURN_IF_ERROR(WriteRootKey(home, root));
  RETURN_IF_ERROR(WriteAuthority(home, issuer.authority));

  OrganizationRecord record;
  record.set_organization(options.organization);
  record.set_trust_domain(options.trust_domain);
  record.set_display_name(options.display_name);
  record.set_ca_bundle_pem(issuer.authority.certificate_pem);
  for (const OrganizationRecord::Endpoint& endpoint : options.endpoints) {
    *record.add_endpoints() = endpoint;
  }
  record.set_root_public_key(root.public_key().bytes.data(), PublicKey::kSize);
  record.set_sequence(1);
  record.set_issued_at_unix_seconds(absl::ToUnixSeconds(options.now));
  RETURN_IF_ERROR(WriteNode(home, options, issuer, record));

  Genesis genesis;
  ASSIGN_OR_RETURN(*genesis.mutable_signed_record(), SignOrganizationRecord(record, root));
  ASSIGN_OR_RETURN(const std::string officers, home.Folder("officers"));
  for (const FirstAdministrator& administrator : options.administrators) {
    RETURN_IF_ERROR(WriteOfficer(officers, administrator, issuer, genesis));
  }
  RETURN_IF_ERROR(WriteGenesis(home, genesis));
  RETURN_IF_ERROR(WriteFileAtomically(home.path() + "/org.record",
                                      EncodeArmour(genesis.signed_record()), kPublicMode));
  RETURN_IF_ERROR(home.Finish());
  return genesis.signed_record();
}

absl::StatusOr<std::string> IssueOfficer(const IssueOfficerOptions& options) {
  ASSIGN_OR_RETURN(Issuer issuer, ReadIssuer(options.home));
  issuer.now = options.now;
  issuer.validity = options.validity;
  return IssueFor(issuer, {.kind = SpiffeId::Kind::kOfficer, .id = options.officer},
                  options.request_pem);
}

absl::StatusOr<KeyAndCertificate> IssueNode(const IssueNodeOptions& options) {
  ASSIGN_OR_RETURN(Issuer issuer, ReadIssuer(options.home));
  issuer.now = options.now;
  issuer.validity = options.validity;
  return NewIdentity(issuer, {.kind = SpiffeId::Kind::kNode,
                              .id = options.node,
                              .dns_names = options.dns_names,
                              .ip_addresses = options.ip_addresses});
}

absl::StatusOr<Genesis> ReadGenesis(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(path));
  Genesis genesis;
  if (!google::protobuf::TextFormat::ParseFromString(text, &genesis)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a genesis in text form"));
  }
  RETURN_IF_ERROR(CheckGenesis(genesis));
  return genesis;
}

absl::StatusOr<SignedOrganizationRecord> ReadRecordFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(path));
  ASSIGN_OR_RETURN(SignedOrganizationRecord record, DecodeArmour(text));
  RETURN_IF_ERROR(VerifyFirstContact(record).status());
  return record;
}

}  // namespace ch8::trust

#ifndef CH8_SERVICES_TRUST_ORGANIZATION_HOME_H_
#define CH8_SERVICES_TRUST_ORGANIZATION_HOME_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "services/trust/certificates.h"
#include "storage/base/ed25519.h"

// The files an organization starts with: what `ch8 org init` writes and `ch8d` is started from.
//
//   org.record              its signed record, for peers; public
//   root/root.key           Ed25519 root key: move it offline after the first records are signed
//   ca/ca.key, ca/ca.pem    authority for TLS certificates
//   node/node.key, node.pem the daemon's TLS identity  spiffe://<domain>/node/1
//   node/ca.pem             the organization's own bundle
//   node/log-<service>.key  Ed25519, signs that service's checkpoints
//   node/genesis.textproto  chapter8.directory.v1.Genesis: record and first administrators
//   officers/<id>/          tls.key, tls.pem, ca.pem, act.key: give each folder to its officer
//
// A change of a log key (services/trust/log_rekey.h) adds node/org.record,
// node/log-<service>.change and, put aside, node/log-<service>.retired-<n>.key.
//
// Keys are 0600, their folders 0700. Thread safety: any thread, but one caller per folder at a
// time.
namespace ch8::trust {

// One of the first two persons who may act for the organization.
struct FirstAdministrator {
  std::string officer;  // IsResourceId().
  uint64_t person = 0;  // Opaque person number, not 0; never a name.
};

struct OrganizationHomeOptions {
  std::string directory;     // Must not exist yet; its parent must.
  std::string organization;  // e.g. `un`.
  std::string trust_domain;  // e.g. `un.example`.
  std::string display_name;
  std::vector<std::string> services = {"directory",   "mandate",  "finance", "logistics",
                                       "information", "training", "witness"};
  std::vector<chapter8::directory::v1::OrganizationRecord::Endpoint> endpoints = {};
  std::vector<std::string> dns_names = {"localhost"};  // Of the node's certificate.
  std::vector<std::string> ip_addresses = {"127.0.0.1", "::1"};
  std::vector<FirstAdministrator> administrators;  // Exactly two, of two persons.
  absl::Time now;
  absl::Duration authority_validity = absl::Hours(24 * 3650);
  absl::Duration certificate_validity = absl::Hours(24 * 90);  // Of the node and the officers.
};

// Writes the whole home, or nothing: it is built in a hidden sibling folder and renamed at the end.
// Returns the signed record, whose Fingerprint() the officers note down.
//
// Errors: kAlreadyExists when `directory` exists; kInvalidArgument naming the option; kNotFound,
// kPermissionDenied, kResourceExhausted, kUnavailable from the file system.
absl::StatusOr<chapter8::directory::v1::SignedOrganizationRecord> InitOrganizationHome(
    const OrganizationHomeOptions& options);

struct IssueOfficerOptions {
  std::string home;
  std::string officer;      // IsResourceId().
  std::string request_pem;  // PKCS#10 made on the officer's own device (MakeKeyAndRequest).
  absl::Time now;
  absl::Duration validity = absl::Hours(24 * 90);
};

// The TLS certificate of a further officer, signed by the home's authority; PEM. Writes nothing.
// Errors: those of IssueCertificate, ReadPrivateFile and ReadSmallFile.
absl::StatusOr<std::string> IssueOfficer(const IssueOfficerOptions& options);

struct IssueNodeOptions {
  std::string home;
  std::string node;  // The <n> of node/<n>, IsResourceId().
  std::vector<std::string> dns_names = {"localhost"};
  std::vector<std::string> ip_addresses = {"127.0.0.1", "::1"};
  absl::Time now;
  absl::Duration validity = absl::Hours(24 * 90);
};

// A new key and certificate for a node: another one, or the same again before its end. Writes
// nothing; the caller places the files (key first).
absl::StatusOr<KeyAndCertificate> IssueNode(const IssueNodeOptions& options);

// The home's genesis. Errors: kNotFound; kInvalidArgument when it does not parse, names other than
// two different officers and persons, or its record does not verify under its own root key.
absl::StatusOr<chapter8::directory::v1::Genesis> ReadGenesis(const std::string& path);

// Reads and verifies an armoured record file, of our own or of a peer not known so far.
// Errors: those of ReadSmallFile, DecodeArmour and VerifyFirstContact.
absl::StatusOr<chapter8::directory::v1::SignedOrganizationRecord> ReadRecordFile(
    const std::string& path);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_ORGANIZATION_HOME_H_

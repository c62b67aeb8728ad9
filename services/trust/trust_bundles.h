#ifndef CH8_SERVICES_TRUST_TRUST_BUNDLES_H_
#define CH8_SERVICES_TRUST_TRUST_BUNDLES_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/trust/openssl.h"
#include "services/trust/spiffe_id.h"

namespace ch8::trust {

// What a peer presents in a TLS handshake, and which end of it we are.
struct PresentedCertificates {
  enum class Role { kClient, kServer };

  // Exactly the certificate whose key signed the handshake.
  std::string leaf_pem;
  // Whatever else it sent; believed in nothing, used to build a path only.
  std::string chain_pem = {};
  // The peer's role in the handshake.
  Role role = Role::kClient;
};

// Which certificate authorities may vouch for whom: for each trust domain its own CA certificates
// and no others (SPIFFE Federation §7.3). A peer pinned at run time is known to every listener and
// channel that holds this object, without a restart.
//
// TLS libraries know only one set of roots per listener. PooledPath() is that set: the union of all
// bundles, a sieve that lets a handshake get far enough for Authenticate() to judge it. The pool by
// itself would let any peer's CA vouch for every other organization.
//
// Thread safety: all methods may be called from any thread.
class TrustBundles {
 public:
  // Errors: kUnavailable when the kernel gives no anonymous file for the pool.
  static absl::StatusOr<std::shared_ptr<TrustBundles>> Create();

  ~TrustBundles();
  TrustBundles(const TrustBundles&) = delete;
  TrustBundles& operator=(const TrustBundles&) = delete;

  // Replaces what `trust_domain` is verified against by the CA certificates of `bundle_pem`, for
  // every handshake that starts from now on (listeners follow within about a second). Connections
  // that exist live on: the caller ends them or lets the Authorizer refuse their calls.
  //
  // Errors: kInvalidArgument when the domain or the bundle (see CheckCaBundle) is malformed;
  // kUnavailable when the pool cannot be written: nothing has changed then, retry.
  absl::Status Set(absl::string_view trust_domain, absl::string_view bundle_pem);

  // Forgets `trust_domain`; unknown ones are no error. kUnavailable: as for Set, nothing changed.
  absl::Status Remove(absl::string_view trust_domain);

  // The domains now known, in order.
  std::vector<std::string> TrustDomains() const;

  // All bundles, one after the other, in the order of their domains.
  std::string PooledPem() const;

  // A path under /proc/self/fd whose content is always one whole PooledPem(), never a mixture; once
  // the last domain is removed it keeps its former content, since an empty pool would mean "no
  // check" to some readers. Valid for as long as this object lives, in this process only.
  const std::string& PooledPath() const { return pooled_path_; }

  // Names the peer, if its certificate has exactly one URI name, that is a SpiffeId, is no CA, and
  // a path from it ends in the bundle of its own trust domain at the present time.
  //
  // Errors: kUnauthenticated, with the reason. Not retryable with the same certificate.
  absl::StatusOr<SpiffeId> Authenticate(const PresentedCertificates& presented) const;

 private:
  struct Bundle {
    std::string pem;
    std::shared_ptr<X509_STORE> roots;
  };
  using Bundles = std::map<std::string, Bundle, std::less<>>;

  TrustBundles() = default;
  absl::Status Publish(Bundles bundles);  // With mutex_ held.

  mutable std::mutex mutex_;
  Bundles bundles_;
  int pooled_fd_ = -1;
  std::string pooled_path_;
};

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_TRUST_BUNDLES_H_

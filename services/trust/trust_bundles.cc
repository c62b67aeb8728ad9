#include "services/trust/trust_bundles.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/trust/certificates.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

constexpr int kPathDepthMax = 4;       // Intermediates between a leaf and its root.
constexpr int kSecurityBitsLevel = 2;  // 112 bits: no SHA-1, no RSA below 2048 (OpenSSL's level 2).

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;

// A new anonymous file that holds `content`, or -1 and errno.
int AnonymousFile(const std::string& content) {
  const int fd = ::memfd_create("chapter8-pooled-bundle", MFD_CLOEXEC);
  size_t done = 0;
  while (fd >= 0 && done < content.size()) {
    const ssize_t written = ::write(fd, content.data() + done, content.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      ::close(fd);
      return -1;
    }
    done += static_cast<size_t>(written);
  }
  return fd;
}

absl::Status PoolError() {
  return absl::UnavailableError(
      absl::ErrnoToStatus(errno, "cannot write the pool of CA bundles").message());
}

absl::Status Refused(absl::string_view who, absl::string_view reason) {
  return absl::UnauthenticatedError(absl::StrCat(who, ": ", reason));
}

// OK when a path leads from `leaf` over `untrusted` to one of `roots`, now.
absl::Status VerifyPath(X509_STORE* roots, X509* leaf, STACK_OF(X509) * untrusted,
                        PresentedCertificates::Role role, const SpiffeId& id) {
  const X509StoreCtxPtr context(X509_STORE_CTX_new());
  Check(context != nullptr && X509_STORE_CTX_init(context.get(), roots, leaf, untrusted) == 1 &&
            X509_STORE_CTX_set_purpose(context.get(), role == PresentedCertificates::Role::kClient
                                                          ? X509_PURPOSE_SSL_CLIENT
                                                          : X509_PURPOSE_SSL_SERVER) == 1,
        "a certificate verification could not be started");
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_depth(rules, kPathDepthMax);
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityBitsLevel);
  const int verdict = X509_verify_cert(context.get());
  ERR_clear_error();
  if (verdict == 1) return absl::OkStatus();
  return Refused(
      id.ToString(),
      absl::StrCat("no path to the CA bundle of ", id.trust_domain, ": ",
                   X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))));
}

// The name the leaf claims, not yet verified.
absl::StatusOr<SpiffeId> ClaimedId(X509* leaf) {
  const absl::StatusOr<CertificateFacts> facts = DescribeCertificate(leaf);
  if (!facts.ok()) return Refused("peer", facts.status().message());
  if (facts->uri_names.size() != 1) {
    return Refused("peer", absl::StrCat("its certificate must have exactly one URI name and has ",
                                        facts->uri_names.size()));
  }
  const absl::StatusOr<SpiffeId> id = SpiffeId::Parse(facts->uri_names.front());
  if (!id.ok()) return Refused("peer", id.status().message());
  if (facts->is_authority) return Refused(id->ToString(), "its certificate is an authority's");
  return id;
}

}  // namespace

absl::StatusOr<std::shared_ptr<TrustBundles>> TrustBundles::Create() {
  std::shared_ptr<TrustBundles> bundles(new TrustBundles);
  bundles->pooled_fd_ = AnonymousFile("");
  if (bundles->pooled_fd_ < 0) return PoolError();
  bundles->pooled_path_ = absl::StrCat("/proc/self/fd/", bundles->pooled_fd_);
  if (::access(bundles->pooled_path_.c_str(), R_OK) != 0) return PoolError();
  return bundles;
}

TrustBundles::~TrustBundles() {
  if (pooled_fd_ >= 0) ::close(pooled_fd_);
}

absl::Status TrustBundles::Set(absl::string_view trust_domain, absl::string_view bundle_pem) {
  if (!IsTrustDomain(trust_domain)) {
    return absl::InvalidArgumentError("trust bundle: the domain must be a lower-case DNS name");
  }
  RETURN_IF_ERROR(CheckCaBundle(bundle_pem));
  ASSIGN_OR_RETURN(const std::vector<X509Ptr> certificates, ParseCertificates(bundle_pem));
  Bundle bundle{.pem = "", .roots = std::shared_ptr<X509_STORE>(X509_STORE_new(), X509_STORE_free)};
  const BioPtr text(BIO_new(BIO_s_mem()));
  Check(bundle.roots != nullptr && text != nullptr, "out of memory");
  for (const X509Ptr& certificate : certificates) {
    Check(X509_STORE_add_cert(bundle.roots.get(), certificate.get()) == 1 &&
              PEM_write_bio_X509(text.get(), certificate.get()) == 1,
          "a CA certificate could not be added");
  }
  bundle.pem = BioText(text.get());  // Certificates only, whatever stood between them.
  const std::lock_guard<std::mutex> lock(mutex_);
  Bundles next = bundles_;
  next.insert_or_assign(std::string(trust_domain), std::move(bundle));
  return Publish(std::move(next));
}

absl::Status TrustBundles::Remove(absl::string_view trust_domain) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Bundles next = bundles_;
  if (next.erase(std::string(trust_domain)) == 0) return absl::OkStatus();
  return Publish(std::move(next));
}

std::vector<std::string> TrustBundles::TrustDomains() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> domains;
  for (const auto& [domain, bundle] : bundles_) domains.push_back(domain);
  return domains;
}

std::string TrustBundles::PooledPem() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string pem;
  for (const auto& [domain, bundle] : bundles_) pem += bundle.pem;
  return pem;
}

// The descriptor's number, and so the path, stays; dup3 swaps the file behind it at once.
absl::Status TrustBundles::Publish(Bundles bundles) {
  std::string pem;
  for (const auto& [domain, bundle] : bundles) pem += bundle.pem;
  if (!bundles.empty()) {
    const int fd = AnonymousFile(pem);
    if (fd < 0) return PoolError();
    const int swapped = ::dup3(fd, pooled_fd_, O_CLOEXEC);
    ::close(fd);
    if (swapped < 0) return PoolError();
  }
  bundles_ = std::move(bundles);
  return absl::OkStatus();
}

absl::StatusOr<SpiffeId> TrustBundles::Authenticate(const PresentedCertificates& presented) const {
  const absl::StatusOr<std::vector<X509Ptr>> leaf = ParseCertificates(presented.leaf_pem);
  if (!leaf.ok()) return Refused("peer", leaf.status().message());
  ASSIGN_OR_RETURN(SpiffeId id, ClaimedId(leaf->front().get()));
  std::shared_ptr<X509_STORE> roots;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = bundles_.find(id.trust_domain);
    if (found == bundles_.end()) return Refused(id.ToString(), "its trust domain is unknown here");
    roots = found->second.roots;
  }
  std::vector<X509Ptr> chain;
  if (!presented.chain_pem.empty()) {
    absl::StatusOr<std::vector<X509Ptr>> parsed = ParseCertificates(presented.chain_pem);
    if (!parsed.ok()) return Refused(id.ToString(), parsed.status().message());
    chain = *std::move(parsed);
  }
  const StackPtr untrusted(sk_X509_new_null());
  Check(untrusted != nullptr, "out of memory");
  for (const X509Ptr& certificate : chain) sk_X509_push(untrusted.get(), certificate.get());
  RETURN_IF_ERROR(
      VerifyPath(roots.get(), leaf->front().get(), untrusted.get(), presented.role, id));
  return id;
}

}  // namespace ch8::trust

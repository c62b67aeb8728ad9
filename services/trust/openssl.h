#ifndef CH8_SERVICES_TRUST_OPENSSL_H_
#define CH8_SERVICES_TRUST_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

// Owners for the objects of OpenSSL's C API that this folder uses, and nothing else.
namespace ch8::trust {

template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free_all>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, OpensslFree<X509_REQ_free>>;
using X509StoreCtxPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;

// A BIO that reads `text` (in place, so `text` must outlive it).
BioPtr ReadingBio(absl::string_view text);

// What was written to a memory BIO.
std::string BioText(BIO* bio);

// The oldest error on this thread's OpenSSL error queue as text ("no reason given" when there is
// none); empties the queue.
std::string OpensslError();

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_OPENSSL_H_

#ifndef CH8_SERVICES_TRUST_ACT_H_
#define CH8_SERVICES_TRUST_ACT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/base/ed25519.h"
#include "storage/base/hash.h"

// An officer's own signature under one consequential request: it goes into the ledger beside the
// request, so that neither a stolen session nor an administrator can make or deny the act later.
//
// Signed are exactly these bytes, with no line end after the last line:
//
//   chapter8/act/v1
//   un.example/ch8/finance                         the ledger's origin
//   /chapter8.finance.v1.FundService/PostPledge    the full gRPC method
//   9f86d0...0a08                                  SHA-256 of the request bytes, 64 hex digits
//   1795521600                                     not_after, Unix seconds, decimal
//
// It travels as metadata `ch8-act-bin`: a chapter8.type.v1.ActSignature.
//
// Thread safety: all functions may be called from any thread.
namespace ch8::trust {

inline constexpr char kActMetadataKey[] = "ch8-act-bin";
inline constexpr absl::Duration kActLifeMax = absl::Hours(7 * 24);

// What an act says.
struct ActStatement {
  std::string origin;   // Of the ledger that shall execute it.
  std::string method;   // "/package.Service/Method".
  Hash request_digest;  // SHA-256 of the request bytes as sent.
};

// What is sent along with the request.
struct SignedAct {
  PublicKey public_key;  // The officer's; whether it is known is for the kernel to say.
  int64_t not_after_unix_seconds = 0;
  Signature signature;
};

// The bytes that are signed. Errors: kInvalidArgument when origin or method is empty or holds a
// character outside printable ASCII, or not_after is not positive.
absl::StatusOr<std::string> ActStatementBytes(const ActStatement& statement,
                                              int64_t not_after_unix_seconds);

// Errors: those of ActStatementBytes.
absl::StatusOr<SignedAct> SignAct(const SigningKey& key, const ActStatement& statement,
                                  absl::Time not_after);

// The metadata value. Decoding refuses unknown fields and wrong sizes: kInvalidArgument.
std::string EncodeSignedAct(const SignedAct& act);
absl::StatusOr<SignedAct> DecodeSignedAct(absl::string_view bytes);

// OK when `act` is its key's signature over `statement` and may be executed at `now`. Whose key it
// is, and whether that officer may, is decided elsewhere.
//
// Errors, in this order:
//   kInvalidArgument     the statement is malformed (see ActStatementBytes).
//   kUnauthenticated     the signature is not the key's over these bytes.
//   kFailedPrecondition  EXPIRED: `now` is past not_after; sign anew.
//   kInvalidArgument     not_after is more than kActLifeMax ahead; sign anew with less.
absl::Status VerifyAct(const SignedAct& act, const ActStatement& statement, absl::Time now);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_ACT_H_

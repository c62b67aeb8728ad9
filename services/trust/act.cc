#include "services/trust/act.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "chapter8/type/v1/act_signature.pb.h"
#include "services/trust/record/unknown_fields.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

using chapter8::type::v1::ActSignature;

// One line of a statement: not empty, printable, no space; so no line can pass for two.
bool IsLine(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
}

}  // namespace

absl::StatusOr<std::string> ActStatementBytes(const ActStatement& statement,
                                              int64_t not_after_unix_seconds) {
  if (!IsLine(statement.origin)) {
    return absl::InvalidArgumentError("act: the origin must be one line of printable characters");
  }
  if (!IsLine(statement.method) || statement.method.front() != '/') {
    return absl::InvalidArgumentError("act: the method must be /package.Service/Method");
  }
  if (not_after_unix_seconds <= 0) {
    return absl::InvalidArgumentError("act: not_after must lie after 1970");
  }
  return absl::StrCat("chapter8/act/v1\n", statement.origin, "\n", statement.method, "\n",
                      statement.request_digest.ToHex(), "\n", not_after_unix_seconds);
}

absl::StatusOr<SignedAct> SignAct(const SigningKey& key, const ActStatement& statement,
                                  absl::Time not_after) {
  SignedAct act{.public_key = key.public_key(),
                .not_after_unix_seconds = absl::ToUnixSeconds(not_after),
                .signature = {}};
  ASSIGN_OR_RETURN(const std::string bytes,
                   ActStatementBytes(statement, act.not_after_unix_seconds));
  act.signature = key.Sign(bytes);
  return act;
}

std::string EncodeSignedAct(const SignedAct& act) {
  ActSignature message;
  message.set_public_key(act.public_key.bytes.data(), act.public_key.bytes.size());
  message.set_not_after_unix_seconds(act.not_after_unix_seconds);
  message.set_signature(act.signature.bytes.data(), act.signature.bytes.size());
  return message.SerializeAsString();
}

absl::StatusOr<SignedAct> DecodeSignedAct(absl::string_view bytes) {
  constexpr size_t kEncodedSizeMax = 128;  // 32 + 64 bytes, a time, and their field headers.
  ActSignature message;
  if (bytes.size() > kEncodedSizeMax ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("act: not an ActSignature");
  }
  if (HasUnknownFields(message)) {
    return absl::InvalidArgumentError("act: an ActSignature with unknown fields");
  }
  SignedAct act;
  ASSIGN_OR_RETURN(act.public_key, PublicKey::FromBytes(message.public_key()));
  act.not_after_unix_seconds = message.not_after_unix_seconds();
  ASSIGN_OR_RETURN(act.signature, Signature::FromBytes(message.signature()));
  return act;
}

absl::Status VerifyAct(const SignedAct& act, const ActStatement& statement, absl::Time now) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   ActStatementBytes(statement, act.not_after_unix_seconds));
  if (!act.public_key.Verifies(bytes, act.signature)) {
    return absl::UnauthenticatedError("act: the signature is not this key's over this request");
  }
  const absl::Time not_after = absl::FromUnixSeconds(act.not_after_unix_seconds);
  if (now > not_after) {
    return absl::FailedPreconditionError(
        absl::StrCat("EXPIRED: the act was valid until ",
                     absl::FormatTime(absl::RFC3339_sec, not_after, absl::UTCTimeZone())));
  }
  if (not_after > now + kActLifeMax) {
    return absl::InvalidArgumentError("act: not_after is more than 7 days ahead");
  }
  return absl::OkStatus();
}

}  // namespace ch8::trust

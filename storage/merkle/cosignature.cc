#include "storage/merkle/cosignature.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/text_fields.h"

namespace ch8 {
namespace {

struct CosignatureBlob {
  uint64_t time_seconds = 0;
  absl::string_view signature;
};

absl::StatusOr<CosignatureBlob> DecodeBlob(absl::string_view blob) {
  ByteReader reader(blob);
  CosignatureBlob parts;
  parts.time_seconds = reader.ReadU64();
  parts.signature = reader.ReadBytes(Signature::kSize);
  if (!reader.done()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a cosignature has ", kCosignatureBlobSize, " bytes, not ", blob.size()));
  }
  if (parts.time_seconds > kTextNumberMax) {
    return absl::InvalidArgumentError("a cosignature's time is not below 2^63 seconds");
  }
  return parts;
}

}  // namespace

std::string CosignedMessage(uint64_t time_seconds, absl::string_view checkpoint_text) {
  return absl::StrCat("cosignature/v1\ntime ", time_seconds, "\n", checkpoint_text);
}

absl::StatusOr<NoteSignature> Cosign(absl::string_view checkpoint_text, absl::string_view name,
                                     const SigningKey& key, absl::Time time) {
  if (!IsValidKeyName(name)) {
    return absl::InvalidArgumentError(absl::StrCat("no witness may be named '", name, "'"));
  }
  const int64_t seconds = absl::ToUnixSeconds(time);
  if (seconds < 0) return absl::InvalidArgumentError("a cosignature's time is before 1970");
  const auto time_seconds = static_cast<uint64_t>(seconds);
  NoteSignature signature{.name = std::string(name),
                          .key_id = KeyId(name, kNoteCosignatureV1, key.public_key().view()),
                          .blob = {}};
  AppendU64(signature.blob, time_seconds);
  absl::StrAppend(&signature.blob, key.Sign(CosignedMessage(time_seconds, checkpoint_text)).view());
  return signature;
}

bool VerifiesCosignature(const PublicKey& key, absl::string_view checkpoint_text,
                         absl::string_view blob) {
  const absl::StatusOr<CosignatureBlob> parts = DecodeBlob(blob);
  return parts.ok() &&
         key.Verifies(CosignedMessage(parts->time_seconds, checkpoint_text), parts->signature);
}

absl::StatusOr<absl::Time> CosignatureTime(const NoteSignature& signature) {
  ASSIGN_OR_RETURN(const CosignatureBlob parts, DecodeBlob(signature.blob));
  return absl::FromUnixSeconds(static_cast<int64_t>(parts.time_seconds));
}

}  // namespace ch8

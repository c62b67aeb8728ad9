#include "storage/merkle/note.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "storage/base/bytes.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/cosignature.h"
#include "storage/merkle/text_fields.h"

namespace ch8 {
namespace {

constexpr absl::string_view kSignaturePrefix = "\xE2\x80\x94 ";  // U+2014, em dash, and a space.
constexpr size_t kKeyIdSize = 4;
constexpr size_t kKeyIdHexSize = 2 * kKeyIdSize;

absl::Status NoteError(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("note refused: ", what));
}

// Unicode's White_Space property.
bool IsSpace(char32_t point) {
  return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 || point == 0xA0 ||
         point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
         point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000;
}

bool IsControl(char32_t point) { return point < 0x20; }

absl::StatusOr<NoteSignature> ParseSignatureLine(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, kSignaturePrefix)) {
    return NoteError("a signature line does not start with an em dash and a space");
  }
  const size_t space = line.find(' ');
  if (space == absl::string_view::npos) return NoteError("a signature line lacks its signature");
  const absl::string_view name = line.substr(0, space);
  if (!IsValidKeyName(name)) return NoteError("a signature line has an invalid key name");
  const std::optional<std::string> bytes = DecodeBase64(line.substr(space + 1));
  if (!bytes.has_value() || bytes->size() <= kKeyIdSize) {
    return NoteError("a signature is not canonical base64 of more than four bytes");
  }
  ByteReader reader(*bytes);
  NoteSignature signature;
  signature.name = std::string(name);
  signature.key_id = reader.ReadU32();
  signature.blob = std::string(reader.rest());
  return signature;
}

std::string KeyIdHex(uint32_t key_id) {
  std::string bytes;
  AppendU32(bytes, key_id);
  return absl::BytesToHexString(bytes);
}

std::optional<PublicKey> Ed25519KeyOf(const NoteVerifier& verifier) {
  absl::StatusOr<PublicKey> key = PublicKey::FromBytes(verifier.key);
  if (!key.ok()) return std::nullopt;
  return *key;
}

bool IsEd25519Type(uint8_t type) { return type == kNoteEd25519 || type == kNoteCosignatureV1; }

struct KeyedVerifier {
  uint32_t key_id = 0;
  const NoteVerifier* verifier = nullptr;

  bool IsKeyOf(const NoteSignature& signature) const {
    return key_id == signature.key_id && verifier->name == signature.name;
  }
};

absl::StatusOr<std::vector<KeyedVerifier>> KeyVerifiers(absl::Span<const NoteVerifier> verifiers) {
  std::vector<KeyedVerifier> keyed;
  for (const NoteVerifier& verifier : verifiers) {
    const KeyedVerifier added{verifier.key_id(), &verifier};
    for (const KeyedVerifier& other : keyed) {
      if (other.key_id == added.key_id && other.verifier->name == verifier.name) {
        return absl::InvalidArgumentError(
            absl::StrCat("two keys are named ", verifier.name, " and share a key id"));
      }
    }
    keyed.push_back(added);
  }
  return keyed;
}

}  // namespace

bool IsValidKeyName(absl::string_view name) {
  const std::optional<std::u32string> points = DecodeUtf8(name);
  return points.has_value() && !points->empty() &&
         std::none_of(points->begin(), points->end(), [](char32_t point) {
           return IsSpace(point) || IsControl(point) || point == U'+';
         });
}

absl::StatusOr<Note> ParseNote(absl::string_view bytes) {
  if (bytes.size() > kNoteSizeMax) return NoteError("it is too large");
  const std::optional<std::u32string> points = DecodeUtf8(bytes);
  if (!points.has_value()) return NoteError("it is not UTF-8");
  if (std::any_of(points->begin(), points->end(),
                  [](char32_t point) { return IsControl(point) && point != U'\n'; })) {
    return NoteError("it holds a control character");
  }
  const size_t blank = bytes.rfind("\n\n");
  if (blank == absl::string_view::npos) return NoteError("it has no blank line");
  Note note;
  note.text = std::string(bytes.substr(0, blank + 1));
  absl::string_view rest = bytes.substr(blank + 2);
  while (!rest.empty()) {
    const std::optional<absl::string_view> line = TakeLine(rest);
    if (!line.has_value()) return NoteError("its last line does not end in a newline");
    if (note.signatures.size() == kNoteSignaturesMax) return NoteError("it is signed too often");
    ASSIGN_OR_RETURN(NoteSignature signature, ParseSignatureLine(*line));
    note.signatures.push_back(std::move(signature));
  }
  if (note.signatures.empty()) return NoteError("it has no signature line");
  return note;
}

std::string FormatNoteSignature(const NoteSignature& signature) {
  std::string bytes;
  AppendU32(bytes, signature.key_id);
  bytes += signature.blob;
  return absl::StrCat(kSignaturePrefix, signature.name, " ", absl::Base64Escape(bytes), "\n");
}

std::string FormatNote(const Note& note) {
  std::string bytes = absl::StrCat(note.text, "\n");
  for (const NoteSignature& signature : note.signatures) bytes += FormatNoteSignature(signature);
  return bytes;
}

uint32_t KeyId(absl::string_view name, uint8_t type, absl::string_view key) {
  const char type_byte = static_cast<char>(type);
  const Hash hash = Sha256({name, "\n", absl::string_view(&type_byte, 1), key});
  return ByteReader(hash.view()).ReadU32();
}

NoteVerifier NoteVerifier::Of(absl::string_view name, const PublicKey& key, uint8_t type) {
  return {.name = std::string(name), .type = type, .key = std::string(key.view())};
}

absl::StatusOr<NoteVerifier> NoteVerifier::Parse(absl::string_view vkey) {
  const size_t first = vkey.find('+');
  const size_t second = first == absl::string_view::npos ? first : vkey.find('+', first + 1);
  if (second == absl::string_view::npos) {
    return absl::InvalidArgumentError("a verifier key lacks one of its three parts");
  }
  const absl::string_view name = vkey.substr(0, first);
  if (!IsValidKeyName(name)) {
    return absl::InvalidArgumentError("a verifier key has an invalid name");
  }
  const std::optional<std::string> bytes = DecodeBase64(vkey.substr(second + 1));
  if (!bytes.has_value() || bytes->size() < 2) {
    return absl::InvalidArgumentError(absl::StrCat("the verifier key of ", absl::CHexEscape(name),
                                                   " is not base64 of a type and a key"));
  }
  NoteVerifier verifier{.name = std::string(name),
                        .type = static_cast<uint8_t>(bytes->front()),
                        .key = bytes->substr(1)};
  if (IsEd25519Type(verifier.type) && !verifier.CanVerify()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the Ed25519 key of ", absl::CHexEscape(name), " is not 32 bytes"));
  }
  const absl::string_view key_id = vkey.substr(first + 1, second - first - 1);
  if (key_id.size() != kKeyIdHexSize || key_id != KeyIdHex(verifier.key_id())) {
    return absl::InvalidArgumentError(
        absl::StrCat("the verifier key of ", absl::CHexEscape(name), " has the wrong key id"));
  }
  return verifier;
}

std::string NoteVerifier::Format() const {
  const std::string bytes = absl::StrCat(std::string(1, static_cast<char>(type)), key);
  return absl::StrCat(name, "+", KeyIdHex(key_id()), "+", absl::Base64Escape(bytes));
}

bool NoteVerifier::CanVerify() const {
  return IsEd25519Type(type) && key.size() == PublicKey::kSize;
}

bool NoteVerifier::Verifies(absl::string_view text, absl::string_view blob) const {
  const std::optional<PublicKey> public_key = Ed25519KeyOf(*this);
  if (!public_key.has_value()) return false;
  if (type == kNoteEd25519) return public_key->Verifies(text, blob);
  if (type == kNoteCosignatureV1) return VerifiesCosignature(*public_key, text, blob);
  return false;
}

NoteSignature SignNote(absl::string_view text, absl::string_view name, const SigningKey& key) {
  return {.name = std::string(name),
          .key_id = KeyId(name, kNoteEd25519, key.public_key().view()),
          .blob = std::string(key.Sign(text).view())};
}

absl::StatusOr<OpenedNote> OpenNote(absl::string_view bytes,
                                    absl::Span<const NoteVerifier> verifiers) {
  ASSIGN_OR_RETURN(const std::vector<KeyedVerifier> keyed, KeyVerifiers(verifiers));
  ASSIGN_OR_RETURN(Note note, ParseNote(bytes));
  OpenedNote opened;
  for (NoteSignature& signature : note.signatures) {
    const auto known = std::find_if(keyed.begin(), keyed.end(), [&](const KeyedVerifier& key) {
      return key.verifier->CanVerify() && key.IsKeyOf(signature);
    });
    if (known == keyed.end()) {
      opened.unknown.push_back(std::move(signature));
      continue;
    }
    if (!known->verifier->Verifies(note.text, signature.blob)) {
      return absl::UnauthenticatedError(
          absl::StrCat("the note's signature by ", signature.name, " is not valid"));
    }
    const bool repeated =
        std::any_of(opened.verified.begin(), opened.verified.end(),
                    [&](const NoteSignature& other) { return known->IsKeyOf(other); });
    if (!repeated) opened.verified.push_back(std::move(signature));
  }
  if (opened.verified.empty()) {
    return absl::UnauthenticatedError("no known key has signed the note");
  }
  opened.text = std::move(note.text);
  return opened;
}

}  // namespace ch8

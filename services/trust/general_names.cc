#include "services/trust/general_names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/trust/spiffe_id.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;

bool IsUri(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
}

// The 4 or 16 bytes of an address in text; empty when it is none.
std::string AddressBytes(const std::string& text) {
  char bytes[16];
  if (::inet_pton(AF_INET, text.c_str(), bytes) == 1) return std::string(bytes, 4);
  if (::inet_pton(AF_INET6, text.c_str(), bytes) == 1) return std::string(bytes, 16);
  return "";
}

void Push(GENERAL_NAMES* names, int type, absl::string_view bytes) {
  // OpenSSL's three string types here are one C type; the name's kind decides the tag.
  ASN1_STRING* text =
      ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  GENERAL_NAME* name = GENERAL_NAME_new();
  Check(text != nullptr && name != nullptr &&
            ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size())) == 1,
        "an alternative name could not be made");
  GENERAL_NAME_set0_value(name, type, text);
  Check(sk_GENERAL_NAME_push(names, name) > 0, "an alternative name could not be added");
}

absl::Status Bad(absl::string_view kind, absl::string_view name) {
  return absl::InvalidArgumentError(
      absl::StrCat("certificate: not a ", kind, ": '", absl::CHexEscape(name.substr(0, 120)), "'"));
}

absl::StatusOr<std::string> TextOf(const ASN1_STRING* string) {
  const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                         static_cast<size_t>(ASN1_STRING_length(string)));
  if (text.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("certificate with a NUL in a name");
  }
  return text;
}

absl::StatusOr<std::string> AddressOf(const ASN1_STRING* string) {
  char text[INET6_ADDRSTRLEN] = "";
  const int size = ASN1_STRING_length(string);
  if (size != 4 && size != 16) {
    return absl::InvalidArgumentError("certificate with a malformed address");
  }
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(string), text, sizeof(text));
  return std::string(text);
}

absl::Status Collect(const GENERAL_NAME* name, AlternativeNames& names) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(name, &type);
  if (type == GEN_URI) {
    ASSIGN_OR_RETURN(names.uri_names.emplace_back(),
                     TextOf(static_cast<const ASN1_STRING*>(value)));
  } else if (type == GEN_DNS) {
    ASSIGN_OR_RETURN(names.dns_names.emplace_back(),
                     TextOf(static_cast<const ASN1_STRING*>(value)));
  } else if (type == GEN_IPADD) {
    ASSIGN_OR_RETURN(names.ip_addresses.emplace_back(),
                     AddressOf(static_cast<const ASN1_STRING*>(value)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AddAlternativeNames(X509* certificate, const AlternativeNames& names) {
  const GeneralNamesPtr list(GENERAL_NAMES_new());
  Check(list != nullptr, "out of memory");
  for (const std::string& uri : names.uri_names) {
    if (!IsUri(uri)) return Bad("URI", uri);
    Push(list.get(), GEN_URI, uri);
  }
  for (const std::string& dns : names.dns_names) {
    if (!IsTrustDomain(dns)) return Bad("lower-case host name", dns);
    Push(list.get(), GEN_DNS, dns);
  }
  for (const std::string& address : names.ip_addresses) {
    const std::string bytes = AddressBytes(address);
    if (bytes.empty()) return Bad("IP address", address);
    Push(list.get(), GEN_IPADD, bytes);
  }
  if (sk_GENERAL_NAME_num(list.get()) == 0) {
    return absl::InvalidArgumentError("certificate: no alternative name");
  }
  Check(
      X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT) == 1,
      "alternative names could not be added");
  return absl::OkStatus();
}

absl::StatusOr<AlternativeNames> ReadAlternativeNames(X509* certificate) {
  int found = 0;
  const GeneralNamesPtr list(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, nullptr)));
  AlternativeNames names;
  if (list == nullptr) {
    if (found == -1) return names;
    return absl::InvalidArgumentError(
        absl::StrCat("certificate with unreadable alternative names: ", OpensslError()));
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
    RETURN_IF_ERROR(Collect(sk_GENERAL_NAME_value(list.get(), i), names));
  }
  return names;
}

}  // namespace ch8::trust

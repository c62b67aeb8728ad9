#ifndef CH8_SERVICES_TRUST_OPENSSL_TOOL_H_
#define CH8_SERVICES_TRUST_OPENSSL_TOOL_H_

#include <string>

// For tests: the `openssl` program as an oracle from outside, and as the tool of an attacker who is
// not bound by what our own functions refuse to issue.
namespace ch8::trust::testing {

struct ToolResult {
  int exit_code = -1;
  std::string output;  // stdout and stderr.
};

// Runs `openssl <arguments>` in a shell.
ToolResult RunOpenssl(const std::string& arguments);

// Writes `content` to `path`, mode 0600. Aborts on failure.
void WriteFile(const std::string& path, const std::string& content);

// Paths of a key and a certificate.
struct Credential {
  std::string key_path;
  std::string certificate_path;
};

// A self-signed authority without our restrictions at `<prefix>.key` and `<prefix>.pem`.
Credential ForgeAuthority(const std::string& prefix);

// A leaf by `authority` with these subjectAltName entries (OpenSSL's syntax, e.g. "URI:a,URI:b"),
// at `<prefix>.key` and `<prefix>.pem`. `extensions`: more lines of an OpenSSL extension file.
struct ForgeOptions {
  std::string prefix;
  Credential authority;
  std::string names;
  std::string extensions = "basicConstraints=critical,CA:FALSE\n";
};
Credential Forge(const ForgeOptions& options);

}  // namespace ch8::trust::testing

#endif  // CH8_SERVICES_TRUST_OPENSSL_TOOL_H_

#include "services/trust/openssl_tool.h"

#include <sys/wait.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "services/trust/files.h"
#include "storage/base/check.h"

namespace ch8::trust::testing {
namespace {

void MustRun(const std::string& arguments) {
  const ToolResult result = RunOpenssl(arguments);
  Check(result.exit_code == 0, absl::StrCat("openssl ", arguments, "\n", result.output));
}

constexpr char kNewKey[] = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

}  // namespace

ToolResult RunOpenssl(const std::string& arguments) {
  FILE* const pipe = ::popen(absl::StrCat("openssl ", arguments, " 2>&1").c_str(), "r");
  Check(pipe != nullptr, "cannot run a shell");
  ToolResult result;
  char buffer[4096];
  size_t count = 0;
  while ((count = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0) {
    result.output.append(buffer, count);
  }
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

void WriteFile(const std::string& path, const std::string& content) {
  const absl::Status status = WriteFileAtomically(path, content, kPrivateMode);
  Check(status.ok(), status.ToString());
}

Credential ForgeAuthority(const std::string& prefix) {
  Credential made{.key_path = prefix + ".key", .certificate_path = prefix + ".pem"};
  MustRun(absl::StrCat("req -x509 ", kNewKey, " -days 2 -subj '/CN=free authority' -keyout ",
                       made.key_path, " -out ", made.certificate_path,
                       " -addext keyUsage=critical,keyCertSign"));
  return made;
}

Credential Forge(const ForgeOptions& options) {
  Credential made{.key_path = options.prefix + ".key", .certificate_path = options.prefix + ".pem"};
  MustRun(absl::StrCat("req -new ", kNewKey, " -subj /CN=forged -keyout ", made.key_path, " -out ",
                       options.prefix, ".csr"));
  WriteFile(options.prefix + ".ext",
            absl::StrCat(options.extensions, "subjectAltName=", options.names, "\n"));
  MustRun(absl::StrCat("x509 -req -days 1 -in ", options.prefix, ".csr -CA ",
                       options.authority.certificate_path, " -CAkey ", options.authority.key_path,
                       " -CAcreateserial -extfile ", options.prefix, ".ext -out ",
                       made.certificate_path));
  return made;
}

}  // namespace ch8::trust::testing

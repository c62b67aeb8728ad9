#include "clients/cli/context.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/trust/files.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

namespace fs = std::filesystem;

bool IsContextName(const std::string& name) {
  return !name.empty() && name.size() <= 63 && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == ':' ||
                  c == '.' || c == '_';
         });
}

absl::Status NotAName(const std::string& name) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", absl::CHexEscape(name), "' is no context name; use letters, digits and - : . _"));
}

std::string ContextPath(const std::string& directory, const std::string& name) {
  return absl::StrCat(directory, "/contexts/", name, ".json");
}

// The members of a Context by their names in the file.
std::vector<std::pair<const char*, std::string*>> Members(Context& context) {
  return {{"name", &context.name},
          {"organization", &context.organization},
          {"trust_domain", &context.trust_domain},
          {"certificate", &context.certificate},
          {"key", &context.key},
          {"ca", &context.ca},
          {"act_key", &context.act_key},
          {"post", &context.post}};
}

}  // namespace

std::string EncodeContext(const Context& context) {
  Context copy = context;
  nlohmann::ordered_json json;
  for (const auto& [name, value] : Members(copy)) json[name] = *value;
  json["endpoints"] = context.endpoints;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Context> DecodeContext(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::InvalidArgumentError("a context is a JSON object");
  Context context;
  for (const auto& [name, value] : Members(context)) {
    const auto found = json.find(name);
    if (found == json.end()) continue;
    if (!found->is_string()) {
      return absl::InvalidArgumentError(absl::StrCat("a context's ", name, " is a string"));
    }
    *value = found->get<std::string>();
  }
  const auto endpoints = json.find("endpoints");
  if (endpoints == json.end()) return context;
  if (!endpoints->is_array()) {
    return absl::InvalidArgumentError("a context's endpoints are a list");
  }
  for (const nlohmann::json& where : *endpoints) {
    if (!where.is_string()) {
      return absl::InvalidArgumentError("a context's endpoints are strings");
    }
    context.endpoints.push_back(where.get<std::string>());
  }
  return context;
}

absl::StatusOr<Context> ContextStore::Load(const std::string& name) const {
  if (!IsContextName(name)) return NotAName(name);
  const auto text = trust::ReadSmallFile(ContextPath(directory_, name));
  if (absl::IsNotFound(text.status())) {
    std::vector<std::string> names;
    for (const Context& context : List()) names.push_back(context.name);
    return absl::NotFoundError(absl::StrCat(
        "there is no context ", name,
        names.empty() ? "" : "; there are: ", absl::StrJoin(names, ", "),
        "; make one with: ch8 context add ", name, " --officer-dir DIR --endpoints FILE"));
  }
  RETURN_IF_ERROR(text.status());
  ASSIGN_OR_RETURN(Context context, DecodeContext(*text));
  context.name = name;
  return context;
}

absl::StatusOr<Context> ContextStore::Current() const {
  const std::string name = CurrentName();
  if (name.empty()) {
    return absl::NotFoundError(
        "no context is in use; make one with: ch8 context add NAME --officer-dir DIR --endpoints "
        "FILE, or choose one with: ch8 context use NAME");
  }
  return Load(name);
}

absl::Status ContextStore::Save(const Context& context) const {
  if (!IsContextName(context.name)) return NotAName(context.name);
  std::error_code error;
  fs::create_directories(directory_ + "/contexts", error);
  if (!error) fs::permissions(directory_, fs::perms::owner_all, error);
  if (error) {
    return absl::PermissionDeniedError(absl::StrCat(directory_, ": ", error.message()));
  }
  return trust::WriteFileAtomically(ContextPath(directory_, context.name), EncodeContext(context),
                                    trust::kPrivateMode);
}

absl::Status ContextStore::Use(const std::string& name) const {
  RETURN_IF_ERROR(Load(name).status());
  return trust::WriteFileAtomically(directory_ + "/current", name + "\n", trust::kPrivateMode);
}

std::vector<Context> ContextStore::List() const {
  std::vector<Context> contexts;
  std::error_code error;
  for (fs::directory_iterator at(directory_ + "/contexts", error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() != ".json" || !IsContextName(at->path().stem().string())) continue;
    const auto text = trust::ReadSmallFile(at->path().string());
    if (!text.ok()) continue;
    auto context = DecodeContext(*text);
    if (!context.ok()) continue;
    context->name = at->path().stem().string();
    contexts.push_back(*std::move(context));
  }
  std::sort(contexts.begin(), contexts.end(),
            [](const Context& a, const Context& b) { return a.name < b.name; });
  return contexts;
}

std::string ContextStore::CurrentName() const {
  const auto text = trust::ReadSmallFile(directory_ + "/current");
  return text.ok() ? std::string(absl::StripAsciiWhitespace(*text)) : "";
}

}  // namespace ch8::cli

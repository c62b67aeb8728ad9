#include "clients/verify/export_files.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/text_fields.h"

namespace ch8::verify {
namespace {

namespace fs = std::filesystem;

constexpr char kSums[] = "SHA256SUMS";

// Names and digests of a SHA256SUMS as sha256sum writes it, each name once, in order.
absl::StatusOr<std::map<std::string, Hash>> ParseSums(absl::string_view text) {
  std::map<std::string, Hash> sums;
  while (!text.empty()) {
    const auto line = TakeLine(text);
    constexpr size_t kDigits = 2 * Hash::kSize;
    if (!line.has_value() || line->size() <= kDigits + 2 || line->substr(kDigits, 2) != "  ") {
      return RefuseFile(kSums, "not lines of digest and name");
    }
    const absl::StatusOr<Hash> digest = Hash::FromHex(line->substr(0, kDigits));
    // One spelling only, so that no bit of the file is without meaning.
    if (!digest.ok() || digest->ToHex() != line->substr(0, kDigits)) {
      return RefuseFile(kSums, "a digest is malformed");
    }
    const std::string name(line->substr(kDigits + 2));
    if (!sums.empty() && name <= sums.rbegin()->first) {
      return RefuseFile(kSums, "names are not in order");
    }
    sums.emplace(name, *digest);
  }
  return sums;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return absl::NotFoundError(absl::StrCat("there is no file ", path));
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  // Nothing is taken from an empty file, which is no failure.
  if (fs::file_size(path, error) > 0) content << file.rdbuf();
  if (!file || !content || error) {
    return absl::UnavailableError(absl::StrCat("cannot read ", path));
  }
  return std::move(content).str();
}

absl::StatusOr<ExportFiles> ExportFiles::List(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    return absl::NotFoundError(absl::StrCat("there is no folder ", directory));
  }
  ExportFiles files(directory);
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().lexically_relative(directory).generic_string();
    const fs::file_status status = at->symlink_status(error);
    if (fs::is_directory(status)) continue;
    if (!fs::is_regular_file(status)) return RefuseFile(name, "neither a file nor a folder");
    files.names_.insert(name);
  }
  if (error) return absl::UnavailableError(absl::StrCat(directory, ": ", error.message()));
  return files;
}

absl::StatusOr<std::string> ExportFiles::Read(const std::string& name) {
  if (!names_.contains(name)) return RefuseFile(name, "is missing");
  read_.insert(name);
  return ReadFile(absl::StrCat(directory_, "/", name));
}

absl::Status ExportFiles::Expect(const std::string& name, absl::string_view content) {
  ASSIGN_OR_RETURN(const std::string found, Read(name));
  if (found == content) return absl::OkStatus();
  return RefuseFile(name, "is not what the log gives");
}

std::set<std::string> ExportFiles::TopFolders() const {
  std::set<std::string> folders;
  for (const std::string& name : names_) {
    const size_t slash = name.find('/');
    if (slash != std::string::npos) folders.insert(name.substr(0, slash));
  }
  return folders;
}

std::vector<std::string> ExportFiles::In(absl::string_view folder) const {
  const std::string prefix = absl::StrCat(folder, "/");
  std::vector<std::string> in;
  for (auto name = names_.lower_bound(prefix);
       name != names_.end() && absl::StartsWith(*name, prefix); ++name) {
    in.push_back(name->substr(prefix.size()));
  }
  return in;
}

absl::Status ExportFiles::CheckSums() {
  ASSIGN_OR_RETURN(const std::string text, Read(kSums));
  ASSIGN_OR_RETURN(const auto sums, ParseSums(text));
  for (const auto& [name, digest] : sums) {
    if (!names_.contains(name)) return RefuseFile(name, "is named by SHA256SUMS and missing");
    ASSIGN_OR_RETURN(const std::string content, ReadFile(absl::StrCat(directory_, "/", name)));
    if (Sha256(content) != digest) return RefuseFile(name, "is not the file of SHA256SUMS");
  }
  for (const std::string& name : names_) {
    if (name != kSums && !sums.contains(name)) {
      return RefuseFile(name, "is not named by SHA256SUMS");
    }
  }
  return absl::OkStatus();
}

absl::Status ExportFiles::CheckAllRead() const {
  for (const std::string& name : names_) {
    if (!read_.contains(name)) return RefuseFile(name, "does not belong into an export");
  }
  return absl::OkStatus();
}

}  // namespace ch8::verify

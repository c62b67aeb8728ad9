#include "tests/support/csv.h"

#include "absl/strings/match.h"

namespace ch8::testing {
namespace {

// Takes one line off the front of `text`.
std::vector<std::string> TakeLine(absl::string_view& text) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (absl::StartsWith(text, "\"")) {
        fields.back() += c;
        text.remove_prefix(1);
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

}  // namespace

std::vector<std::map<std::string, std::string>> ReadCsv(absl::string_view text) {
  const std::vector<std::string> header = TakeLine(text);
  std::vector<std::map<std::string, std::string>> rows;
  while (!text.empty()) {
    const std::vector<std::string> fields = TakeLine(text);
    std::map<std::string, std::string>& row = rows.emplace_back();
    for (size_t i = 0; i < header.size(); ++i) {
      row[header[i]] = i < fields.size() ? fields[i] : "";
    }
  }
  return rows;
}

}  // namespace ch8::testing

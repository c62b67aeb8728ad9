#include "clients/cli/table.h"

#include <utf8proc.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace ch8::cli {
namespace {

constexpr absl::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD.

struct Character {
  utf8proc_int32_t code = -1;  // Negative: not UTF-8.
  size_t size = 1;             // In bytes.
};

Character FirstCharacter(absl::string_view text) {
  Character character;
  const utf8proc_ssize_t size =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &character.code);
  if (size <= 0) return Character();
  character.size = static_cast<size_t>(size);
  return character;
}

bool SteersTerminal(utf8proc_int32_t code) {
  if (code < 0) return true;
  const utf8proc_category_t category = utf8proc_category(code);
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
         category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP ||
         category == UTF8PROC_CATEGORY_CS;
}

std::string CsvCell(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

void AppendLine(const std::vector<std::string>& cells, const std::vector<Column>& columns,
                const std::vector<size_t>& widths, std::string& out) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - DisplayWidth(cells[i]), ' ');
    if (i > 0) line += "  ";
    line += columns[i].align == Column::Align::kRight ? padding + cells[i] : cells[i] + padding;
  }
  absl::StripTrailingAsciiWhitespace(&line);
  absl::StrAppend(&out, line, "\n");
}

}  // namespace

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    width += character.code < 0 ? 1 : static_cast<size_t>(utf8proc_charwidth(character.code));
    text.remove_prefix(character.size);
  }
  return width;
}

std::string Printable(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    absl::StrAppend(&out,
                    SteersTerminal(character.code) ? kReplacement : text.substr(0, character.size));
    text.remove_prefix(character.size);
  }
  return out;
}

std::string RenderTable(const Table& table, Color color) {
  std::vector<std::string> titles;
  std::vector<size_t> widths;
  bool has_titles = false;
  for (const Column& column : table.columns) {
    titles.push_back(absl::AsciiStrToUpper(column.title));
    widths.push_back(DisplayWidth(column.title));
    has_titles = has_titles || !column.title.empty();
  }
  std::vector<std::vector<std::string>> rows = table.rows;
  for (std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = Printable(row[i]);
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  }
  std::string out;
  if (has_titles) {
    AppendLine(titles, table.columns, widths, out);
    if (color == Color::kYes)
      out = absl::StrCat("\x1b[1m", out.substr(0, out.size() - 1), "\x1b[0m\n");
  }
  for (const std::vector<std::string>& row : rows) AppendLine(row, table.columns, widths, out);
  return out;
}

std::string RenderCsv(const Table& table) {
  std::string out;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    absl::StrAppend(&out, i > 0 ? "," : "", CsvCell(table.columns[i].title));
  }
  out += "\n";
  for (const std::vector<std::string>& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&out, i > 0 ? "," : "", CsvCell(row[i]));
    }
    out += "\n";
  }
  return out;
}

}  // namespace ch8::cli

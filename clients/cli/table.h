#ifndef CH8_CLIENTS_CLI_TABLE_H_
#define CH8_CLIENTS_CLI_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// Text in columns. Widths are those of a terminal (wide East Asian characters count two, combining
// ones none), not bytes.
namespace ch8::cli {

struct Column {
  enum class Align { kLeft, kRight };
  std::string title;
  Align align = Align::kLeft;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // Each as long as `columns`.
};

enum class Color { kNo, kYes };

// Two spaces between columns, none at line ends, titles in capitals; a table whose titles are all
// empty has no title line.
std::string RenderTable(const Table& table, Color color);

// RFC 4180 with one header line, lines ended by "\n". Cells are quoted when they need it.
std::string RenderCsv(const Table& table);

// Columns that `text` takes on a terminal.
size_t DisplayWidth(absl::string_view text);

// `text` with every character that could steer a terminal, or is no UTF-8, replaced: what a peer
// wrote cannot move the cursor or hide a line.
std::string Printable(absl::string_view text);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_TABLE_H_

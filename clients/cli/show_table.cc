#include <nlohmann/json.hpp>
#include <ostream>

#include "absl/strings/str_replace.h"
#include "clients/cli/session.h"

// ShowTable apart from session.cc: the only output of a session that is no message.
namespace ch8::cli {

void Session::ShowTable(const Table& table) {
  if (globals_.output == OutputFormat::kJson) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const std::vector<std::string>& row : table.rows) {
      nlohmann::ordered_json object = nlohmann::ordered_json::object();
      for (size_t i = 0; i < row.size(); ++i) object[table.columns[i].title] = row[i];
      rows.push_back(std::move(object));
    }
    world_.out << rows.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else if (globals_.output == OutputFormat::kCsv) {
    world_.out << RenderCsv(table);
  } else {
    Table titled = table;
    for (Column& column : titled.columns) {
      column.title = absl::StrReplaceAll(column.title, {{"_", " "}});
    }
    world_.out << RenderTable(titled, color());
  }
  ShowExercise();
}

}  // namespace ch8::cli

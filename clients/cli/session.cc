#include "clients/cli/session.h"

#include <algorithm>
#include <istream>
#include <ostream>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/names.h"
#include "clients/cli/values.h"
#include "clients/lib/status_details.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/trust_bundles.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The field `name` of a request that has it.
const FieldDescriptor* Field(const Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

std::string FullName(absl::string_view rpc) { return absl::StrCat("chapter8.", rpc); }

}  // namespace

Session::Session(World& world, Globals globals, std::string command_line)
    : world_(world), globals_(std::move(globals)), command_line_(std::move(command_line)) {}

absl::Status Session::FindNodes() {
  own_ = context_.organization;
  for (const std::string& where : context_.endpoints) {
    absl::StatusOr<client::Endpoints> endpoints = client::FindEndpoints(where);
    if (!endpoints.ok()) {
      node_missing_ = endpoints.status();
      continue;
    }
    if (own_.empty()) own_ = endpoints->organization;
    nodes_.push_back({.endpoints = *std::move(endpoints), .transport = nullptr, .client = {}});
  }
  return nodes_.empty() ? node_missing_ : absl::OkStatus();
}

absl::StatusOr<client::Client*> Session::ClientFor(absl::string_view service) {
  for (Node& node : nodes_) {
    const std::vector<std::string>& hosted = node.endpoints.services;
    if (!hosted.empty() && std::find(hosted.begin(), hosted.end(), service) == hosted.end()) {
      continue;
    }
    if (!node.client.has_value()) RETURN_IF_ERROR(Open(node));
    return &*node.client;
  }
  if (!node_missing_.ok()) return node_missing_;
  return absl::NotFoundError(
      absl::StrCat("no node of the context hosts ", service,
                   "; name the endpoints of every node: ch8 context add NAME --officer-dir DIR "
                   "--endpoints FILE --endpoints FILE"));
}

absl::Status Session::Open(Node& node) {
  client::ChannelOptions channel;
  channel.target = node.endpoints.officers;
  channel.trust_domain = context_.trust_domain;
  channel.certificate_path = context_.certificate;
  channel.key_path = context_.key;
  channel.ca_path = context_.ca;
  ASSIGN_OR_RETURN(node.transport, world_.connect(channel));
  client::ClientOptions options;
  options.trust_domain = context_.trust_domain;
  options.timeout = globals_.timeout;
  if (!context_.act_key.empty()) {
    ASSIGN_OR_RETURN(options.act_key, trust::ReadSigningKey(context_.act_key));
  }
  node.client.emplace(*node.transport,
                      client::RetryWorld{.clock = world_.clock, .sleep = world_.sleep},
                      std::move(options));
  if (who_.ledger_time_us() != 0) node.client->SetLedgerTime(ledger_time());
  return absl::OkStatus();
}

absl::Status Session::LearnWhoAndWhen() {
  ASSIGN_OR_RETURN(client::Client* const directory, ClientFor("directory"));
  const absl::Status status =
      directory->Call(client::FindMethod(FullName("directory.v1.DirectoryService.WhoAmI")),
                      chapter8::directory::v1::WhoAmIRequest(), who_);
  if (ExitCode(status) == kExitUnreachable) {
    failure_.from_server = true;
    return WhyUnreachable(status);
  }
  who_asked_ = world_.clock.Now();
  if (!status.ok()) {
    who_.Clear();  // The command itself will be refused, and say more.
    return absl::OkStatus();
  }
  if (who_.ledger_time_us() != 0) {
    directory->SetLedgerTime(absl::FromUnixMicros(who_.ledger_time_us()));
  }
  if (who_.has_organization()) own_ = IdOf(who_.organization().name());
  return absl::OkStatus();
}

// A node ends a handshake without a word. Whether our certificate is one that it cannot accept can
// be seen from here: it must be issued by the organization's own authority, and not be over.
absl::Status Session::WhyUnreachable(const absl::Status& status) const {
  const auto ca = trust::ReadSmallFile(context_.ca);
  const auto certificate = trust::ReadSmallFile(context_.certificate);
  const auto bundles = trust::TrustBundles::Create();
  if (!ca.ok() || !certificate.ok() || !bundles.ok()) return status;
  if (!(*bundles)->Set(context_.trust_domain, *ca).ok()) return status;
  const auto identity = (*bundles)->Authenticate({.leaf_pem = *certificate});
  if (identity.ok()) return status;
  google::rpc::ErrorInfo info;
  info.set_domain("cli.chapter8");
  info.set_reason("CERTIFICATE_NOT_ACCEPTED");
  const std::string folder = context_.certificate.substr(0, context_.certificate.rfind('/'));
  (*info.mutable_metadata())["instead"] = absl::StrCat("ch8 officer key-request ", folder, "-new");
  return client::WithErrorInfo(absl::UnauthenticatedError(absl::StrCat(
                                   "no node of ", context_.trust_domain, " accepts ",
                                   context_.certificate, ": ", identity.status().message())),
                               info);
}

absl::Status Session::Connect() {
  if (!nodes_.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(context_, globals_.context.empty() ? contexts().Current()
                                                      : contexts().Load(globals_.context));
  RETURN_IF_ERROR(FindNodes());
  return LearnWhoAndWhen();
}

absl::Time Session::ledger_time() const {
  if (who_.ledger_time_us() == 0) return world_.clock.Now();
  return absl::FromUnixMicros(who_.ledger_time_us()) + (world_.clock.Now() - who_asked_);
}

std::vector<std::string> Session::services() const {
  std::set<std::string> services;
  for (const Node& node : nodes_) {
    const std::vector<std::string>& hosted = node.endpoints.services;
    services.insert(hosted.begin(), hosted.end());
    if (!hosted.empty()) continue;
    services.insert(
        {"directory", "finance", "information", "logistics", "mandate", "training", "witness"});
  }
  return {services.begin(), services.end()};
}

absl::Status Session::Call(absl::string_view rpc, const Message& request, Message& response) {
  const auto& method = client::FindMethod(FullName(rpc));
  const std::string origin = client::LedgerOf(method, request, context_.trust_domain);
  ASSIGN_OR_RETURN(client::Client* const client, ClientFor(origin.substr(origin.rfind('/') + 1)));
  client::CallReport report;
  const absl::Status status = client->Call(method, request, response, &report);
  failure_.from_server = report.attempts > 0;
  failure_.outcome_unknown = report.outcome_unknown && !globals_.dry_run;
  if (report.receipt.has_value() && globals_.verbose) {
    const auto& receipt = *report.receipt;
    Say(absl::StrCat("logged in ", receipt.origin(), " at ", receipt.index(), ", leaf ",
                     absl::BytesToHexString(receipt.leaf_hash())));
  }
  if (report.attempts > 1 && globals_.verbose) {
    Say(absl::StrCat("answered at attempt ", report.attempts));
  }
  return status;
}

absl::Status Session::Read(absl::string_view rpc, const Message& request, Message& response) {
  RETURN_IF_ERROR(Connect());
  failure_.mutation = false;
  return Call(rpc, request, response);
}

absl::Status Session::Act(absl::string_view rpc, Message& request, Message& response) {
  RETURN_IF_ERROR(Connect());
  const auto& reflection = *request.GetReflection();
  const FieldDescriptor* id = Field(request, "request_id");
  if (reflection.GetString(request, id).empty()) reflection.SetString(&request, id, request_id());
  const std::string& post = globals_.post.empty() ? context_.post : globals_.post;
  if (!post.empty()) reflection.SetString(&request, Field(request, "post"), PostName(post));
  if (globals_.dry_run) {
    const FieldDescriptor* validate_only = Field(request, "validate_only");
    if (validate_only == nullptr) {
      return absl::InvalidArgumentError("this command has no dry run");
    }
    reflection.SetBool(&request, validate_only, true);
  }
  failure_.mutation = true;
  failure_.again = command_line_;
  if (globals_.request_id.empty()) {
    absl::StrAppend(&failure_.again, " --request-id ", request_id());
  }
  if (globals_.verbose) Say(absl::StrCat("request id ", reflection.GetString(request, id)));
  RETURN_IF_ERROR(Call(rpc, request, response));
  if (globals_.dry_run && !said_dry_run_) {
    Say("DRY RUN: nothing written; the server would take this");
    said_dry_run_ = true;
  }
  return absl::OkStatus();
}

const std::string& Session::request_id() {
  if (request_id_.empty()) {
    request_id_ = globals_.request_id.empty() ? client::NewRequestId() : globals_.request_id;
  }
  return request_id_;
}

absl::StatusOr<std::string> Session::SecretOfRequest(absl::string_view purpose) {
  RETURN_IF_ERROR(Connect());
  if (context_.act_key.empty()) {
    return absl::FailedPreconditionError("this act is signed, and the context has no signing key");
  }
  ASSIGN_OR_RETURN(const SigningKey key, trust::ReadSigningKey(context_.act_key));
  return std::string(
      Sha256({"chapter8/request-secret/v1\n", key.seed(), purpose, "\n", request_id()}).view());
}

absl::Status Session::Confirm(const std::string& question) {
  if (globals_.yes || globals_.dry_run) return absl::OkStatus();
  if (!world_.in_is_terminal) {
    return absl::InvalidArgumentError(
        absl::StrCat(question, " This cannot be undone: add --yes, or try --dry-run"));
  }
  return Ask(absl::StrCat(question, " This cannot be undone."));
}

absl::Status Session::Agree(const Message& shown, const std::string& question) {
  Table table;
  table.columns.resize(2);
  for (auto& [label, text] : RecordLines(shown, style())) {
    table.rows.push_back({std::move(label), std::move(text)});
  }
  world_.err << RenderTable(table, Color::kNo);
  if (globals_.yes || globals_.dry_run) return absl::OkStatus();
  if (!world_.in_is_terminal) {
    return absl::InvalidArgumentError(
        absl::StrCat(question, " Nobody is here to answer: read it, then add --yes"));
  }
  return Ask(question);
}

absl::Status Session::Ask(const std::string& question) {
  world_.err << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(world_.in, answer);
  answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer));
  if (answer == "y" || answer == "yes") return absl::OkStatus();
  return absl::CancelledError("not done, as you said");
}

void Session::Say(absl::string_view line) { world_.err << Printable(line) << "\n"; }

Color Session::color() const {
  const bool wanted = globals_.color && !world_.no_color && world_.out_is_terminal;
  return wanted ? Color::kYes : Color::kNo;
}

void Session::ShowExercise() {
  if (!who_.exercise()) return;
  std::ostream& to = globals_.output == OutputFormat::kTable ? world_.out : world_.err;
  to << "EXERCISE  " << TimeText(ledger_time()) << "\n";
}

void Session::ShowRecord(const Message& record) { ShowRecord(record, style()); }

void Session::ShowRecord(const Message& record, const FieldStyle& style) {
  if (globals_.output == OutputFormat::kJson) {
    world_.out << JsonText(record);
  } else if (globals_.output == OutputFormat::kCsv) {
    Table table;
    for (std::string& name : FlatNames(*record.GetDescriptor())) {
      table.columns.push_back({.title = std::move(name)});
    }
    table.rows.push_back(FlatValues(record));
    world_.out << RenderCsv(table);
  } else {
    Table table;
    table.columns.resize(2);
    for (auto& [label, text] : RecordLines(record, style)) {
      table.rows.push_back({std::move(label), std::move(text)});
    }
    world_.out << RenderTable(table, color());
    for (const auto& [title, nested] : NestedTables(record, style)) {
      world_.out << "\n" << title << "\n" << RenderTable(nested, color());
    }
  }
  ShowExercise();
}

void Session::ShowList(const std::vector<const Message*>& records,
                       const std::vector<ListColumn>& columns,
                       const std::function<FieldStyle(const Message&)>& style) {
  if (globals_.output == OutputFormat::kJson) {
    world_.out << "[";
    for (size_t i = 0; i < records.size(); ++i) {
      const std::string json = JsonText(*records[i]);
      world_.out << (i > 0 ? ",\n" : "\n") << absl::StripTrailingAsciiWhitespace(json);
    }
    world_.out << (records.empty() ? "]\n" : "\n]\n");
    return ShowExercise();
  }
  Table table;
  if (globals_.output == OutputFormat::kCsv) {
    if (!records.empty()) {
      for (std::string& name : FlatNames(*records[0]->GetDescriptor())) {
        table.columns.push_back({.title = std::move(name)});
      }
    }
    for (const Message* record : records) table.rows.push_back(FlatValues(*record));
    if (!records.empty()) world_.out << RenderCsv(table);
    return ShowExercise();
  }
  for (const ListColumn& column : columns) {
    const auto* field = records.empty() ? nullptr : Field(*records[0], column.field.c_str());
    const bool right = field != nullptr && IsFigure(*field);
    table.columns.push_back({column.title, right ? Column::Align::kRight : Column::Align::kLeft});
  }
  for (const Message* record : records) {
    std::vector<std::string> row;
    const FieldStyle used = style == nullptr ? this->style() : style(*record);
    for (const ListColumn& column : columns) {
      row.push_back(FieldText(*record, column.field, used));
      if (row.back().empty()) row.back() = column.absent;
    }
    table.rows.push_back(std::move(row));
  }
  if (records.empty()) {
    Say("none");
  } else {
    world_.out << RenderTable(table, color());
  }
  ShowExercise();
}

}  // namespace ch8::cli

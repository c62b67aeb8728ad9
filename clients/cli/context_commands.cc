#include <filesystem>
#include <ostream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/endpoints.h"
#include "services/trust/certificates.h"
#include "services/trust/files.h"
#include "services/trust/spiffe_id.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

std::string Absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

// The organization's domain, as the officer's certificate says.
absl::StatusOr<std::string> TrustDomainOf(const std::string& certificate_path) {
  ASSIGN_OR_RETURN(const std::string pem, trust::ReadSmallFile(certificate_path));
  ASSIGN_OR_RETURN(const trust::CertificateFacts facts, trust::DescribeCertificate(pem));
  if (facts.uri_names.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat(certificate_path, " names no single identity"));
  }
  ASSIGN_OR_RETURN(const trust::SpiffeId id, trust::SpiffeId::Parse(facts.uri_names[0]));
  return id.trust_domain;
}

// What a node that is up says of itself; one that is not is believed until it is called.
absl::Status LearnOrganization(const std::string& where, Context& context) {
  const auto endpoints = client::FindEndpoints(where);
  if (absl::IsUnavailable(endpoints.status())) return absl::OkStatus();
  RETURN_IF_ERROR(endpoints.status());
  if (!endpoints->trust_domain.empty() && endpoints->trust_domain != context.trust_domain) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the officer is of ", context.trust_domain, ", the node is of ", endpoints->trust_domain));
  }
  if (!endpoints->organization.empty()) context.organization = endpoints->organization;
  return absl::OkStatus();
}

absl::Status Add(const Arguments& arguments, Session& session) {
  std::string directory = Absolute(arguments.Get("officer-dir"));
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  Context context;
  context.name = arguments.Get("name");
  context.certificate = directory + "/tls.pem";
  context.key = directory + "/tls.key";
  context.ca = directory + "/ca.pem";
  context.act_key = directory + "/act.key";
  context.post = arguments.Get("post");
  ASSIGN_OR_RETURN(context.trust_domain, TrustDomainOf(context.certificate));
  for (const std::string& where : arguments.All("endpoints")) {
    const bool is_address = absl::StrContains(where, ':') && !std::filesystem::exists(where);
    context.endpoints.push_back(is_address ? where : Absolute(where));
    RETURN_IF_ERROR(LearnOrganization(context.endpoints.back(), context));
  }
  RETURN_IF_ERROR(session.contexts().Save(context));
  const bool first = session.contexts().CurrentName().empty();
  if (first) RETURN_IF_ERROR(session.contexts().Use(context.name));
  session.Say(absl::StrCat("added ", context.name, first ? " and put it in use" : "",
                           "; next: ch8 context use ", context.name, " && ch8 whoami"));
  return absl::OkStatus();
}

absl::Status Use(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.contexts().Use(arguments.Get("name")));
  session.Say(absl::StrCat("in use: ", arguments.Get("name")));
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  const std::string current = session.contexts().CurrentName();
  Table table;
  table.columns = {{"in_use"}, {"context"}, {"trust_domain"}, {"post"}, {"endpoints"}};
  for (const Context& context : session.contexts().List()) {
    table.rows.push_back({context.name == current ? "*" : "", context.name, context.trust_domain,
                          context.post, absl::StrJoin(context.endpoints, " ")});
  }
  session.ShowTable(table);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Context context, arguments.Has("name")
                                              ? session.contexts().Load(arguments.Get("name"))
                                              : session.contexts().Current());
  if (session.globals().output == OutputFormat::kJson) {
    session.world().out << EncodeContext(context);
    return absl::OkStatus();
  }
  Table table;
  table.columns = {{"setting"}, {"value"}};
  table.rows = {{"name", context.name},
                {"organization", context.organization},
                {"trust_domain", context.trust_domain},
                {"endpoints", absl::StrJoin(context.endpoints, " ")},
                {"certificate", context.certificate},
                {"key", context.key},
                {"ca", context.ca},
                {"act_key", context.act_key},
                {"post", context.post}};
  session.ShowTable(table);
  return absl::OkStatus();
}

absl::Status WhoAmI(const Arguments&, Session& session) {
  chapter8::directory::v1::WhoAmIResponse who;
  RETURN_IF_ERROR(session.Read("directory.v1.DirectoryService.WhoAmI",
                               chapter8::directory::v1::WhoAmIRequest(), who));
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowRecord(who);
    return absl::OkStatus();
  }
  Table table;
  table.columns.resize(2);
  table.rows = {{"officer", absl::StrCat(IdOf(who.officer().name()), " (person ",
                                         who.officer().person(), ")")},
                {"state", FieldText(who.officer(), "state", session.style())}};
  for (const auto& post : who.posts()) {
    table.rows.push_back({"post", absl::StrCat(IdOf(post.name()), ": ", post.title(), " (",
                                               FieldText(post, "roles", session.style()), ")")});
  }
  table.rows.push_back({"organization", absl::StrCat(who.organization().display_name(), " (",
                                                     IdOf(who.organization().name()), ", ",
                                                     who.organization().trust_domain(), ")")});
  table.rows.push_back({"ledger time", TimeText(absl::FromUnixMicros(who.ledger_time_us()))});
  session.ShowTable(table);
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> ContextCommands() {
  return {{.path = {"whoami"},
           .summary = "who the node takes you for, and what time it is there",
           .parameters = {},
           .run = WhoAmI,
           .notes = ""},
          {.path = {"context", "add"},
           .summary = "add a context: an officer's keys and a node",
           .parameters = {Positional("name", "e.g. un:approver"),
                          Required("officer-dir", "DIR", "tls.pem, tls.key, ca.pem and act.key"),
                          RequiredRepeated("endpoints", "FILE",
                                           "a node's endpoints.json, or HOST:PORT; one for each "
                                           "node, when services are spread"),
                          Optional("post", "POST", "the post acted in, when several are held")},
           .run = Add,
           .notes = "",
           .writes_files = true},
          {.path = {"context", "use"},
           .summary = "put a context in use",
           .parameters = {Positional("name", "of the context")},
           .run = Use,
           .notes = "",
           .writes_files = true},
          {.path = {"context", "list"},
           .summary = "all contexts",
           .parameters = {},
           .run = List,
           .notes = ""},
          {.path = {"context", "show"},
           .summary = "a context, or the one in use",
           .parameters = {Parameter{.kind = Parameter::Kind::kPositional,
                                    .name = "name",
                                    .placeholder = "",
                                    .help = "of the context",
                                    .presence = Parameter::Presence::kOptional,
                                    .choices = {}}},
           .run = Show,
           .notes = ""}};
}

}  // namespace ch8::cli

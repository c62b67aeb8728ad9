#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/organization_rekey.h"
#include "clients/cli/organizations.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::directory::v1::ConfirmOrganizationRequest;
using chapter8::directory::v1::GetOrganizationRequest;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::PinOrganizationRequest;
using trust::OrganizationRecord;
using trust::SignedOrganizationRecord;

// "okoye=101" into its two halves.
absl::StatusOr<std::pair<std::string, std::string>> Pair(const std::string& text,
                                                         absl::string_view form) {
  const std::pair<std::string, std::string> pair = absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (pair.first.empty() || pair.second.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not ", form));
  }
  return pair;
}

absl::Status Init(const Arguments& arguments, Session& session) {
  trust::OrganizationHomeOptions options;
  options.directory = arguments.Get("directory");
  options.organization = arguments.Get("id");
  options.trust_domain = arguments.Get("domain");
  options.display_name = arguments.Get("name");
  options.now = session.world().clock.Now();
  for (const std::string& text : arguments.All("admin")) {
    ASSIGN_OR_RETURN(const auto admin, Pair(text, "ID=PERSON, e.g. okoye=101"));
    ASSIGN_OR_RETURN(const uint64_t person, ParseNumber(admin.second, "a person number"));
    options.administrators.push_back({.officer = admin.first, .person = person});
  }
  for (const std::string& text : arguments.All("endpoint")) {
    ASSIGN_OR_RETURN(const auto endpoint, Pair(text, "SERVICE=HOST:PORT"));
    OrganizationRecord::Endpoint& added = options.endpoints.emplace_back();
    added.set_service(endpoint.first);
    added.set_target(endpoint.second);
  }
  for (const std::string& name : arguments.All("dns")) options.dns_names.push_back(name);
  ASSIGN_OR_RETURN(const SignedOrganizationRecord record, trust::InitOrganizationHome(options));
  Table table;
  table.columns = {{"organization"}, {"trust_domain"}, {"fingerprint"}, {"record"}};
  table.rows = {{options.organization, options.trust_domain, trust::Fingerprint(record.record()),
                 options.directory + "/org.record"}};
  session.ShowTable(table);
  const std::string& home = options.directory;
  session.Say(absl::StrCat("next: 1. take ", home, "/root/root.key offline"));
  session.Say(absl::StrCat("      2. give each folder under ", home,
                           "/officers to its officer: they administer the node"));
  session.Say(absl::StrCat("      3. start the node: ch8d --home ", home, "/node --data DATA"));
  session.Say(absl::StrCat("      4. ch8 context add NAME --officer-dir ", home, "/officers/",
                           options.administrators[0].officer, " --endpoints DATA/endpoints.json"));
  session.Say(absl::StrCat("      5. send ", home,
                           "/org.record to partners, and read them the fingerprint by telephone"));
  return absl::OkStatus();
}

absl::Status ShowRecordFile(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const SignedOrganizationRecord signed_record,
                   trust::ReadRecordFile(arguments.Get("file")));
  ASSIGN_OR_RETURN(const OrganizationRecord record, trust::VerifyFirstContact(signed_record));
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowRecord(record);
    return absl::OkStatus();
  }
  Table table;
  table.columns.resize(2);
  table.rows = {{"organization", absl::StrCat(record.organization(), ": ", record.display_name())},
                {"trust domain", record.trust_domain()},
                {"fingerprint", trust::Fingerprint(signed_record.record())},
                {"sequence", absl::StrCat(record.sequence())},
                {"issued", TimeText(absl::FromUnixSeconds(record.issued_at_unix_seconds()))}};
  for (const auto& endpoint : record.endpoints()) {
    table.rows.push_back({"endpoint", absl::StrCat(endpoint.service(), " ", endpoint.target())});
  }
  for (const auto& log : record.log_keys()) {
    const std::string former =
        log.until_size() == 0 ? ""
                              : absl::StrCat(", former key until ", log.until_size(), " entries");
    table.rows.push_back({"ledger", absl::StrCat(log.origin(), former)});
  }
  session.ShowTable(table);
  session.Say(
      "the signature is good, which proves only that the file is whole: compare the "
      "fingerprint out of band, then: ch8 org pin FILE --fingerprint F");
  return absl::OkStatus();
}

absl::Status Pin(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const SignedOrganizationRecord signed_record,
                   trust::ReadRecordFile(arguments.Get("file")));
  PinOrganizationRequest request;
  request.set_signed_record(signed_record.SerializeAsString());
  request.set_fingerprint(NormalFingerprint(arguments.Get("fingerprint")));
  Organization organization;
  RETURN_IF_ERROR(
      session.Act("directory.v1.DirectoryService.PinOrganization", request, organization));
  session.ShowRecord(organization);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat("next: a second administrator compares it too: ch8 org confirm ",
                             IdOf(organization.name()), " --fingerprint F"));
  }
  return absl::OkStatus();
}

absl::Status Confirm(const Arguments& arguments, Session& session) {
  ConfirmOrganizationRequest request;
  request.set_name(OrganizationName(arguments.Get("organization")));
  request.set_fingerprint(NormalFingerprint(arguments.Get("fingerprint")));
  Organization organization;
  RETURN_IF_ERROR(
      session.Act("directory.v1.DirectoryService.ConfirmOrganization", request, organization));
  session.ShowRecord(organization);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  GetOrganizationRequest request;
  request.set_name(OrganizationName(arguments.Get("organization")));
  Organization organization;
  RETURN_IF_ERROR(
      session.Read("directory.v1.DirectoryService.GetOrganization", request, organization));
  session.ShowRecord(organization);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  ASSIGN_OR_RETURN(const std::vector<Organization> organizations, AllOrganizations(session));
  session.ShowList(Pointers(organizations), {{"organization", "name"},
                                             {"state", "state"},
                                             {"own", "own"},
                                             {"trust domain", "trust_domain"},
                                             {"name", "display_name"}});
  return absl::OkStatus();
}

Command InitCommand() {
  return {.path = {"org", "init"},
          .summary = "found an organization: its authority, keys and first two administrators",
          .parameters = {Positional("directory", "made by this command"),
                         Required("id", "ID", "e.g. un"),
                         Required("domain", "DOMAIN", "e.g. un.example"),
                         Required("name", "TEXT", "what people call it"),
                         RequiredRepeated("admin", "ID=PERSON",
                                          "an administrator and the person's opaque number; two"),
                         Repeated("endpoint", "SERVICE=HOST:PORT",
                                  "where peers reach the node, e.g. federation=un.example:4102"),
                         Repeated("dns", "NAME", "a further host name of the node")},
          .run = Init,
          .notes =
              "Works on this machine alone; no node is needed. It prints the fingerprint that "
              "partners compare.",
          .writes_files = true};
}

}  // namespace

std::vector<Command> OrganizationCommands() {
  const std::vector<Parameter> named = {Positional("organization", "e.g. au")};
  return {InitCommand(),
          RekeyCommand(),
          RekeyWitnessCommand(),
          {.path = {"org", "record", "show"},
           .summary = "what an organization's record file says, and its fingerprint",
           .parameters = {Positional("file", "an org.record")},
           .run = ShowRecordFile,
           .notes = ""},
          {.path = {"org", "pin"},
           .summary = "trust another organization, after comparing its fingerprint",
           .parameters = {Positional("file", "its org.record"),
                          Required("fingerprint", "F", "as they read it to you; spaces are free")},
           .run = Pin,
           .notes = "Takes effect when a second administrator confirms it."},
          {.path = {"org", "confirm"},
           .summary = "confirm a pin, after comparing the fingerprint again",
           .parameters = {Positional("organization", "e.g. au"),
                          Required("fingerprint", "F", "as they read it to you; spaces are free")},
           .run = Confirm,
           .notes = ""},
          {.path = {"org", "show"},
           .summary = "an organization as this one knows it",
           .parameters = named,
           .run = Show,
           .notes = ""},
          {.path = {"org", "list"},
           .summary = "all organizations known, the own one included",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli

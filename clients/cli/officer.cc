#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "services/trust/certificates.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_home.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::directory::v1::AppointActingRequest;
using chapter8::directory::v1::ConfirmActingRequest;
using chapter8::directory::v1::ConfirmOfficerRequest;
using chapter8::directory::v1::CreateOfficerRequest;
using chapter8::directory::v1::GetOfficerRequest;
using chapter8::directory::v1::ListOfficersRequest;
using chapter8::directory::v1::ListOfficersResponse;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::SuspendOfficerRequest;

// A folder that only its owner may enter. Existing ones are taken as they are.
absl::Status MakePrivateFolder(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return absl::OkStatus();
  if (mkdir(directory.c_str(), 0700) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot make ", directory));
}

absl::Status MakeKeys(const Arguments& arguments, Session& session) {
  const std::string directory = arguments.Get("directory");
  RETURN_IF_ERROR(MakePrivateFolder(directory));
  for (const char* file : {"/tls.key", "/act.key"}) {
    if (std::filesystem::exists(directory + file)) {
      return absl::AlreadyExistsError(
          absl::StrCat(directory, file, " exists; keys are never overwritten: use another folder"));
    }
  }
  const trust::KeyAndRequest tls = trust::MakeKeyAndRequest();
  const SigningKey act_key = SigningKey::Generate();
  RETURN_IF_ERROR(
      trust::WriteFileAtomically(directory + "/tls.key", tls.key_pem, trust::kPrivateMode));
  RETURN_IF_ERROR(
      trust::WriteFileAtomically(directory + "/tls.csr", tls.request_pem, trust::kPublicMode));
  RETURN_IF_ERROR(trust::WriteSigningKey(directory + "/act.key", act_key));
  RETURN_IF_ERROR(trust::WritePublicKey(directory + "/act.pub", act_key.public_key()));
  session.Say(absl::StrCat("made in ", directory, ": tls.key and act.key stay on this device"));
  session.Say(absl::StrCat("next: give your administrators ", directory, "/tls.csr and ", directory,
                           "/act.pub"));
  return absl::OkStatus();
}

absl::Status Issue(const Arguments& arguments, Session& session) {
  trust::IssueOfficerOptions options;
  options.home = arguments.Get("home");
  options.officer = arguments.Get("id");
  ASSIGN_OR_RETURN(options.request_pem, trust::ReadSmallFile(arguments.Get("request")));
  options.now = session.world().clock.Now();
  ASSIGN_OR_RETURN(const std::string certificate, trust::IssueOfficer(options));
  ASSIGN_OR_RETURN(const std::string bundle, trust::ReadSmallFile(options.home + "/ca/ca.pem"));
  const std::string out = arguments.Get("out");
  RETURN_IF_ERROR(MakePrivateFolder(out));
  RETURN_IF_ERROR(trust::WriteFileAtomically(out + "/tls.pem", certificate, trust::kPublicMode));
  RETURN_IF_ERROR(trust::WriteFileAtomically(out + "/ca.pem", bundle, trust::kPublicMode));
  session.Say(
      absl::StrCat("issued for ", options.officer, ": ", out, "/tls.pem and ", out, "/ca.pem"));
  session.Say(
      "next: the officer puts both beside tls.key, then: ch8 context add NAME --officer-dir "
      "DIR --endpoints FILE");
  return absl::OkStatus();
}

absl::Status Add(const Arguments& arguments, Session& session) {
  CreateOfficerRequest request;
  request.set_officer_id(arguments.Get("id"));
  Officer& officer = *request.mutable_resource();
  ASSIGN_OR_RETURN(const uint64_t person, ParseNumber(arguments.Get("person"), "a person number"));
  officer.set_person(person);
  for (const std::string& post : arguments.All("post")) officer.add_posts(PostName(post));
  ASSIGN_OR_RETURN(const PublicKey key, trust::ReadPublicKey(arguments.Get("act-key")));
  officer.set_act_public_key(std::string(key.view()));
  Officer created;
  RETURN_IF_ERROR(session.Act("directory.v1.DirectoryService.CreateOfficer", request, created));
  session.ShowRecord(created);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat("next: a second administrator confirms: ch8 officer confirm ",
                             IdOf(created.name())));
  }
  return absl::OkStatus();
}

absl::Status Confirm(const Arguments& arguments, Session& session) {
  ConfirmOfficerRequest request;
  request.set_name(OfficerName(arguments.Get("officer")));
  Officer officer;
  RETURN_IF_ERROR(session.Act("directory.v1.DirectoryService.ConfirmOfficer", request, officer));
  session.ShowRecord(officer);
  return absl::OkStatus();
}

absl::Status Suspend(const Arguments& arguments, Session& session) {
  SuspendOfficerRequest request;
  request.set_name(OfficerName(arguments.Get("officer")));
  RETURN_IF_ERROR(
      session.Confirm(absl::StrCat("Suspend ", IdOf(request.name()), ", at once and for good?")));
  Officer officer;
  RETURN_IF_ERROR(session.Act("directory.v1.DirectoryService.SuspendOfficer", request, officer));
  session.ShowRecord(officer);
  return absl::OkStatus();
}

absl::StatusOr<Officer> Get(const Arguments& arguments, Session& session) {
  GetOfficerRequest request;
  request.set_name(OfficerName(arguments.Get("officer")));
  Officer officer;
  RETURN_IF_ERROR(session.Read("directory.v1.DirectoryService.GetOfficer", request, officer));
  return officer;
}

absl::Status Show(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Officer officer, Get(arguments, session));
  session.ShowRecord(officer);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<Officer> officers;
  RETURN_IF_ERROR(ListAll<ListOfficersResponse>(
      session, "directory.v1.DirectoryService.ListOfficers", ListOfficersRequest(),
      [&](const ListOfficersResponse& page) {
        officers.insert(officers.end(), page.officers().begin(), page.officers().end());
      }));
  session.ShowList(
      Pointers(officers),
      {{"officer", "name"}, {"state", "state"}, {"person", "person"}, {"posts", "posts"}});
  return absl::OkStatus();
}

absl::Status Act(const Arguments& arguments, Session& session) {
  AppointActingRequest request;
  request.set_name(OfficerName(arguments.Get("officer")));
  request.mutable_appointment()->set_post(PostName(arguments.Get("in")));
  ASSIGN_OR_RETURN(*request.mutable_appointment()->mutable_valid_from(),
                   ParseDate(arguments.Get("from")));
  ASSIGN_OR_RETURN(*request.mutable_appointment()->mutable_valid_to(),
                   ParseDate(arguments.Get("to")));
  Officer officer;
  RETURN_IF_ERROR(session.Act("directory.v1.DirectoryService.AppointActing", request, officer));
  session.ShowRecord(officer);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat("next: a second administrator confirms: ch8 officer confirm-acting ",
                             IdOf(officer.name()), " --in ", IdOf(request.appointment().post())));
  }
  return absl::OkStatus();
}

absl::Status ConfirmActing(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Officer read, Get(arguments, session));
  ConfirmActingRequest request;
  request.set_name(read.name());
  request.set_acting_post(PostName(arguments.Get("in")));
  request.set_etag(read.etag());
  for (const auto& acting : read.acting()) {
    if (acting.post() != request.acting_post()) continue;
    RETURN_IF_ERROR(session.Agree(
        acting, absl::StrCat("Confirm this appointment of ", IdOf(read.name()), "?")));
  }
  Officer officer;
  RETURN_IF_ERROR(session.Act("directory.v1.DirectoryService.ConfirmActing", request, officer));
  session.ShowRecord(officer);
  return absl::OkStatus();
}

Command OnOfficer(std::string verb, std::string summary,
                  absl::Status (*run)(const Arguments&, Session&),
                  std::vector<Parameter> more = {}) {
  std::vector<Parameter> parameters = {Positional("officer", "the officer's id")};
  parameters.insert(parameters.end(), more.begin(), more.end());
  return {.path = {"officer", std::move(verb)},
          .summary = std::move(summary),
          .parameters = std::move(parameters),
          .run = run,
          .notes = ""};
}

}  // namespace

std::vector<Command> OfficerCommands() {
  return {{.path = {"officer", "key-request"},
           .summary = "on the officer's own device: make keys and a certificate request",
           .parameters = {Positional("directory", "where the keys will live")},
           .run = MakeKeys,
           .notes = "Writes tls.key and act.key (keep both), tls.csr and act.pub (hand over).",
           .writes_files = true},
          {.path = {"officer", "issue"},
           .summary = "where the authority is: issue an officer's certificate",
           .parameters = {Required("home", "DIR", "the organization's home, from ch8 org init"),
                          Required("request", "FILE", "the officer's tls.csr"),
                          Required("id", "ID", "the officer's id"),
                          Required("out", "DIR", "where tls.pem and ca.pem are written")},
           .run = Issue,
           .notes = "",
           .writes_files = true},
          {.path = {"officer", "add"},
           .summary = "enter an officer with posts and act key",
           .parameters = {Positional("id", "as in the certificate"),
                          Required("person", "NUMBER", "the person's opaque number, never a name"),
                          RequiredRepeated("post", "POST", "a post held"),
                          Required("act-key", "FILE", "the officer's act.pub")},
           .run = Add,
           .notes = "A second administrator confirms."},
          OnOfficer("confirm", "confirm an officer that another person entered", Confirm),
          OnOfficer("suspend", "end an officer's right to act, at once and for good", Suspend),
          OnOfficer("act", "enter an officer-in-charge: a post held for a time", Act,
                    {Required("in", "POST", "the post acted in"),
                     Required("from", "2026-03-02", "first day"),
                     Required("to", "2026-03-14", "last day")}),
          OnOfficer("confirm-acting", "confirm what another administrator entered", ConfirmActing,
                    {Required("in", "POST", "the post acted in")}),
          OnOfficer("show", "an officer", Show),
          {.path = {"officer", "list"},
           .summary = "all officers",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli

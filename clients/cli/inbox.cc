#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "chapter8/mandate/v1/reference_service.pb.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/inbox_goods.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::authz::v1::Role;
namespace authz = chapter8::authz::v1;
namespace directory = chapter8::directory::v1;
namespace finance = chapter8::finance::v1;
namespace information = chapter8::information::v1;
namespace mandate = chapter8::mandate::v1;
namespace training = chapter8::training::v1;

// Something that waits for the officer.
struct Item {
  std::optional<absl::CivilDay> due;  // The day the money is needed.
  std::string id;
  std::string what;
  std::string amount;
  std::string command;
};

class Inbox {
 public:
  explicit Inbox(Session& session) : session_(session) {
    for (const directory::Post& post : session.who().posts()) {
      for (const int role : post.roles()) roles_.insert(role);
    }
    person_ = session.who().officer().person();
  }

  absl::Status Collect() {
    RETURN_IF_ERROR(CollectMoney());
    CollectNews();
    for (GoodsTask& task : GoodsTasks(session_, {.roles = roles_, .person = person_})) {
      Add({task.due, task.id, task.what, task.amount, task.command});
    }
    if (Holds(authz::MANDATE_OFFICER)) RETURN_IF_ERROR(CollectReferences());
    if (Holds(authz::ADMINISTRATOR)) RETURN_IF_ERROR(CollectDirectory());
    if (Holds(authz::TRAINING_PLANNER)) RETURN_IF_ERROR(CollectExercises());
    if (Holds(authz::RELEASE_OFFICER)) {
      RETURN_IF_ERROR(CollectConsents());
      RETURN_IF_ERROR(CollectErasures());
    }
    std::stable_sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
      if (a.due.has_value() != b.due.has_value()) return a.due.has_value();
      return a.due.has_value() && *a.due < *b.due;
    });
    return absl::OkStatus();
  }

  void Show();

 private:
  bool Holds(Role role) const { return roles_.contains(role); }
  void Add(Item item) { items_.push_back(std::move(item)); }
  absl::Status CollectMoney();
  void AddRequest(const finance::FundingRequest& request);
  void AddOffer(const finance::Offer& offer, std::optional<absl::CivilDay> due);
  void AddReference(const mandate::Reference& reference);
  absl::Status CollectReferences();
  absl::Status CollectDirectory();
  void AddExercise(const training::Exercise& exercise);
  absl::Status CollectExercises();
  absl::Status CollectConsents();
  absl::Status CollectErasures();
  void CollectNews();
  template <typename Resource>
  void AddConfirmation(const Resource& resource, const char* what, const std::string& command) {
    if (resource.state() != Resource::PROPOSED || resource.proposed_by() == person_) return;
    Add({.due = {}, .id = IdOf(resource.name()), .what = what, .amount = "", .command = command});
  }

  Session& session_;
  std::set<int> roles_;
  uint64_t person_ = 0;
  std::vector<Item> items_;
  std::vector<std::string> news_;  // "au 4 s ago": how old what we know of others is.
};

absl::CivilDay Day(const chapter8::type::v1::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

std::string Text(const chapter8::type::v1::Money& money) {
  return client::FormatMoney(money.currency_code(), money.amount_minor());
}

void Inbox::AddRequest(const finance::FundingRequest& request) {
  const bool to_answer = request.state() == finance::FundingRequest::OPEN &&
                         IdOf(request.addressee()) == session_.own();
  if (!to_answer || !Holds(authz::FUND_MANAGER)) return;
  Add({.due = Day(request.needed_by()),
       .id = IdOf(request.name()),
       .what = absl::StrCat("money for ", IdOf(request.operation()), " by ",
                            FormatDate(request.needed_by())),
       .amount = Text(request.amount()),
       .command = absl::StrCat("ch8 request show ", IdOf(request.name()))});
}

void Inbox::AddOffer(const finance::Offer& offer, std::optional<absl::CivilDay> due) {
  const std::string id = IdOf(offer.name());
  const bool to_approve = offer.state() == finance::Offer::DRAFT &&
                          offer.side() == finance::Offer::GIVER && offer.made_by() != person_;
  const bool to_accept =
      offer.state() == finance::Offer::RESERVED && offer.side() == finance::Offer::RECEIVER;
  if (to_approve && Holds(authz::APPROVER)) {
    Add({.due = due,
         .id = id,
         .what = absl::StrCat("awaits approval, for ", IdOf(offer.request())),
         .amount = Text(offer.amount()),
         .command = absl::StrCat("ch8 offer approve ", id)});
  }
  if (to_accept && Holds(authz::ACCEPTER)) {
    Add({.due = due,
         .id = id,
         .what = absl::StrCat("offered by ", IdOf(offer.giver()), " for ", IdOf(offer.request())),
         .amount = Text(offer.amount()),
         .command = absl::StrCat("ch8 offer accept ", id)});
  }
}

absl::Status Inbox::CollectMoney() {
  std::map<std::string, absl::CivilDay> due;  // By request.
  RETURN_IF_ERROR(ListAll<finance::ListRequestsResponse>(
      session_, "finance.v1.RequestService.ListRequests", finance::ListRequestsRequest(),
      [&](const finance::ListRequestsResponse& page) {
        for (const finance::FundingRequest& request : page.requests()) {
          due[request.name()] = Day(request.needed_by());
          AddRequest(request);
        }
      }));
  return ListAll<finance::ListOffersResponse>(
      session_, "finance.v1.OfferService.ListOffers", finance::ListOffersRequest(),
      [&](const finance::ListOffersResponse& page) {
        for (const finance::Offer& offer : page.offers()) {
          const auto found = due.find(offer.request());
          AddOffer(offer, found == due.end() ? std::nullopt : std::optional(found->second));
        }
      });
}

void Inbox::AddReference(const mandate::Reference& reference) {
  if (reference.state() != mandate::Reference::PROPOSED) return;
  if (reference.proposed_by() == person_) return;
  const std::string id = absl::StrCat(IdOf(reference.operation()), " ", reference.number());
  Add({.due = {},
       .id = id,
       .what = absl::StrCat(reference.symbol(), " awaits confirmation"),
       .amount = "",
       .command = absl::StrCat("ch8 reference confirm ", id)});
}

absl::Status Inbox::CollectReferences() {
  return ListAll<mandate::ListReferencesResponse>(
      session_, "mandate.v1.ReferenceService.ListReferences", mandate::ListReferencesRequest(),
      [&](const mandate::ListReferencesResponse& page) {
        for (const mandate::Reference& reference : page.references()) AddReference(reference);
      });
}

absl::Status Inbox::CollectDirectory() {
  RETURN_IF_ERROR(ListAll<directory::ListPostsResponse>(
      session_, "directory.v1.DirectoryService.ListPosts", directory::ListPostsRequest(),
      [&](const directory::ListPostsResponse& page) {
        for (const directory::Post& post : page.posts()) {
          AddConfirmation(post, "post awaits confirmation",
                          absl::StrCat("ch8 post confirm ", IdOf(post.name())));
        }
      }));
  RETURN_IF_ERROR(ListAll<directory::ListOfficersResponse>(
      session_, "directory.v1.DirectoryService.ListOfficers", directory::ListOfficersRequest(),
      [&](const directory::ListOfficersResponse& page) {
        for (const directory::Officer& officer : page.officers()) {
          AddConfirmation(officer, "officer awaits confirmation",
                          absl::StrCat("ch8 officer confirm ", IdOf(officer.name())));
        }
      }));
  return ListAll<directory::ListOrganizationsResponse>(
      session_, "directory.v1.DirectoryService.ListOrganizations",
      directory::ListOrganizationsRequest(), [&](const directory::ListOrganizationsResponse& page) {
        for (const directory::Organization& organization : page.organizations()) {
          AddConfirmation(
              organization, "pin awaits confirmation",
              absl::StrCat("ch8 org confirm ", IdOf(organization.name()), " --fingerprint F"));
        }
      });
}

// Lines that ask this organization: one item, and the command that shows them.
void Inbox::AddExercise(const training::Exercise& exercise) {
  if (exercise.state() != training::Exercise::PROPOSED) return;
  int asked = 0;
  for (const training::Line& line : exercise.lines()) {
    const bool seats = line.kind() == training::Line::SEATS;
    const bool waits = line.state() == (seats ? training::Line::RESERVED : training::Line::ASKED);
    asked += waits && IdOf(line.organization()) == session_.own() ? 1 : 0;
  }
  if (asked == 0) return;
  Add({.due = Day(exercise.days().start()),
       .id = IdOf(exercise.name()),
       .what = absl::StrCat(training::Exercise::Kind_Name(exercise.kind()), " of ",
                            IdOf(exercise.lead()), " awaits your answer"),
       .amount = absl::StrCat(asked, asked == 1 ? " line" : " lines"),
       .command = absl::StrCat("ch8 exercise show ", IdOf(exercise.name()))});
}

absl::Status Inbox::CollectExercises() {
  return ListAll<training::ListExercisesResponse>(
      session_, "training.v1.ExerciseService.ListExercises", training::ListExercisesRequest(),
      [&](const training::ListExercisesResponse& page) {
        for (const training::Exercise& exercise : page.exercises()) AddExercise(exercise);
      });
}

// What others ask of the originator of a report.
absl::Status Inbox::CollectConsents() {
  return ListAll<information::ListConsentsResponse>(
      session_, "information.v1.ConsentService.ListConsents", information::ListConsentsRequest(),
      [&](const information::ListConsentsResponse& page) {
        for (const information::Consent& consent : page.consents()) {
          if (consent.state() != information::Consent::ASKED ||
              IdOf(consent.originator()) != session_.own()) {
            continue;
          }
          Add({.due = {},
               .id = IdOf(consent.name()),
               .what = absl::StrCat(IdOf(consent.asker()), " asks to pass ", IdOf(consent.report()),
                                    " to ", IdOf(consent.recipient())),
               .amount = "",
               .command = absl::StrCat("ch8 consent show ", IdOf(consent.name()))});
        }
      });
}

// What another person wants erased.
absl::Status Inbox::CollectErasures() {
  information::ListErasuresRequest request;
  request.set_state(information::Erasure::REQUESTED);
  return ListAll<information::ListErasuresResponse>(
      session_, "information.v1.ErasureService.ListErasures", request,
      [&](const information::ListErasuresResponse& page) {
        for (const information::Erasure& erasure : page.erasures()) {
          if (erasure.requested_by() == person_) continue;
          Add({.due = {},
               .id = IdOf(erasure.name()),
               .what = absl::StrCat("erasure awaits approval, ",
                                    information::Erasure::Basis_Name(erasure.basis())),
               .amount = "",
               .command = absl::StrCat("ch8 erasure approve ", IdOf(erasure.name()))});
        }
      });
}

// How old the newest head of each partner is. Beside the point of the command, so that a node which
// does not say is no failure.
void Inbox::CollectNews() {
  const std::string& own = session_.who().organization().trust_domain();
  chapter8::ledger::v1::ListPeersRequest request;
  request.set_origin(absl::StrCat(own, "/ch8/finance"));
  chapter8::ledger::v1::ListPeersResponse peers;
  if (!session_.Read("ledger.v1.LedgerService.ListPeers", request, peers).ok()) return;
  for (const auto& peer : peers.peers()) {
    const std::string domain = peer.origin().substr(0, peer.origin().find('/'));
    if (domain == own) continue;
    const absl::Duration age = session_.ledger_time() - absl::FromUnixMicros(peer.verified_at_us());
    news_.push_back(
        peer.verified_size() == 0
            ? absl::StrCat(domain, " never")
            : absl::StrCat(domain, " ", AgeText(std::max(age, absl::ZeroDuration())), " ago"));
  }
}

void Inbox::Show() {
  const absl::CivilDay today = absl::ToCivilDay(session_.ledger_time(), absl::UTCTimeZone());
  size_t overdue = 0;
  Table table;
  table.columns = {{"due"}, {"id"}, {"what"}, {"amount", Column::Align::kRight}, {"command"}};
  for (const Item& item : items_) {
    std::string due;
    if (item.due.has_value()) {
      const int64_t days = *item.due - today;
      due = days == 0 ? "today" : absl::StrCat(days, " d", days < 0 ? " !" : "");
      if (days < 0) ++overdue;
    }
    table.rows.push_back({due, item.id, item.what, item.amount, item.command});
  }
  if (session_.globals().output == OutputFormat::kTable) {
    std::vector<std::string> titles;
    for (const directory::Post& post : session_.who().posts()) titles.push_back(post.title());
    session_.world().out << Printable(absl::StrJoin(titles, "; ")) << "   " << items_.size()
                         << " to do, " << overdue << " overdue\n";
    if (!news_.empty()) {
      session_.world().out << "newest head of " << Printable(absl::StrJoin(news_, ", ")) << "\n";
    }
    for (Column& column : table.columns) column.title.clear();
  }
  session_.ShowTable(table);
}

absl::Status ShowInbox(const Arguments&, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  Inbox inbox(session);
  RETURN_IF_ERROR(inbox.Collect());
  inbox.Show();
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> InboxCommands() {
  return {{.path = {"inbox"},
           .summary = "what waits for you, the earliest due first, with the command to type",
           .parameters = {},
           .run = ShowInbox,
           .notes = "Made from your roles: drafts to approve, offers to accept, requests to "
                    "answer, consents to decide, erasures to approve, entries to confirm."}};
}

}  // namespace ch8::cli

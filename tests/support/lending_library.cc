#include "tests/support/lending_library.h"

#include "chapter8/lending/v1/lending.pb.h"
#include "services/books/postings.h"
#include "services/kernel/paging.h"
#include "services/kernel/resources.h"
#include "storage/base/status_macros.h"

namespace ch8::testing {
namespace {

namespace v1 = chapter8::lending::v1;
using chapter8::books::v1::AccountOpened;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Title;

constexpr kernel::ResourceKind kTitle = {"titles/*", "title", "UNKNOWN_TITLE"};

Title Shown(Title title, const State& state) {
  const auto shelf = state.accounts.Find(title.account());
  title = kernel::WithEtag(std::move(title));
  if (shelf.ok()) title.set_on_shelf(shelf->available());
  return title;
}

absl::StatusOr<Decision> AddTitle(const Context&, const v1::AddTitleRequest& request,
                                  const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.title_id(), "title_id"));
  Title title;
  title.set_name("titles/" + request.title_id());
  title.set_copies(request.resource().copies());
  title.set_account(state.accounts.next_account());
  if (kernel::TableReader<Title>(state.rows).Find(title.name()).has_value()) {
    return kernel::Taken("TITLE_EXISTS", title.name(), "");
  }
  kernel::Event event = kernel::DomainEvent(title);
  books::OpenAccount({title.account(), "copy", AccountOpened::CREDIT_BALANCE}, event);
  books::OpenAccount({title.account() + 1, "copy", AccountOpened::NONE}, event);
  books::Move({title.account() + 1, title.account()}, title.copies(), event);
  return Decision{{event}, kernel::ReplyWith<Title>(title.name())};
}

absl::StatusOr<Decision> LendCopies(const Context&, const v1::LendCopiesRequest& request,
                                    const State& state) {
  ASSIGN_OR_RETURN(const Title title,
                   kernel::FindResource<Title>(state.rows, request.name(), kTitle));
  kernel::Event event = kernel::DomainEvent(title);
  books::Move({title.account(), title.account() + 1}, request.copies(), event);
  return Decision{{event}, kernel::ReplyWith<Title>(title.name())};
}

absl::StatusOr<Title> GetTitle(const Context&, const v1::GetTitleRequest& request,
                               const State& state) {
  ASSIGN_OR_RETURN(Title title, kernel::FindResource<Title>(state.rows, request.name(), kTitle));
  return Shown(std::move(title), state);
}

absl::StatusOr<v1::ListTitlesResponse> ListTitles(const Context&,
                                                  const v1::ListTitlesRequest& request,
                                                  const State& state) {
  return kernel::ListPage<Title, v1::ListTitlesRequest, v1::ListTitlesResponse>(
      state.rows, "titles/", request, [](const Title&) { return true; },
      [&](const Title& row, v1::ListTitlesResponse& page) {
        *page.add_titles() = Shown(row, state);
      });
}

}  // namespace

LendingMachine::LendingMachine() {
  const std::string service = "/chapter8.lending.v1.LendingService/";
  routes_.AddCommand<v1::AddTitleRequest>(service + "AddTitle", AddTitle);
  routes_.AddCommand<v1::LendCopiesRequest>(service + "LendCopies", LendCopies);
  routes_.AddRead<v1::GetTitleRequest>(service + "GetTitle", kernel::ReadPath::kSequenced,
                                       GetTitle);
  routes_.AddRead<v1::ListTitlesRequest>(service + "ListTitles", kernel::ReadPath::kSequenced,
                                         ListTitles);
}

void LendingMachine::Apply(const kernel::Applied& applied, kernel::Rows& rows) const {
  Title title;
  if (applied.entry.has_domain_event() && title.ParseFromString(applied.entry.domain_event())) {
    kernel::PutRow(rows, title);
  }
}

}  // namespace ch8::testing

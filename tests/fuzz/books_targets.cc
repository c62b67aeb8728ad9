// Pages of the books as they lie on disk, and bulk rows as they come over the network.
#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "services/books/pages.h"
#include "services/books/rows.h"
#include "services/books/state.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "tests/fuzz/target.h"

namespace ch8::fuzz {
namespace {

using books::PageKind;
using books::State;
using chapter8::books::v1::PostTransfersRequest;
using chapter8::books::v1::TransferRow;

constexpr size_t kPageKeySize = 6;

// The key's six bytes, then the value.
Outcome RunPage(absl::string_view input) {
  const absl::string_view key = input.substr(0, kPageKeySize);
  const Page page = {.key = std::string(key), .value = std::string(input.substr(key.size()))};
  const std::optional<books::PageParts> parts = books::DecodePage(page);
  if (!parts.has_value()) return Outcome::kRefused;
  const Page encoded = books::EncodePage(*parts);
  return SameBytes(input, absl::StrCat(encoded.key, encoded.value));
}

State ThreeAccounts() {
  State state;
  state.GrowTo(66);
  for (const uint32_t account : {1u, 2u, 65u}) {
    state.accounts[account].opened = 1;
    state.accounts[account].unit = state.InternUnit(account == 2 ? "USD" : "TENT-10P");
    state.accounts[account].debits_posted = account;
  }
  return state;
}

std::vector<std::string> PageSeeds() {
  const Page accounts = books::EncodePage({.kind = PageKind::kAccounts,
                                           .number = 1,
                                           .turn = 1,
                                           .position = 77,
                                           .body = books::EncodeAccounts(ThreeAccounts(), 1)});
  const Page marker = books::EncodePage({.kind = PageKind::kMarker, .position = 3, .body = "x"});
  return {absl::StrCat(accounts.key, accounts.value), absl::StrCat(marker.key, marker.value),
          accounts.value};
}

bool Load(PageKind kind, absl::string_view body, uint32_t page, State& state) {
  return kind == PageKind::kAccounts ? books::LoadAccounts(body, page, state)
                                     : books::LoadHolds(body, page, state);
}
std::string Encode(PageKind kind, const State& state, uint32_t page) {
  return kind == PageKind::kAccounts ? books::EncodeAccounts(state, page)
                                     : books::EncodeHolds(state, page);
}

// kind u8 · page u16 · a body whose checksum is taken as right. What loads is written such that it
// loads again, to the same.
Outcome RunPageBody(absl::string_view input) {
  ByteReader reader(input);
  const uint8_t kind_byte = reader.ReadU8();
  const uint32_t page = reader.ReadU16() % books::kHoldPages;
  if (!reader.ok()) return Outcome::kRefused;
  if (kind_byte == static_cast<uint8_t>(PageKind::kMarker)) {
    const std::optional<books::Marker> marker = books::DecodeMarker(reader.rest());
    if (!marker.has_value()) return Outcome::kRefused;
    return SameBytes(reader.rest(), books::EncodeMarker(*marker));
  }
  const PageKind kind =
      kind_byte == static_cast<uint8_t>(PageKind::kHolds) ? PageKind::kHolds : PageKind::kAccounts;
  State first;
  if (!Load(kind, reader.rest(), page, first)) return Outcome::kRefused;
  const std::string encoded = Encode(kind, first, page);
  State second;
  Check(Load(kind, encoded, page, second), "what is written can be loaded");
  Check(Encode(kind, second, page) == encoded, "and is the same");
  return Outcome::kAccepted;
}

std::vector<std::string> PageBodySeeds() {
  State state = ThreeAccounts();
  const books::Id id = {.high = 1, .low = 2};
  const uint32_t page = books::HoldPage(id);
  state.holds.Add({.id = id, .amount = 5, .debit_account = 1, .credit_account = 65});
  std::string holds = "h";
  AppendU16(holds, static_cast<uint16_t>(page));
  const std::string marker =
      books::EncodeMarker({.clean_size = 9, .account_pages = {1, 2}, .hold_pages = {3}});
  return {absl::StrCat("a", std::string(2, '\0'), books::EncodeAccounts(state, 0)),
          absl::StrCat("a", std::string("\0\1", 2), books::EncodeAccounts(state, 1)),
          absl::StrCat(holds, books::EncodeHolds(state, page)),
          absl::StrCat("m", std::string(2, '\0'), marker), "a"};
}

bool SameRow(const books::Row& row, const TransferRow& wire) {
  return row.id.high == wire.id_high() && row.id.low == wire.id_low() &&
         row.hold_id.high == wire.hold_id_high() && row.hold_id.low == wire.hold_id_low() &&
         row.amount == wire.amount() && row.debit_account == wire.debit_account() &&
         row.credit_account == wire.credit_account() && row.kind == wire.kind() &&
         row.linked == wire.linked();
}

// Our parser and protobuf's read the same row.
Outcome RunRow(absl::string_view input) {
  const absl::StatusOr<books::Row> row = books::ParseRow(input);
  if (!row.ok()) return Refused(row.status());
  TransferRow wire;
  Check(wire.ParseFromString(std::string(input)), "protobuf reads it, too");
  Check(wire.GetReflection()->GetUnknownFields(wire).empty(), "nothing in it is unread");
  Check(SameRow(*row, wire), "both read the same");
  return Outcome::kAccepted;
}

TransferRow RowOf(uint64_t id, TransferRow::Kind kind) {
  TransferRow row;
  row.set_id_high(1);
  row.set_id_low(id);
  row.set_debit_account(3);
  row.set_credit_account(400);
  if (kind != TransferRow::VOID_HELD) row.set_amount(70'000);
  row.set_kind(kind);
  if (kind == TransferRow::POST_HELD || kind == TransferRow::VOID_HELD) row.set_hold_id_low(9);
  row.set_code(5);
  return row;
}

std::vector<std::string> RowSeeds() {
  std::vector<std::string> seeds = {TransferRow().SerializeAsString(), "\xff\xff"};
  for (const auto kind :
       {TransferRow::POST, TransferRow::HOLD, TransferRow::POST_HELD, TransferRow::VOID_HELD}) {
    seeds.push_back(RowOf(8, kind).SerializeAsString());
  }
  return seeds;
}

Outcome RunRows(absl::string_view input) {
  const absl::StatusOr<books::ParsedBatch> batch = books::ParseRows(input);
  if (!batch.ok()) return Refused(batch.status());
  PostTransfersRequest wire;
  if (!wire.ParseFromString(std::string(input))) {
    // Text that is not UTF-8: the sequencer's matter.
    Check(!batch->rows.empty(), "it has rows");
    return Outcome::kAccepted;
  }
  Check(batch->request_id == wire.request_id() && batch->post == wire.post(), "same header");
  Check(batch->rows.size() == static_cast<size_t>(wire.rows_size()), "same rows");
  for (int i = 0; i < wire.rows_size(); ++i) {
    const books::Row& row = batch->rows[static_cast<size_t>(i)];
    Check(SameRow(row, wire.rows(i)), "both read the same");
    Check(books::ParseRow(batch->payload(row)).ok(), "each row's bytes are a row");
  }
  return Outcome::kAccepted;
}

std::vector<std::string> RowsSeeds() {
  PostTransfersRequest request;
  request.set_request_id("6f9619ff-8b86-d011-b42d-00cf4fc964ff");
  request.set_post("organizations/un/posts/treasurer");
  *request.add_rows() = RowOf(1, TransferRow::HOLD);
  request.mutable_rows(0)->set_linked(true);
  *request.add_rows() = RowOf(2, TransferRow::POST);
  PostTransfersRequest linked_last = request;
  linked_last.mutable_rows(1)->set_linked(true);
  return {request.SerializeAsString(), linked_last.SerializeAsString(), ""};
}

}  // namespace

std::vector<Target> BooksTargets() {
  return {{"books_page", RunPage, PageSeeds},
          {"books_page_body", RunPageBody, PageBodySeeds},
          {"books_row", RunRow, RowSeeds},
          {"books_rows", RunRows, RowsSeeds}};
}

}  // namespace ch8::fuzz

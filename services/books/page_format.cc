#include <algorithm>
#include <utility>

#include "services/books/pages.h"
#include "storage/base/bytes.h"
#include "storage/base/hash.h"

namespace ch8::books {
namespace {

constexpr absl::string_view kMagic = "C8P1";
constexpr size_t kHeaderSize = 4 + 1 + 4 + 8;
constexpr size_t kChecksumSize = 16;

absl::string_view Checksum(const Hash& hash) { return hash.view().substr(0, kChecksumSize); }

void AppendBytes(std::string& out, absl::string_view bytes) {
  out.append(bytes.data(), bytes.size());
}

bool IsKind(uint8_t kind) {
  return kind == static_cast<uint8_t>(PageKind::kAccounts) ||
         kind == static_cast<uint8_t>(PageKind::kHolds) ||
         kind == static_cast<uint8_t>(PageKind::kMarker);
}

void AppendPositions(std::string& out, const std::vector<uint64_t>& positions) {
  AppendU32(out, static_cast<uint32_t>(positions.size()));
  for (const uint64_t position : positions) AppendU64(out, position);
}

std::vector<uint64_t> ReadPositions(ByteReader& reader) {
  const uint32_t count = reader.ReadU32();
  std::vector<uint64_t> positions;
  if (reader.rest().size() / 8 < count) {
    reader.ReadBytes(reader.rest().size() + 1);
    return positions;
  }
  positions.reserve(count);
  for (uint32_t i = 0; i < count; ++i) positions.push_back(reader.ReadU64());
  return positions;
}

constexpr uint8_t kOpened = 1;
constexpr uint8_t kBulk = 2;

}  // namespace

Page EncodePage(const PageParts& parts) {
  Page page;
  page.key.push_back(static_cast<char>(parts.kind));
  AppendU32(page.key, parts.number);
  page.key.push_back(static_cast<char>(parts.turn));
  page.value.reserve(kHeaderSize + parts.body.size() + kChecksumSize);
  AppendBytes(page.value, kMagic);
  page.value.push_back(static_cast<char>(parts.kind));
  AppendU32(page.value, parts.number);
  AppendU64(page.value, parts.position);
  page.value.append(parts.body);
  AppendBytes(page.value, Checksum(Sha256(page.value)));
  return page;
}

std::optional<PageParts> DecodePage(const Page& page) {
  PageParts parts;
  ByteReader key(page.key);
  const uint8_t kind = key.ReadU8();
  parts.kind = static_cast<PageKind>(kind);
  parts.number = key.ReadU32();
  parts.turn = key.ReadU8();
  if (!key.done() || !IsKind(kind) || parts.turn > 1) return std::nullopt;
  if (page.value.size() < kHeaderSize + kChecksumSize) return std::nullopt;
  const absl::string_view value(page.value);
  const absl::string_view checked = value.substr(0, value.size() - kChecksumSize);
  if (Checksum(Sha256(checked)) != value.substr(checked.size())) return std::nullopt;
  ByteReader reader(checked);
  const bool same = reader.ReadBytes(kMagic.size()) == kMagic && reader.ReadU8() == kind &&
                    reader.ReadU32() == parts.number;
  parts.position = reader.ReadU64();
  if (!same || !reader.ok()) return std::nullopt;
  AppendBytes(parts.body, reader.rest());
  return parts;
}

std::string EncodeMarker(const Marker& marker) {
  std::string body;
  AppendU64(body, marker.clean_size);
  AppendPositions(body, marker.account_pages);
  AppendPositions(body, marker.hold_pages);
  return body;
}

std::optional<Marker> DecodeMarker(absl::string_view body) {
  ByteReader reader(body);
  Marker marker;
  marker.clean_size = reader.ReadU64();
  marker.account_pages = ReadPositions(reader);
  marker.hold_pages = ReadPositions(reader);
  if (!reader.done()) return std::nullopt;
  return marker;
}

// units: count u8, then each length u8 and bytes; accounts: count u8, then each flags u8, floor u8,
// unit u8 and the four sums.
std::string EncodeAccounts(const State& state, uint32_t page) {
  const size_t begin = size_t{page} * kAccountsPerPage;
  const size_t end = std::min(begin + kAccountsPerPage, state.accounts.size());
  std::vector<uint32_t> units;
  for (size_t i = begin; i < end; ++i) {
    const uint32_t unit = state.accounts[i].unit;
    if (state.accounts[i].opened == 0) continue;
    if (std::find(units.begin(), units.end(), unit) == units.end()) units.push_back(unit);
  }
  std::string body;
  body.push_back(static_cast<char>(units.size()));
  for (const uint32_t unit : units) {
    body.push_back(static_cast<char>(state.units[unit].size()));
    body.append(state.units[unit]);
  }
  body.push_back(static_cast<char>(end - begin));
  for (size_t i = begin; i < end; ++i) {
    const Account& account = state.accounts[i];
    const auto unit = std::find(units.begin(), units.end(), account.unit);
    body.push_back(
        static_cast<char>((account.opened != 0 ? kOpened : 0) | (account.bulk != 0 ? kBulk : 0)));
    body.push_back(static_cast<char>(account.floor));
    body.push_back(static_cast<char>(account.opened != 0 ? unit - units.begin() : 0));
    AppendU64(body, account.debits_posted);
    AppendU64(body, account.credits_posted);
    AppendU64(body, account.debits_held);
    AppendU64(body, account.credits_held);
  }
  return body;
}

bool LoadAccounts(absl::string_view body, uint32_t page, State& state) {
  ByteReader reader(body);
  std::vector<uint32_t> units(reader.ReadU8());
  for (uint32_t& unit : units) unit = state.InternUnit(reader.ReadBytes(reader.ReadU8()));
  const uint32_t count = reader.ReadU8();
  if (!reader.ok() || count == 0 || count > kAccountsPerPage) return false;
  const uint32_t begin = page * kAccountsPerPage;
  if (begin > kAccountsMax - kAccountsPerPage) return false;
  state.GrowTo(begin + count - 1);
  for (uint32_t i = begin; i < begin + count; ++i) {
    Account account;
    const uint8_t flags = reader.ReadU8();
    account.opened = (flags & kOpened) != 0 ? 1 : 0;
    account.bulk = (flags & kBulk) != 0 ? 1 : 0;
    account.floor = reader.ReadU8();
    const uint8_t unit = reader.ReadU8();
    account.debits_posted = reader.ReadU64();
    account.credits_posted = reader.ReadU64();
    account.debits_held = reader.ReadU64();
    account.credits_held = reader.ReadU64();
    if (!reader.ok()) return false;
    if (account.opened == 0) continue;
    if (unit >= units.size()) return false;
    account.unit = units[unit];
    state.accounts[i] = account;
  }
  return reader.done();
}

// Each hold: id, amount u64, debit and credit account u32, origin u8, ended u8, ended index u64.
std::string EncodeHolds(const State& state, uint32_t page) {
  std::string body;
  for (uint32_t slot = state.holds.head(page); slot != Holds::kNoSlot;
       slot = state.holds.at(slot).next) {
    const Hold& hold = state.holds.at(slot);
    AppendU64(body, hold.id.high);
    AppendU64(body, hold.id.low);
    AppendU64(body, hold.amount);
    AppendU32(body, hold.debit_account);
    AppendU32(body, hold.credit_account);
    body.push_back(static_cast<char>(hold.origin));
    body.push_back(hold.ended ? 1 : 0);
    AppendU64(body, hold.ended_index);
  }
  return body;
}

bool LoadHolds(absl::string_view body, uint32_t page, State& state) {
  ByteReader reader(body);
  while (!reader.rest().empty()) {
    Hold hold;
    hold.id.high = reader.ReadU64();
    hold.id.low = reader.ReadU64();
    hold.amount = reader.ReadU64();
    hold.debit_account = reader.ReadU32();
    hold.credit_account = reader.ReadU32();
    hold.origin = reader.ReadU8() == 0 ? HoldOrigin::kPosting : HoldOrigin::kRow;
    hold.ended = reader.ReadU8() != 0;
    hold.ended_index = reader.ReadU64();
    if (!reader.ok() || HoldPage(hold.id) != page) return false;
    if (state.holds.Find(hold.id) != Holds::kNoSlot) return false;
    state.holds.Add(hold);
  }
  return reader.done();
}

}  // namespace ch8::books

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/books/books.h"
#include "services/books/transfer.h"
#include "storage/base/bytes.h"
#include "tests/support/status_matchers.h"

// Two ledgers, a network that loses, repeats, reorders and delays, officers who do as they like,
// and a god view that keeps its own account of the money.
namespace ch8::books {
namespace {

using ::ch8::testing::IsOk;
using Record = v1::TransferRecord;
using Step = v1::TransferStep;

constexpr uint32_t kOutside = 1;
constexpr uint32_t kFund = 2;     // With a floor.
constexpr uint32_t kCounter = 3;  // What the other side owes or is owed.
constexpr int64_t kSecond = 1'000'000;
constexpr char kGiver[] = "giver.example/ch8/finance";
constexpr char kReceiver[] = "receiver.example/ch8/finance";

// The god's own book of one ledger: what the fund has, and its holds by id.
struct Money {
  int64_t fund = 0;
  int64_t spent = 0;
  int64_t received = 0;
  std::map<std::string, uint64_t> holds;
  std::set<std::string> ended;

  void Apply(const v1::Posting& posting) {
    const std::string& id = posting.hold_id();
    const bool giving = posting.debit_account() == kFund;
    ASSERT_EQ(giving ? posting.credit_account() : posting.debit_account(), kCounter);
    if (posting.hold() > 0) {
      ASSERT_FALSE(holds.contains(id) || ended.contains(id));
      holds[id] = posting.hold();
    }
    if (posting.release() > 0) {
      ASSERT_TRUE(holds.contains(id));
      ASSERT_EQ(holds[id], posting.release());
      ASSERT_LE(posting.amount(), posting.release());
      holds.erase(id);
      ended.insert(id);
    }
    (giving ? spent : received) += static_cast<int64_t>(posting.amount());
  }
  int64_t held() const {
    int64_t sum = 0;
    for (const auto& [id, amount] : holds) sum += static_cast<int64_t>(amount);
    return sum;
  }
};

// One entry of a party's log that the other side may see.
struct Sent {
  Step step;
  v1::StepReference reference;
};

// Whether a party also keeps real Books beside the god's account of its money: slower.
enum class Keeping { kMoneyOnly, kBooksToo };

// One side: its log, its records and its money.
class Party {
 public:
  struct Names {
    std::string own;
    std::string peer;
  };
  Party(const Names& names, Keeping keeping) : origin(names.own), peer_(names.peer) {
    if (keeping == Keeping::kMoneyOnly) return;
    books_ = std::make_unique<Books>(no_older_ids_);
    kernel::Accounts::Change opening;
    for (uint32_t number = kOutside; number <= kCounter; ++number) {
      auto& opened = opening.accounts.emplace_back();
      opened.set_account(number);
      opened.set_unit("USD");
      opened.set_floor(number == kFund ? v1::AccountOpened::CREDIT_BALANCE
                                       : v1::AccountOpened::NONE);
    }
    books_->Apply(opening, 0);
  }

  void Endow(int64_t amount) {
    money.fund = amount;
    if (books_ == nullptr) return;
    v1::Posting posting;
    posting.set_debit_account(kOutside);
    posting.set_credit_account(kFund);
    posting.set_amount(static_cast<uint64_t>(amount));
    books_->Apply({{}, {posting}}, 1);
  }

  void Log(const OwnStep& own) {
    Record& record = records[own.step.transfer_id()];
    Sent& sent = log.emplace_back();
    sent.step = own.step;
    sent.reference.set_index(log.size() + 1);
    sent.reference.set_leaf_hash(std::string(32, static_cast<char>(log.size())));
    const auto tag = TagFor(own.step);
    ASSERT_TRUE(tag.has_value());
    ASSERT_TRUE(tags_.insert(*tag).second) << "one step was logged twice";
    if (books_ != nullptr) {
      const kernel::Accounts::Change change{{}, own.postings};
      ASSERT_THAT(books_->Check({change}), IsOk());
      books_->Apply(change, log.size() + 1);
    }
    for (const v1::Posting& posting : own.postings) {
      ASSERT_NO_FATAL_FAILURE(money.Apply(posting));
    }
    ApplyStep({{sent.step, origin, sent.reference}, origin, time_us, own.postings}, record);
  }

  PeerDecision Take(const Sent& sent) {
    const PlacedStep placed{sent.step, peer_, sent.reference};
    const auto known = records.find(sent.step.transfer_id());
    PeerDecision decision =
        OnPeerStep(known == records.end() ? nullptr : &known->second, placed, origin);
    if (decision.log_peer_step) {
      ApplyStep({placed, origin, time_us, {}}, records[sent.step.transfer_id()]);
    }
    for (const OwnStep& own : decision.own_steps) Log(own);
    return decision;
  }

  const std::string origin;
  Money money;
  std::map<std::string, Record> records;
  std::list<Sent> log;
  int64_t time_us = 0;

 private:
  const std::string peer_;
  const NoOlderIds no_older_ids_;
  std::unique_ptr<Books> books_;
  std::set<Tag> tags_;
};

class World {
 public:
  explicit World(uint64_t seed)
      : random_(seed),
        giver_({kGiver, kReceiver}, seed % 25 == 0 ? Keeping::kBooksToo : Keeping::kMoneyOnly),
        receiver_({kReceiver, kGiver}, seed % 25 == 0 ? Keeping::kBooksToo : Keeping::kMoneyOnly) {
    giver_.Endow(250);
  }

  // One random thing happens.
  void Act() {
    giver_.time_us += static_cast<int64_t>(Below(4)) * kSecond;
    receiver_.time_us = static_cast<int64_t>(Below(1'000'000)) * kSecond;  // Nobody reads it.
    switch (Below(7)) {
      case 0:
        return Reserve();
      case 1:
        return Answer();
      case 2:
        return Commit();
      case 3:
        return Expire();
      case 4:
        return Send(giver_, to_receiver_);
      case 5:
        return Send(receiver_, to_giver_);
      default:
        Deliver(receiver_, to_receiver_);
        Deliver(giver_, to_giver_);
    }
  }

  // The network heals and time passes.
  void Heal() {
    for (int round = 0; round < 4; ++round) {
      giver_.time_us += 1000 * kSecond;
      Expire();
      for (const Sent& sent : std::list<Sent>(giver_.log)) receiver_.Take(sent);
      for (const Sent& sent : std::list<Sent>(receiver_.log)) giver_.Take(sent);
    }
  }

  void CheckAlways() {
    ASSERT_GE(giver_.money.fund - giver_.money.spent, giver_.money.held());
    ASSERT_LE(receiver_.money.received, giver_.money.spent);
    int64_t posted_here = 0;
    int64_t mirrored_here = 0;
    for (const auto& [id, record] : giver_.records) {
      const auto held = giver_.money.holds.find(id);
      ASSERT_EQ(HeldQuantity(record), held == giver_.money.holds.end() ? 0 : held->second);
      posted_here += static_cast<int64_t>(record.quantity_posted());
      ASSERT_EQ(record.evidence_size(), 0);
      if (record.quantity_posted() == 0) continue;
      const Record& other = receiver_.records.at(id);  // POST implies an earlier ACCEPT.
      ASSERT_TRUE(other.has_answer() && other.quantity_accepted() >= record.quantity_posted());
      ASSERT_GE(record.quantity_posted(), record.quantity_min());
    }
    for (const auto& [id, record] : receiver_.records) {
      const auto held = receiver_.money.holds.find(id);
      ASSERT_EQ(HeldQuantity(record), held == receiver_.money.holds.end() ? 0 : held->second);
      mirrored_here += static_cast<int64_t>(record.quantity_posted());
      ASSERT_EQ(record.evidence_size(), 0);
      if (record.state() != Record::POSTED) continue;
      ASSERT_EQ(record.quantity_posted(), giver_.records.at(id).quantity_posted());
    }
    ASSERT_EQ(posted_here, giver_.money.spent);
    ASSERT_EQ(mirrored_here, receiver_.money.received);
  }

  void CheckHealed() {
    ASSERT_EQ(giver_.money.spent, receiver_.money.received);
    ASSERT_EQ(giver_.money.held(), 0);
    ASSERT_EQ(receiver_.money.held(), 0);
    for (const auto& [id, record] : giver_.records) {
      ASSERT_EQ(record.state(), Record::SETTLED);
      const Record& other = receiver_.records.at(id);
      ASSERT_EQ(other.state(), record.voided() ? Record::VOIDED : Record::POSTED);
      ASSERT_EQ(other.quantity_posted(), record.quantity_posted());
      ++(record.voided() ? voided : posted);
      late_accepts += record.voided() && record.quantity_accepted() > 0 ? 1 : 0;
    }
  }

  int posted = 0;
  int voided = 0;
  int late_accepts = 0;

 protected:
  uint64_t Below(uint64_t limit) { return random_() % limit; }

  void Reserve() {
    if (giver_.records.size() == 5) return;
    std::string id(8, 't');
    AppendU64(id, random_() | 1);
    const uint64_t quantity = 1 + Below(120);
    if (giver_.money.fund - giver_.money.spent - giver_.money.held() <
        static_cast<int64_t>(quantity)) {
      return;
    }
    const auto own = DecideReserve({.transfer_id = id,
                                    .giver_origin = giver_.origin,
                                    .receiver_origin = receiver_.origin,
                                    .terms = id + " terms",
                                    .quantity = quantity,
                                    .quantity_min = 1 + Below(quantity),
                                    .hold_duration_s = 1 + static_cast<int64_t>(Below(200)),
                                    .accounts = {.debit = kFund, .credit = kCounter}});
    ASSERT_THAT(own, IsOk());
    giver_.Log(*own);
  }

  Record* Any(Party& ledger) {
    if (ledger.records.empty()) return nullptr;
    return &std::next(ledger.records.begin(),
                      static_cast<std::ptrdiff_t>(Below(ledger.records.size())))
                ->second;
  }

  // Mostly one that is allowed.
  uint64_t AnyQuantity(const Record& record) {
    if (Below(4) == 0) return Below(record.quantity() + 2);
    const uint64_t most = record.has_answer() ? record.quantity_accepted() : record.quantity();
    return most - Below(most - std::min(most, record.quantity_min()) + 1);
  }

  void Answer() {
    Record* record = Any(receiver_);
    if (record == nullptr) return;
    const auto own = Below(4) == 0 ? DecideReject(*record, v1::Reject::TERMS)
                                   : DecideAccept(*record, AnyQuantity(*record),
                                                  {.debit = kCounter, .credit = kFund});
    if (own.ok()) receiver_.Log(*own);
  }

  void Commit() {
    Record* record = Any(giver_);
    if (record == nullptr) return;
    const auto own =
        Below(5) == 0
            ? DecideVoid(*record, {.reason = v1::Void::CANCELLED, .ledger_time_us = giver_.time_us})
            : DecidePost(*record, AnyQuantity(*record));
    if (own.ok()) giver_.Log(*own);
  }

  void Expire() {
    for (auto& [id, record] : giver_.records) {
      if (!IsExpired(record, giver_.time_us)) continue;
      const auto own =
          DecideVoid(record, {.reason = v1::Void::EXPIRED, .ledger_time_us = giver_.time_us});
      ASSERT_THAT(own, IsOk());
      giver_.Log(*own);
    }
  }

  void Send(const Party& from, std::vector<Sent>& wire) {
    for (const Sent& sent : from.log) {
      if (Below(3) > 0) wire.push_back(sent);
    }
  }

  void Deliver(Party& to, std::vector<Sent>& wire) {
    for (uint64_t count = Below(6); count > 0 && !wire.empty(); --count) {
      const size_t at = Below(wire.size());
      const Sent sent = wire[at];
      if (Below(4) > 0) wire.erase(wire.begin() + static_cast<std::ptrdiff_t>(at));
      if (Below(5) > 0) to.Take(sent);
    }
  }

  std::mt19937_64 random_;
  Party giver_;
  Party receiver_;
  std::vector<Sent> to_receiver_;
  std::vector<Sent> to_giver_;
};

TEST(TransferPropertyTest, HonestLedgersAgreeWhateverTheNetworkDoes) {
  int posted = 0;
  int voided = 0;
  int late_accepts = 0;
  for (uint64_t seed = 0; seed < 10'000; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    for (int step = 0; step < 90; ++step) {
      ASSERT_NO_FATAL_FAILURE(world.Act());
      if (step % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(world.CheckAlways());
      }
    }
    ASSERT_NO_FATAL_FAILURE(world.Heal());
    ASSERT_NO_FATAL_FAILURE(world.CheckAlways());
    ASSERT_NO_FATAL_FAILURE(world.CheckHealed());
    posted += world.posted;
    voided += world.voided;
    late_accepts += world.late_accepts;
  }
  // All of the protocol must have been in play.
  EXPECT_GT(posted, 1000);
  EXPECT_GT(voided, 1000);
  EXPECT_GT(late_accepts, 100);
}

// A world in which either side may also send what it never logged.
class DishonestWorld : public World {
 public:
  using World::World;

  void Forge() {
    const bool to_receiver = Below(2) == 0;
    const Record* record = Any(to_receiver ? receiver_ : giver_);
    if (record == nullptr) return;
    Sent sent;
    sent.step.set_transfer_id(record->transfer_id());
    sent.step.set_giver_origin(giver_.origin);
    sent.step.set_receiver_origin(receiver_.origin);
    sent.step.set_terms_hash(Below(4) == 0 ? std::string(32, 'x') : record->terms_hash());
    sent.reference.set_index(1000 + Below(5));
    sent.reference.set_leaf_hash(std::string(32, 'f'));
    if (to_receiver) {
      ForgeGivers(*record, sent.step);
    } else {
      ForgeReceivers(*record, sent.step);
    }
    (to_receiver ? receiver_ : giver_).Take(sent);
  }

  // What holds for each side by itself, whatever the other does.
  void CheckEachSide() {
    ASSERT_GE(giver_.money.fund - giver_.money.spent, giver_.money.held());
    for (const auto& [id, record] : giver_.records) {
      const auto held = giver_.money.holds.find(id);
      ASSERT_EQ(HeldQuantity(record), held == giver_.money.holds.end() ? 0 : held->second);
      ASSERT_LE(record.quantity_posted(), record.quantity());
      if (record.quantity_posted() == 0) continue;
      ASSERT_GE(record.quantity_posted(), record.quantity_min());
      ASSERT_LE(record.quantity_posted(), record.quantity_accepted());
    }
    int64_t booked = 0;
    for (const auto& [id, record] : receiver_.records) {
      const auto held = receiver_.money.holds.find(id);
      ASSERT_EQ(HeldQuantity(record), held == receiver_.money.holds.end() ? 0 : held->second);
      ASSERT_LE(record.quantity_posted(), record.quantity_accepted());
      booked += static_cast<int64_t>(record.quantity_posted());
      evidence += record.evidence_size();
      if (record.has_terminal() && record.has_answer()) {
        ASSERT_EQ(HeldQuantity(record), 0);
      }
    }
    ASSERT_EQ(booked, receiver_.money.received);
  }

  int64_t evidence = 0;

 private:
  void ForgeGivers(const Record& record, Step& step) {
    switch (Below(4)) {
      case 0:
        step.mutable_void_()->set_reason(v1::Void::CANCELLED);
        return;
      case 1:
        step.mutable_settled();
        return;
      default:
        step.mutable_post()->set_quantity(Below(2 * record.quantity() + 2));
        if (Below(2) == 0) *step.mutable_post()->mutable_accept() = record.answer().reference();
    }
  }

  void ForgeReceivers(const Record& record, Step& step) {
    switch (Below(3)) {
      case 0:
        step.mutable_accept()->set_quantity(Below(2 * record.quantity()));
        *step.mutable_accept()->mutable_reserve() = record.reserve().reference();
        return;
      case 1:
        step.mutable_reject()->set_reason(v1::Reject::TERMS);
        *step.mutable_reject()->mutable_reserve() = record.reserve().reference();
        return;
      default:
        step.mutable_mirror()->set_quantity(Below(record.quantity() + 1));
        if (Below(2) == 0) {
          *step.mutable_mirror()->mutable_terminal() = record.terminal().reference();
        }
    }
  }
};

TEST(TransferPropertyTest, ADishonestPeerNeverBreaksTheOwnBooks) {
  int64_t evidence = 0;
  for (uint64_t seed = 0; seed < 3'000; ++seed) {
    SCOPED_TRACE(seed);
    DishonestWorld world(seed);
    for (int step = 0; step < 90; ++step) {
      ASSERT_NO_FATAL_FAILURE(world.Act());
      if (step % 3 == 0) {
        ASSERT_NO_FATAL_FAILURE(world.Forge());
      }
      if (step % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(world.CheckEachSide());
      }
    }
    ASSERT_NO_FATAL_FAILURE(world.Heal());
    ASSERT_NO_FATAL_FAILURE(world.CheckEachSide());
    evidence += world.evidence;
  }
  EXPECT_GT(evidence, 1000);
}

}  // namespace
}  // namespace ch8::books

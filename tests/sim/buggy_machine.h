#ifndef CH8_TESTS_SIM_BUGGY_MACHINE_H_
#define CH8_TESTS_SIM_BUGGY_MACHINE_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "services/books/books.h"
#include "services/books/rows.h"
#include "services/finance/core/machine.h"
#include "services/kernel/accounts.h"
#include "services/kernel/execute.h"
#include "services/logistics/core/machine.h"
#include "services/mandate/core/machine.h"
#include "services/witness/core/machine.h"
#include "tests/sim/bug.h"

namespace ch8::sim {

// The machine of a service, with a planted bug in what it decides.
std::unique_ptr<kernel::Machine> MachineOf(absl::string_view service, Bug bug);

// That of finance.
//
// Thread safety: as kernel::Machine.
class BuggyMachine final : public kernel::Machine {
 public:
  explicit BuggyMachine(Bug bug) : bug_(bug) {}

  absl::string_view domain() const override { return finance_.domain(); }
  const kernel::Routes& routes() const override { return finance_.routes(); }
  kernel::Verdict DecideDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                 const kernel::State& state) const override;
  std::vector<kernel::Event> DecideFact(const chapter8::mandate::v1::MandateEvent& fact,
                                        const kernel::State& state) const override {
    return finance_.DecideFact(fact, state);
  }
  std::vector<kernel::Event> DecideDue(const kernel::Context& context,
                                       const kernel::State& state) const override;
  void Apply(const kernel::Applied& applied, kernel::Rows& rows) const override {
    finance_.Apply(applied, rows);
  }

 private:
  const finance::FinanceMachine finance_;
  const Bug bug_;
};

// That of logistics.
//
// Thread safety: as kernel::Machine.
class BuggyGoods final : public kernel::Machine {
 public:
  explicit BuggyGoods(Bug bug) : bug_(bug) {}

  absl::string_view domain() const override { return logistics_.domain(); }
  const kernel::Routes& routes() const override { return logistics_.routes(); }
  kernel::Verdict DecideDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                 const kernel::State& state) const override;
  std::vector<kernel::Event> DecideFact(const chapter8::mandate::v1::MandateEvent& fact,
                                        const kernel::State& state) const override {
    return logistics_.DecideFact(fact, state);
  }
  std::vector<kernel::Event> DecideDue(const kernel::Context& context,
                                       const kernel::State& state) const override;
  void Apply(const kernel::Applied& applied, kernel::Rows& rows) const override {
    logistics_.Apply(applied, rows);
  }

 private:
  const logistics::LogisticsMachine logistics_;
  const Bug bug_;
};

// That of the mandate ledger, which gives a slice and keeps it as well.
//
// Thread safety: as kernel::Machine.
class CeilingPerLedger final : public kernel::Machine {
 public:
  absl::string_view domain() const override { return mandate_.domain(); }
  const kernel::Routes& routes() const override { return mandate_.routes(); }
  kernel::Verdict DecideDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                 const kernel::State& state) const override;
  std::vector<kernel::Event> DecideDue(const kernel::Context& context,
                                       const kernel::State& state) const override {
    return mandate_.DecideDue(context, state);
  }
  void Apply(const kernel::Applied& applied, kernel::Rows& rows) const override {
    mandate_.Apply(applied, rows);
  }

 private:
  const mandate::MandateMachine mandate_;
};

// That of the witness, which logs heads of other witnesses as well.
//
// Thread safety: as kernel::Machine.
class LogsWitnessHeads final : public kernel::Machine {
 public:
  absl::string_view domain() const override { return witness_.domain(); }
  const kernel::Routes& routes() const override { return witness_.routes(); }
  kernel::Verdict DecideDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                 const kernel::State& state) const override {
    return witness_.DecideDelivery(context, delivered, state);
  }
  std::vector<kernel::Event> DecideDue(const kernel::Context& context,
                                       const kernel::State& state) const override;
  void Apply(const kernel::Applied& applied, kernel::Rows& rows) const override {
    witness_.Apply(applied, rows);
  }

 private:
  const witness::WitnessMachine witness_;
};

// Rows in bulk, bound to the books. With a planted bug linked rows are applied one by one.
// `bytes`, `ids` and `books` outlive it. Errors: as books::PrepareBatch().
absl::StatusOr<std::unique_ptr<kernel::RowBatch>> BatchOf(absl::string_view bytes,
                                                          const books::PrepareParts& parts,
                                                          const books::IdIndex& older_ids,
                                                          books::Books& books, Bug bug);

// Books that apply one entry in sixteen twice.
class TwiceApplied final : public kernel::Accounts {
 public:
  explicit TwiceApplied(kernel::Accounts& books) : books_(books) {}

  uint32_t next_account() const override { return books_.next_account(); }
  absl::StatusOr<kernel::Balance> Find(uint32_t account) const override {
    return books_.Find(account);
  }
  absl::Status Check(const std::vector<Change>& changes) const override {
    return books_.Check(changes);
  }
  void Apply(const Change& change, uint64_t index) override;

 private:
  kernel::Accounts& books_;
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_BUGGY_MACHINE_H_

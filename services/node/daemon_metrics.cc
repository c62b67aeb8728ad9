#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "services/federation/core/peers.h"
#include "services/kernel/rows.h"
#include "services/node/daemon.h"
#include "services/trust/certificates.h"
#include "services/trust/files.h"
#include "services/witness/core/heads.h"

// What a scrape of the node's metrics shows. The names are listed with their meaning in the
// operator's guide; a name once published stays.
namespace ch8::node {
namespace {

using Type = MetricFamily::Type;

// One figure of each ledger.
struct LedgerFigure {
  const char* name;
  const char* help;
  Type type;
  double (*value)(LedgerHome& home);
};

constexpr LedgerFigure kLedgerFigures[] = {
    {"ch8_ledger_requests_total", "Requests handed to the ledger.", Type::kCounter,
     [](LedgerHome& home) { return static_cast<double>(home.sequencer().stats().requests); }},
    {"ch8_ledger_refused_for_load_total", "Requests refused because the queue was full.",
     Type::kCounter,
     [](LedgerHome& home) {
       return static_cast<double>(home.sequencer().stats().refused_for_load);
     }},
    {"ch8_ledger_queue_length", "Requests waiting to be decided.", Type::kGauge,
     [](LedgerHome& home) { return static_cast<double>(home.sequencer().stats().queued); }},
    {"ch8_ledger_commits_total", "Commits written.", Type::kCounter,
     [](LedgerHome& home) { return static_cast<double>(home.sequencer().stats().commits); }},
    {"ch8_ledger_syncs_total", "Syncs of the log to disk.", Type::kCounter,
     [](LedgerHome& home) { return static_cast<double>(home.sequencer().stats().syncs); }},
    {"ch8_history_behind_entries",
     "Durable entries that statements and earlier balances do not show yet.", Type::kGauge,
     [](LedgerHome& home) { return static_cast<double>(home.sequencer().stats().history_behind); }},
    {"ch8_ledger_seal_failures_total",
     "Seals that were due and not made, or whose sums are not kept. Alert at 1.", Type::kCounter,
     [](LedgerHome& home) { return static_cast<double>(home.sequencer().stats().seal_failures); }},
    {"ch8_ledger_durable_size", "Entries that survive a crash.", Type::kGauge,
     [](LedgerHome& home) { return static_cast<double>(home.ledger().durable_size()); }},
    {"ch8_ledger_signed_size", "Entries under the newest signed head.", Type::kGauge,
     [](LedgerHome& home) { return static_cast<double>(home.head_keeper().newest().size); }},
    {"ch8_ledger_signed_age_seconds", "Time since this process signed a head, or started.",
     Type::kGauge,
     [](LedgerHome& home) {
       return absl::ToDoubleSeconds(SystemClock().SinceBoot() -
                                    home.head_keeper().newest().signed_at);
     }},
    {"ch8_ledger_head_vouched", "1 while heads are signed, 0 while somebody must vouch.",
     Type::kGauge, [](LedgerHome& home) { return home.head_keeper().vouched() ? 1.0 : 0.0; }},
    {"ch8_ledger_barred",
     "1: what is stored was found to be altered; nothing is signed or taken. Alert at 1.",
     Type::kGauge, [](LedgerHome& home) { return home.barred() ? 1.0 : 0.0; }},
    {"ch8_ledger_evidence", "Proofs kept that another ledger signed two histories. Alert at 1.",
     Type::kGauge,
     [](LedgerHome& home) {
       const std::unique_ptr<Snapshot> snapshot = home.ledger().TakeSnapshot();
       return static_cast<double>(federation::CountEvidence(kernel::SnapshotRows(*snapshot)));
     }},
    {"ch8_ledger_disowned",
     "Ledgers whose owners revoked a key below what was cosigned here. Alert at 1.", Type::kGauge,
     [](LedgerHome& home) {
       const std::unique_ptr<Snapshot> snapshot = home.ledger().TakeSnapshot();
       return static_cast<double>(witness::CountDisowned(kernel::SnapshotRows(*snapshot)));
     }},
};

// How the feeds of each ledger do. Organizations are not named here: `ch8 inbox` does that.
void RenderFeeds(const std::vector<std::unique_ptr<federation::Feeds>>& feeds, std::string& out) {
  MetricFamily count{.name = "ch8_feeds", .help = "Other ledgers read.", .samples = {}};
  MetricFamily age{.name = "ch8_feed_age_seconds_max",
                   .help = "Longest time since one of them answered with what verifies.",
                   .samples = {}};
  MetricFamily failures{.name = "ch8_feed_verification_failures_total",
                        .help = "Answers that did not verify. Alert at 1.",
                        .type = Type::kCounter,
                        .samples = {}};
  double sources = 0;
  double oldest = 0;
  double failed = 0;
  for (const std::unique_ptr<federation::Feeds>& ledger : feeds) {
    for (const federation::FeedHealth& health : ledger->health()) {
      sources += 1;
      oldest = std::max(oldest, absl::ToDoubleSeconds(health.since_success));
      failed += static_cast<double>(health.verification_failures);
    }
  }
  count.samples.push_back({{}, sources});
  age.samples.push_back({{}, oldest});
  failures.samples.push_back({{}, failed});
  for (const MetricFamily* family : {&count, &age, &failures}) RenderFamily(*family, out);
}

// How much of each ledger some partner that is to keep it has no copy of: what it has it says.
void RenderDeposits(const std::vector<std::unique_ptr<LedgerHome>>& homes,
                    const std::vector<std::string>& keepers,
                    const federation::DepositHandler& deposits, std::string& out) {
  const auto kept = deposits.deposited();
  MetricFamily behind{.name = "ch8_deposit_behind_entries",
                      .help = "Entries of which a partner that is to keep copies has none yet.",
                      .samples = {}};
  for (const std::unique_ptr<LedgerHome>& home : homes) {
    if (keepers.empty()) break;
    const uint64_t size = home->ledger().durable_size();
    uint64_t most = 0;
    for (const std::string& keeper : keepers) {
      const auto copy = kept.find({home->ledger().origin(), keeper});
      const uint64_t has = copy == kept.end() ? 0 : std::min(copy->second, size);
      most = std::max(most, size - has);
    }
    behind.samples.push_back({{{"service", home->module().service}}, static_cast<double>(most)});
  }
  RenderFamily(behind, out);
}

// How far the stored ledgers are read again.
void RenderScrubs(const std::vector<std::unique_ptr<LedgerHome>>& homes, const Scrubber& scrubber,
                  std::string& out) {
  MetricFamily entries{.name = "ch8_scrub_entries_total",
                       .help = "Entries read again and held against tiles and heads.",
                       .type = Type::kCounter,
                       .samples = {}};
  MetricFamily age{
      .name = "ch8_scrub_pass_age_seconds",
      .help = "Time since the whole ledger was last found unaltered, or since the start.",
      .samples = {}};
  for (const std::unique_ptr<LedgerHome>& home : homes) {
    const Scrubber::Progress progress = scrubber.progress(home->ledger());
    entries.samples.push_back(
        {{{"service", home->module().service}}, static_cast<double>(progress.entries)});
    age.samples.push_back(
        {{{"service", home->module().service}}, absl::ToDoubleSeconds(progress.since_pass)});
  }
  RenderFamily(entries, out);
  RenderFamily(age, out);
}

void RenderGauge(const char* name, const char* help, double value, std::string& out) {
  RenderFamily({.name = name, .help = help, .samples = {{{}, value}}}, out);
}

}  // namespace

std::string Daemon::RenderMetrics() const {
  std::string out;
  counters_->Render(out);
  for (const LedgerFigure& figure : kLedgerFigures) {
    MetricFamily family{
        .name = figure.name, .help = figure.help, .type = figure.type, .samples = {}};
    for (const std::unique_ptr<LedgerHome>& home : homes_) {
      family.samples.push_back({{{"service", home->module().service}}, figure.value(*home)});
    }
    RenderFamily(family, out);
  }
  RenderFeeds(feeds_, out);
  RenderDeposits(homes_, config_.deposit_with, *deposit_handler_, out);
  RenderScrubs(homes_, *scrubber_, out);
  RenderGauge("ch8_disk_free_bytes", "Free space on the disk of the ledgers.",
              static_cast<double>(disk_->free_bytes()), out);
  const absl::StatusOr<std::string> pem = trust::ReadSmallFile(folder_.certificate_path());
  if (pem.ok()) {
    const absl::StatusOr<trust::CertificateFacts> facts = trust::DescribeCertificate(*pem);
    if (facts.ok()) {
      RenderGauge("ch8_certificate_expiry_seconds",
                  "Time until the node's TLS certificate ends; below 0 it has.",
                  absl::ToDoubleSeconds(facts->not_after - absl::Now()), out);
    }
  }
  return out;
}

}  // namespace ch8::node

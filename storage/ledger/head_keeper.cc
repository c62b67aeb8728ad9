#include "storage/ledger/head_keeper.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/durable_file.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/text_fields.h"

namespace ch8 {
namespace {

constexpr absl::Duration kSignInterval = absl::Milliseconds(100);
constexpr absl::string_view kHeadFormat = "ch8-signed-head/1";
constexpr absl::string_view kMarkerFormat = "ch8-boot-marker/1";
constexpr absl::string_view kBootIdPath = "/proc/sys/kernel/random/boot_id";

// Both files are lines of text, of which the last is the hash of those before.
std::string WithChecksum(std::string lines) {
  return absl::StrCat(lines, Sha256(lines).ToHex(), "\n");
}

// The lines before a correct checksum, or nothing.
std::optional<std::vector<std::string>> CheckedLines(absl::string_view bytes) {
  constexpr size_t kChecksumLine = 2 * Hash::kSize + 1;
  if (bytes.size() < kChecksumLine) return std::nullopt;
  const absl::string_view lines = bytes.substr(0, bytes.size() - kChecksumLine);
  if (WithChecksum(std::string(lines)) != bytes) return std::nullopt;
  return std::vector<std::string>(absl::StrSplit(absl::StripSuffix(lines, "\n"), '\n'));
}

std::string HeadLines(const SignedHead& head) {
  return absl::StrCat(head.size, "\n", head.root.ToHex(), "\n");
}

std::optional<SignedHead> ParseHead(absl::string_view size, absl::string_view root) {
  const absl::StatusOr<uint64_t> parsed_size = ParseDecimal(size);
  const absl::StatusOr<Hash> parsed_root = Hash::FromHex(root);
  if (!parsed_size.ok() || !parsed_root.ok()) return std::nullopt;
  return SignedHead{.size = *parsed_size, .root = *parsed_root};
}

// One marker per log and place: replicas of one log on one machine do not share it, and a log that
// was begun anew under an old name owes nothing to the old one.
std::string MarkerPath(const std::string& directory, const Hash& log_id,
                       const std::string& state_directory) {
  std::error_code ignored;
  const std::filesystem::path place = std::filesystem::weakly_canonical(state_directory, ignored);
  const Hash name = Sha256({log_id.view(), place.string()});
  return absl::StrCat(directory, "/", name.ToHex().substr(0, 32));
}

}  // namespace

HeadKeeper::HeadKeeper(const Options& options)
    : ledger_(options.ledger),
      key_(options.key),
      signs_above_(options.signs_above),
      rebuilt_size_(options.rebuilt_size),
      clock_(options.clock),
      head_path_(options.state_directory + "/signed_head"),
      marker_path_(MarkerPath(options.boot_marker_directory, options.ledger.log_id(),
                              options.state_directory)),
      opened_size_(options.ledger.durable_size()),
      boot_id_(options.boot_id),
      signed_at_(options.clock.SinceBoot()) {}

absl::StatusOr<std::unique_ptr<HeadKeeper>> HeadKeeper::Open(const Options& options) {
  std::error_code error;
  for (const std::string& directory : {options.state_directory, options.boot_marker_directory}) {
    std::filesystem::create_directories(directory, error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat("cannot create ", directory, ": ", error.message()));
    }
  }
  std::unique_ptr<HeadKeeper> keeper(new HeadKeeper(options));
  if (keeper->boot_id_.empty()) {
    ASSIGN_OR_RETURN(const std::optional<std::string> boot_id,
                     ReadFileIfPresent(std::string(kBootIdPath)));
    if (!boot_id.has_value()) {
      return absl::UnavailableError(absl::StrCat(kBootIdPath, " is missing"));
    }
    keeper->boot_id_ = std::string(absl::StripSuffix(*boot_id, "\n"));
  }
  std::lock_guard<std::mutex> lock(keeper->mutex_);
  RETURN_IF_ERROR(keeper->Judge());
  return keeper;
}

absl::Status HeadKeeper::Judge() {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored, ReadFileIfPresent(head_path_));
  if (stored.has_value()) {
    const std::optional<std::vector<std::string>> lines = CheckedLines(*stored);
    if (lines.has_value() && lines->size() == 4 && (*lines)[0] == kHeadFormat &&
        (*lines)[1] == ledger_.origin()) {
      head_ = ParseHead((*lines)[2], (*lines)[3]);
    }
    if (!head_.has_value()) {
      return absl::DataLossError(
          absl::StrCat(head_path_, " is damaged: it is not known which heads were signed"));
    }
  }
  ASSIGN_OR_RETURN(const std::optional<SignedHead> marker, ReadMarker());

  if (head_.has_value()) {
    if (ledger_.durable_size() < head_->size) {
      RefuseLocked(absl::StrCat("head ", head_->size, " is signed, but the log ends at ",
                                ledger_.durable_size(), ": entries from there on are missing"));
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const bool same, LogHas(*head_));
    if (!same) {
      RefuseLocked(absl::StrCat("the log has another root at size ", head_->size,
                                " than the head signed there"));
      return absl::OkStatus();
    }
  }
  return JudgeMarker(marker);
}

absl::Status HeadKeeper::JudgeMarker(const std::optional<SignedHead>& marker) {
  if (!marker.has_value()) {
    if (!head_.has_value() && ledger_.durable_size() == 1 && !NeedsOfficers()) {
      state_ = State::kVouched;
      return signs_above_ == 0 ? SignLocked().status() : absl::OkStatus();
    }
    state_ = State::kUnvouched;
    return absl::OkStatus();
  }
  const bool above = !head_.has_value() || marker->size > head_->size;
  if (above && ledger_.durable_size() < marker->size) {
    RefuseLocked(absl::StrCat("head ", marker->size, " was signed since this machine booted, but ",
                              head_path_, " says ", head_.has_value() ? head_->size : 0,
                              ": the state was restored and later entries may be missing"));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool same, LogHas(*marker));
  if (!same) {
    RefuseLocked(absl::StrCat("the log has another root at size ", marker->size,
                              " than the head signed there since this machine booted"));
    return absl::OkStatus();
  }
  state_ = NeedsOfficers() ? State::kUnvouched : State::kVouched;
  return above ? Persist(*marker) : absl::OkStatus();
}

void HeadKeeper::Refuse(absl::string_view why) {
  std::lock_guard<std::mutex> lock(mutex_);
  RefuseLocked(std::string(why));
}

void HeadKeeper::RefuseLocked(std::string why) {
  state_ = State::kRefused;
  why_ = std::move(why);
}

absl::StatusOr<bool> HeadKeeper::LogHas(const SignedHead& head) const {
  ASSIGN_OR_RETURN(const Hash root, ledger_.RootAt(head.size));
  return root == head.root;
}

// The marker of this boot, or nothing: one that is damaged or of another boot vouches for nothing.
absl::StatusOr<std::optional<SignedHead>> HeadKeeper::ReadMarker() const {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored, ReadFileIfPresent(marker_path_));
  if (!stored.has_value()) return std::nullopt;
  const std::optional<std::vector<std::string>> lines = CheckedLines(*stored);
  if (!lines.has_value() || lines->size() != 5 || (*lines)[0] != kMarkerFormat ||
      (*lines)[1] != boot_id_ || (*lines)[2] != ledger_.origin()) {
    return std::nullopt;
  }
  return ParseHead((*lines)[3], (*lines)[4]);
}

absl::Status HeadKeeper::Persist(const SignedHead& head) {
  RETURN_IF_ERROR(WriteFileDurably(
      head_path_,
      WithChecksum(absl::StrCat(kHeadFormat, "\n", ledger_.origin(), "\n", HeadLines(head)))));
  head_ = head;
  note_.clear();
  return WriteFileDurably(
      marker_path_, WithChecksum(absl::StrCat(kMarkerFormat, "\n", boot_id_, "\n", ledger_.origin(),
                                              "\n", HeadLines(head))));
}

absl::StatusOr<std::string> HeadKeeper::SignLocked() {
  RETURN_IF_ERROR(StateLocked());
  SignedHead head{.size = ledger_.durable_size(), .root = {}};
  if (head.size <= signs_above_) {
    return absl::FailedPreconditionError(absl::StrCat(
        ledger_.origin(), " has ", head.size, " entries, and its key signs heads above ",
        signs_above_, ": smaller ones are its predecessor's"));
  }
  if (head_.has_value() && head_->size == head.size && !note_.empty()) return note_;
  ASSIGN_OR_RETURN(head.root, ledger_.RootAt(head.size));
  RETURN_IF_ERROR(Persist(head));
  ASSIGN_OR_RETURN(
      std::string note,
      SignCheckpoint(
          {.origin = ledger_.origin(), .size = head.size, .root = head.root, .extension_lines = {}},
          key_));
  RETURN_IF_ERROR(ledger_.KeepNote(head.size, note));
  note_ = std::move(note);
  signed_at_ = clock_.SinceBoot();
  return note_;
}

absl::StatusOr<std::string> HeadKeeper::SignedNote() {
  std::lock_guard<std::mutex> lock(mutex_);
  return SignLocked();
}

absl::Status HeadKeeper::SignIfDue() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (state_ != State::kVouched) return absl::OkStatus();
  const bool grown = !head_.has_value() || head_->size != ledger_.durable_size();
  if (!grown || clock_.SinceBoot() - signed_at_ < kSignInterval) return absl::OkStatus();
  return SignLocked().status();
}

bool HeadKeeper::vouched() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return state_ == State::kVouched;
}

HeadKeeper::Newest HeadKeeper::newest() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return Newest{.size = head_.has_value() ? head_->size : 0, .signed_at = signed_at_};
}

absl::Status HeadKeeper::state() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return StateLocked();
}

absl::Status HeadKeeper::StateLocked() const {
  switch (state_) {
    case State::kVouched:
      return absl::OkStatus();
    case State::kUnvouched:
      return absl::FailedPreconditionError(
          absl::StrCat("nothing vouches yet that ", ledger_.origin(),
                       " was not rolled back: partners' witnesses are asked, or two "
                       "administrators must run the waive act"));
    case State::kRefused:
      return absl::DataLossError(absl::StrCat(ledger_.origin(), " signs nothing: ", why_));
  }
  return absl::InternalError("unknown state");
}

absl::Status HeadKeeper::Vouch() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (state_ == State::kRefused) return StateLocked();
  if (state_ != State::kVouched && NeedsOfficers()) {
    return absl::FailedPreconditionError(absl::StrCat(
        ledger_.origin(), " was made anew from a partner's copy: two administrators must vouch"));
  }
  state_ = State::kVouched;
  return absl::OkStatus();
}

absl::Status HeadKeeper::Waive(uint64_t waiver_index) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (state_ == State::kRefused) return StateLocked();
  if (state_ == State::kVouched) return absl::OkStatus();
  if (waiver_index < opened_size_) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the waiver at ", waiver_index, " vouched for an earlier start; a new one is needed"));
  }
  if (waiver_index >= ledger_.durable_size()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the waiver's entry ", waiver_index, " is not durable yet"));
  }
  state_ = State::kVouched;
  return absl::OkStatus();
}

}  // namespace ch8

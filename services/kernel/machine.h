#ifndef CH8_SERVICES_KERNEL_MACHINE_H_
#define CH8_SERVICES_KERNEL_MACHINE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "chapter8/type/v1/act_signature.pb.h"
#include "google/protobuf/message.h"
#include "services/kernel/accounts.h"
#include "services/kernel/bodies.h"
#include "services/kernel/command_stream.h"
#include "services/kernel/rows.h"
#include "services/kernel/witnessed.h"
#include "storage/base/hash.h"

// A machine is the pure half of a service: it decides commands and applies events, and does nothing
// else. No clock, randomness, threads, files or network; time and caller arrive in the context.
namespace ch8::kernel {

// Who calls, as authenticated by the edge.
struct Caller {
  chapter8::authz::v1::CallerKind kind = chapter8::authz::v1::CALLER_KIND_UNSPECIFIED;
  std::string trust_domain;  // "un.example"
  std::string id;            // "officer/j-doe", "node/1"
};

// One request, as received. Everything here is known before the sequencer sees it.
struct Command {
  std::string method;   // "/chapter8.finance.v1.FundService/CreateFund"
  std::string request;  // The exact bytes.
  Hash request_digest;  // SHA-256 of them.
  Hash request_salt;    // Random, for the salts of the entries it causes.
  Caller caller;
  std::string request_id;
  std::string post;  // As the request names it: "posts/x"; may be empty.
  enum class Mode { kExecute, kValidateOnly };
  Mode mode = Mode::kExecute;
  // The officer's signature, verified against its own key by the edge; whether that key is the
  // officer's is for the kernel to say.
  std::optional<chapter8::type::v1::ActSignature> act;
  std::string random;  // 16 random bytes, for ids that the decision must choose.
  // Optional. Whether the caller still waits: asked by reads that take long, until their outcome.
  std::function<bool()> is_wanted = nullptr;
  // Optional. The stream that the command is one of.
  std::shared_ptr<CommandStream> stream = nullptr;
};

// The officer on whose authority a decision rests, from the ledger's own rows.
struct Actor {
  std::string officer;  // "officers/j-doe"
  std::string post;     // "posts/chief-supply"
  uint64_t person = 0;
};

// What a decision may know beside the state.
struct Context {
  absl::Time time;           // The ledger's time: never decreases.
  std::string origin;        // "un.example/ch8/finance"
  std::string organization;  // "organizations/un"
  std::string trust_domain;  // "un.example"
  Actor actor;               // Empty for deliveries and what is due.
  std::string random;        // The command's, or fresh for what is due; empty for deliveries.
  uint64_t log_size = 0;     // Entries in the log, those of earlier commands of the group included.
};

// The state of one ledger, as a decision sees it.
struct State {
  const RowReader& rows;
  const Accounts& accounts;
  const BodyReader* bodies = nullptr;  // For reads alone: no decision rests on what can be erased.
};

// One entry to log. The kernel adds addresses, salt and tag.
struct Event {
  chapter8::ledger::v1::Entry entry;    // Kind, accounts and postings.
  std::vector<std::string> recipients;  // Trust domains that it is addressed to.
};

// An event of the service's own kind, addressed to nobody yet.
Event DomainEvent(const google::protobuf::Message& event);

// What a command does. `reply` is run on the state after the events are applied, and its bytes are
// kept for retries.
struct Decision {
  std::vector<Event> events;
  std::function<std::string(const State& state)> reply;
  std::vector<Body> bodies = {};  // Stored before the events are committed.
};

// One logged entry, as Apply sees it: live and in replay alike.
struct Applied {
  const chapter8::ledger::v1::Entry& entry;
  const chapter8::ledger::v1::Request& request;  // The Request entry it belongs to.
  uint64_t index = 0;
  Hash leaf_hash;
};

// Another ledger's entry, its proof verified, as a machine decides it.
struct Delivered {
  std::string origin;  // "au.example/ch8/finance"
  uint64_t index = 0;
  Hash leaf_hash;
  chapter8::ledger::v1::Entry entry;
};

// The machine's word on a delivered entry.
struct Verdict {
  chapter8::ledger::v1::Delivery::Verdict verdict = chapter8::ledger::v1::Delivery::ACCEPT;
  std::string reason;         // UPPER_SNAKE, for REFUSE and DEFER.
  std::vector<Event> events;  // For ACCEPT, and receipts for REFUSE.
};

// A body that another organization's ledger holds for us.
struct WantedBody {
  std::string origin;  // The ledger that may be asked for it.
  Hash digest;
};

// Where a read is answered from.
enum class ReadPath {
  kSnapshot,   // The newest durable rows, on the caller's thread.
  kSequenced,  // The sequencer's queue, because it reads balances.
};

// The rpcs of a service: method name to decision or read. Filled once at start.
class Routes {
 public:
  using Decide =
      std::function<absl::StatusOr<Decision>(const Context&, const Command&, const State&)>;
  // A read gets the caller's actor (officer and, when there is one, post) in its context.
  using Read =
      std::function<absl::StatusOr<std::string>(const Context&, absl::string_view, const State&)>;
  struct ReadRoute {
    Read read;
    ReadPath path = ReadPath::kSnapshot;
  };

  // `decide` is absl::StatusOr<Decision>(const Context&, const Request&, const State&).
  template <typename Request, typename F>
  void AddCommand(absl::string_view method, F decide);

  // `read` is absl::StatusOr<Response>(const Context&, const Request&, const State&).
  template <typename Request, typename F>
  void AddRead(absl::string_view method, ReadPath path, F read);

  const Decide* FindCommand(absl::string_view method) const;
  const ReadRoute* FindRead(absl::string_view method) const;

 private:
  std::map<std::string, Decide, std::less<>> commands_;
  std::map<std::string, ReadRoute, std::less<>> reads_;
};

// Thread safety: const methods may be called from any thread.
class Machine {
 public:
  virtual ~Machine() = default;

  // "finance.chapter8": the ErrorInfo domain of its refusals.
  virtual absl::string_view domain() const = 0;
  virtual const Routes& routes() const = 0;

  // Decides another ledger's entry. Total: bad bytes are refused, missing facts deferred.
  virtual Verdict DecideDelivery(const Context& context, const Delivered& delivered,
                                 const State& state) const = 0;

  // Own entries that follow from a fact of the organization's mandate ledger, which is about to be
  // logged.
  virtual std::vector<Event> DecideFact(const chapter8::mandate::v1::MandateEvent&,
                                        const State&) const {
    return {};
  }

  // What is due by the ledger's time (holds that ran out). At most 256 events a call; called again
  // while it returns any.
  virtual std::vector<Event> DecideDue(const Context& context, const State& state) const = 0;

  // Applies one entry's effect to the rows. Total and frozen: the same rows for an old entry for
  // ever. Facts, addresses, accounts and postings are applied by the kernel.
  virtual void Apply(const Applied& applied, Rows& rows) const = 0;

  // Whether nodes of `trust_domain` may fetch the body of `digest`. A machine without bodies gives
  // none.
  virtual bool MayFetchBody(absl::string_view, const Hash&, const RowReader&) const {
    return false;
  }
  // Whether any row names the body of `digest`; one that none does is of no use to anybody.
  virtual bool NamesBody(const Hash&, const RowReader&) const { return false; }
  // The bodies that deliveries have named and that are still of use, here already or not.
  virtual std::vector<WantedBody> WantedBodies(const RowReader&) const { return {}; }

  // What has to be witnessed of the ledger `origin` before all may be spent that came from it.
  virtual std::optional<WitnessesWanted> WantedWitnesses(absl::string_view,
                                                         const RowReader&) const {
    return std::nullopt;
  }
};

// Parses a request strictly: unknown fields anywhere, bad UTF-8 and malformed bytes are refused.
// Errors: kInvalidArgument with reason MALFORMED_REQUEST or UNKNOWN_FIELD.
absl::Status ParseStrict(absl::string_view bytes, google::protobuf::Message& message);

template <typename Request, typename F>
void Routes::AddCommand(absl::string_view method, F decide) {
  commands_.emplace(std::string(method),
                    [decide](const Context& context, const Command& command,
                             const State& state) -> absl::StatusOr<Decision> {
                      Request request;
                      const absl::Status parsed = ParseStrict(command.request, request);
                      if (!parsed.ok()) return parsed;
                      return decide(context, request, state);
                    });
}

template <typename Request, typename F>
void Routes::AddRead(absl::string_view method, ReadPath path, F read) {
  reads_.emplace(std::string(method),
                 ReadRoute{[read](const Context& context, absl::string_view bytes,
                                  const State& state) -> absl::StatusOr<std::string> {
                             Request request;
                             const absl::Status parsed = ParseStrict(bytes, request);
                             if (!parsed.ok()) return parsed;
                             auto response = read(context, request, state);
                             if (!response.ok()) return response.status();
                             return response->SerializeAsString();
                           },
                           path});
}

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_MACHINE_H_

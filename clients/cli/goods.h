#ifndef CH8_CLIENTS_CLI_GOODS_H_
#define CH8_CLIENTS_CLI_GOODS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/command.h"
#include "clients/cli/session.h"
#include "google/protobuf/duration.pb.h"

// The half of `ch8 request` and `ch8 offer` that is about goods. The commands are the same for
// money and goods; an id's kind, or what is asked for, says which ledger is meant.
namespace ch8::cli {

// How long an offer is held: --hold, or three days.
absl::StatusOr<google::protobuf::Duration> HoldOf(const Arguments& arguments);

absl::Status MakeGoodsRequest(const Arguments& arguments, Session& session);
absl::Status ShowGoodsRequest(const Arguments& arguments, Session& session);
absl::Status ListGoodsRequests(const Arguments& arguments, Session& session);
absl::Status WithdrawGoodsRequest(const Arguments& arguments, Session& session);

absl::Status MakeGoodsOffer(const Arguments& arguments, Session& session);
absl::Status ApproveGoodsOffer(const Arguments& arguments, Session& session);
absl::Status CancelGoodsOffer(const Arguments& arguments, Session& session);
absl::Status AcceptGoodsOffer(const Arguments& arguments, Session& session);
absl::Status RejectGoodsOffer(const Arguments& arguments, Session& session);
absl::Status ShowGoodsOffer(const Arguments& arguments, Session& session);
absl::Status WhyGoodsOffer(const Arguments& arguments, Session& session);
absl::Status ListGoodsOffers(const Arguments& arguments, Session& session);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_GOODS_H_

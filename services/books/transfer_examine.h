#ifndef CH8_SERVICES_BOOKS_TRANSFER_EXAMINE_H_
#define CH8_SERVICES_BOOKS_TRANSFER_EXAMINE_H_

#include <vector>

#include "services/books/transfer.h"

// Inside this library: what OnPeerStep() and ApplyStep() must see alike.
namespace ch8::books {

// What a step does to a record.
enum class Effect {
  kNone,          // Known already, or not this record's business.
  kAdvances,      // It becomes part of the record, with or without evidence.
  kEvidenceOnly,  // It contradicts the record and adds to the evidence, nothing else.
};
struct Finding {
  Effect effect = Effect::kNone;
  std::vector<v1::TransferEvidence> evidence;
};

// Compares a step with the record it belongs to. Frozen, as ApplyStep() is.
Finding Examine(const v1::TransferRecord& record, const PlacedStep& placed,
                absl::string_view own_origin);

bool IsTerminal(const v1::TransferStep& step);
bool SameReference(const v1::StepReference& a, const v1::StepReference& b);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_TRANSFER_EXAMINE_H_

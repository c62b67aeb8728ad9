#ifndef CH8_STORAGE_MERKLE_PROOF_H_
#define CH8_STORAGE_MERKLE_PROOF_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "storage/base/hash.h"
#include "storage/merkle/tree.h"

// Making and verifying the proofs of RFC 6962 §2.1.1 and §2.1.2, with the verification algorithms
// of RFC 9162 §2.1.3.2 and §2.1.4.2.
//
// Thread safety: all functions here are pure and may be called from any thread, as far as the
// NodeReader given to them may.
namespace ch8 {

// Names a complete subtree: the leaves [index << level, (index + 1) << level).
struct NodeId {
  int level = 0;
  uint64_t index = 0;

  friend bool operator==(const NodeId&, const NodeId&) = default;
};

// Where the makers of proofs read the tree from. They ask for complete nodes only, each wholly
// inside the size asked about; level 0 is the leaf hashes.
class NodeReader {
 public:
  virtual ~NodeReader() = default;

  // Errors: the reader's own, passed on unchanged by the functions below.
  virtual absl::StatusOr<Hash> ReadNode(int level, uint64_t index) const = 0;
};

// The nodes that a tree of `size` leaves splits into, largest first: those of Frontier::nodes().
std::vector<NodeId> FrontierNodes(uint64_t size);

// The frontier of the tree's first `size` leaves. At most 64 reads.
absl::StatusOr<Frontier> ReadFrontier(uint64_t size, const NodeReader& reader);

// The root over the tree's first `size` leaves; EmptyRoot() for none.
absl::StatusOr<Hash> RootAt(uint64_t size, const NodeReader& reader);

// Proves that the leaf at `index` is in the tree of `size` leaves: the siblings from the leaf
// upwards. Errors: kInvalidArgument unless index < size.
absl::StatusOr<std::vector<Hash>> InclusionProof(uint64_t index, uint64_t size,
                                                 const NodeReader& reader);

// Proves that the tree of `old_size` leaves is a prefix of that of `new_size`. Empty when the sizes
// are equal or old_size is 0. Errors: kInvalidArgument unless old_size <= new_size.
absl::StatusOr<std::vector<Hash>> ConsistencyProof(uint64_t old_size, uint64_t new_size,
                                                   const NodeReader& reader);

// OK iff `proof` proves that `leaf_hash` is the leaf at `index` of the tree of `size` leaves with
// this root. Errors: kInvalidArgument, saying what failed; a tree of size 0 holds nothing.
absl::Status VerifyInclusion(const Hash& leaf_hash, uint64_t index, uint64_t size,
                             absl::Span<const Hash> proof, const Hash& root);

// OK iff `proof` proves that the second tree extends the first. Errors: kInvalidArgument, saying
// what failed. Refuses every proof from an empty tree, for it proves nothing: a caller for whom
// "we have seen nothing yet" is a valid start uses VerifyExtension().
absl::Status VerifyConsistency(uint64_t old_size, const Hash& old_root, uint64_t new_size,
                               const Hash& new_root, absl::Span<const Hash> proof);

// VerifyConsistency() with the rule of C2SP tlog-witness for `old 0`: the empty tree is consistent
// with any tree, and the proof must be empty. Either tree, when of size 0, must have EmptyRoot().
absl::Status VerifyExtension(uint64_t old_size, const Hash& old_root, uint64_t new_size,
                             const Hash& new_root, absl::Span<const Hash> proof);

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_PROOF_H_

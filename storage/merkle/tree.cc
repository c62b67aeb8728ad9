#include "storage/merkle/tree.h"

#include <algorithm>
#include <array>
#include <bit>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace ch8 {

const Hash& EmptyRoot() {
  static const Hash kRoot = Sha256("");
  return kRoot;
}

Hash NodeHash(const Hash& left, const Hash& right) {
  // One buffer, so that OpenSSL is called once.
  std::array<char, 1 + 2 * Hash::kSize> buffer;
  buffer[0] = '\x01';
  const auto out = std::copy(left.bytes.begin(), left.bytes.end(), buffer.begin() + 1);
  std::copy(right.bytes.begin(), right.bytes.end(), out);
  return Sha256(absl::string_view(buffer.data(), buffer.size()));
}

absl::StatusOr<Frontier> Frontier::FromNodes(uint64_t size, std::vector<Hash> nodes) {
  if (nodes.size() != static_cast<size_t>(std::popcount(size))) {
    return absl::InvalidArgumentError(absl::StrCat("a tree of ", size, " leaves has ",
                                                   std::popcount(size), " frontier nodes, not ",
                                                   nodes.size()));
  }
  Frontier frontier;
  frontier.size_ = size;
  frontier.nodes_ = std::move(nodes);
  return frontier;
}

Hash Frontier::Root() const {
  if (nodes_.empty()) return EmptyRoot();
  Hash root = nodes_.back();
  for (size_t i = nodes_.size() - 1; i > 0; --i) root = NodeHash(nodes_[i - 1], root);
  return root;
}

}  // namespace ch8

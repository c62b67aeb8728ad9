#ifndef CH8_SERVICES_NODE_FILE_BODIES_H_
#define CH8_SERVICES_NODE_FILE_BODIES_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/kernel/bodies.h"

namespace ch8::node {

// Bodies as files, one each under its digest, encrypted with a random key of its own that lies in
// another folder:
//
//   <bodies>/<digest>  "C8B1", a nonce of 24 bytes, XChaCha20-Poly1305 over the bytes
//   <keys>/<digest>    the key, 32 bytes, mode 0600
//
// Without its key a body cannot be read, wherever else a copy of it lies: back up the bodies, never
// the keys. A body whose key alone is gone cannot be read and is not stored again.
//
// Erasing overwrites key and body where they lie, and removes them. No file system promises that
// nothing of them is left on its disk: keep the keys on an encrypted volume without snapshots.
//
// Thread safety: all methods may be called from any thread.
class FileBodies final : public kernel::BodyStore {
 public:
  struct Folders {
    std::string bodies;
    std::string keys;
  };
  // Makes the folders (mode 0700) if they are absent. Errors: kUnavailable.
  static absl::StatusOr<std::unique_ptr<FileBodies>> Open(const Folders& folders);

  absl::StatusOr<std::string> Get(const Hash& digest) const override;
  bool Has(const Hash& digest) const override;
  absl::Status Put(const kernel::Body& body) override;
  absl::Status Erase(const Hash& digest) override;

  // Removes, with their keys, the bodies that are not `named`: a crash between body and commit
  // leaves one that no entry names, a crash between an erasure's commit and Erase() one that is to
  // be gone. To be called before anything is put. Errors: kUnavailable.
  absl::Status Sweep(const std::function<bool(const Hash& digest)>& named);

  // Reads every body that is `named` and of which body or key lies here. One that neither does was
  // not fetched yet, or was erased. Errors: kDataLoss, naming the first that is damaged or lacks
  // one of the two; kUnavailable.
  absl::Status Check(const std::function<bool(const Hash& digest)>& named) const;

 private:
  explicit FileBodies(Folders folders) : folders_(std::move(folders)) {}

  std::string BodyPath(const Hash& digest) const { return folders_.bodies + "/" + digest.ToHex(); }
  std::string KeyPath(const Hash& digest) const { return folders_.keys + "/" + digest.ToHex(); }

  const Folders folders_;
  std::mutex mutex_;  // Of Put() and Erase(): a body and its key are of one writer.
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_FILE_BODIES_H_

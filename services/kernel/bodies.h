#ifndef CH8_SERVICES_KERNEL_BODIES_H_
#define CH8_SERVICES_KERNEL_BODIES_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/hash.h"

// Bodies: personal or marked content, which is in no entry and no row. The log holds a body's
// digest; the body lies in a store of its own, where it can be erased. Decide makes bodies, Apply
// never reads them, and only reads and the federation's fetch give them out.
namespace ch8::kernel {

// Of the content. With its salt a body fits into one federation message.
inline constexpr size_t kBodyContentSizeMax = 512 * 1024;

// What the log names by its digest: a secret salt and the content.
struct Body {
  Hash digest;        // SHA-256 of `bytes`.
  std::string bytes;  // The salt, 32 bytes, and the content.
};

// `salt` must be secret and fresh: with a known one a guess at the content can be checked against
// the log.
Body MakeBody(const Hash& salt, absl::string_view content);

// The content of a body's bytes. Errors: kDataLoss when they are not those of `digest`.
absl::StatusOr<std::string> ContentOf(const Hash& digest, absl::string_view bytes);

// Thread safety: all methods may be called from any thread.
class BodyReader {
 public:
  virtual ~BodyReader() = default;

  // The bytes of the body. Errors: kNotFound when it is not here or was erased; kDataLoss when what
  // is here is not it; kUnavailable.
  virtual absl::StatusOr<std::string> Get(const Hash& digest) const = 0;

  // Whether it lies here; true also when its key alone is gone: then it is not stored again.
  virtual bool Has(const Hash& digest) const = 0;
};

// Implementations: node::FileBodies, MemBodies.
class BodyStore : public BodyReader {
 public:
  // Durable when it returns OK. Storing what lies here, with or without its key, changes nothing.
  // Errors: kResourceExhausted (disk full), kUnavailable.
  virtual absl::Status Put(const Body& body) = 0;

  // Removes the body and its key: unreadable for good, here and in every copy of the store made
  // without its keys. Erasing what is not there changes nothing. Errors: kUnavailable.
  virtual absl::Status Erase(const Hash& digest) = 0;
};

// Bodies in memory, for tests and the simulator. Thread safety: none.
class MemBodies final : public BodyStore {
 public:
  absl::StatusOr<std::string> Get(const Hash& digest) const override;
  bool Has(const Hash& digest) const override;
  absl::Status Put(const Body& body) override;
  absl::Status Erase(const Hash& digest) override;

  size_t count() const { return bodies_.size(); }

 private:
  std::map<std::string, std::string> bodies_;  // By digest.
};

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_BODIES_H_

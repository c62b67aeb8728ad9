#include "services/node/file_bodies.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/trust/files.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

constexpr absl::string_view kMagic = "C8B1";
constexpr size_t kKeySize = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr size_t kNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagSize = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string Seal(const kernel::Body& body, absl::string_view key) {
  const std::string nonce = RandomBytes(kNonceSize);
  std::string sealed(body.bytes.size() + kTagSize, '\0');
  unsigned long long size = 0;  // NOLINT(google-runtime-int): libsodium's type.
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      reinterpret_cast<unsigned char*>(sealed.data()), &size, Bytes(body.bytes), body.bytes.size(),
      Bytes(body.digest.view()), body.digest.view().size(), nullptr, Bytes(nonce), Bytes(key));
  return absl::StrCat(kMagic, nonce, sealed);
}

absl::StatusOr<std::string> Unseal(const Hash& digest, absl::string_view file,
                                   absl::string_view key) {
  const absl::Status broken =
      absl::DataLossError(absl::StrCat("the body ", digest.ToHex(), " or its key is damaged"));
  if (key.size() != kKeySize || !absl::StartsWith(file, kMagic) ||
      file.size() < kMagic.size() + kNonceSize + kTagSize) {
    return broken;
  }
  const absl::string_view nonce = file.substr(kMagic.size(), kNonceSize);
  const absl::string_view sealed = file.substr(kMagic.size() + kNonceSize);
  std::string bytes(sealed.size() - kTagSize, '\0');
  unsigned long long size = 0;  // NOLINT(google-runtime-int): libsodium's type.
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      reinterpret_cast<unsigned char*>(bytes.data()), &size, nullptr, Bytes(sealed), sealed.size(),
      Bytes(digest.view()), digest.view().size(), Bytes(nonce), Bytes(key));
  if (opened != 0 || Sha256(bytes) != digest) return broken;
  return bytes;
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  }
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot create ", path, ": ", error.message()));
}

absl::Status SyncFolder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  return synced ? absl::OkStatus()
                : absl::UnavailableError(absl::StrCat("cannot sync the folder ", path));
}

// Overwrites a file where it lies and removes it. A journal, a snapshot, a copy-on-write file
// system or a disk's own remapping may keep what was there before. What is not there is gone
// already.
absl::Status Shred(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return absl::OkStatus();
  struct stat found = {};
  bool done = file >= 0 && ::fstat(file, &found) == 0;
  if (done) {
    const std::string noise = RandomBytes(static_cast<size_t>(found.st_size));
    done = ::pwrite(file, noise.data(), noise.size(), 0) == static_cast<ssize_t>(noise.size()) &&
           ::fdatasync(file) == 0 && ::unlink(path.c_str()) == 0;
  }
  const std::string why = done ? "" : strerror(errno);
  if (file >= 0) ::close(file);
  return done ? absl::OkStatus()
              : absl::UnavailableError(absl::StrCat("cannot remove ", path, ": ", why));
}

// What is no body's file, e.g. one half written, is not ours to judge.
absl::Status VisitDigests(
    const std::string& folder,
    const std::function<absl::Status(const Hash& digest, const std::string& path)>& visit) {
  std::error_code error;
  for (std::filesystem::directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error)) {
    const std::string name = each->path().filename().string();
    const auto digest = Hash::FromBytes(absl::HexStringToBytes(name));
    if (!digest.ok() || name != digest->ToHex()) continue;
    RETURN_IF_ERROR(visit(*digest, each->path().string()));
  }
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot list ", folder, ": ", error.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileBodies>> FileBodies::Open(const Folders& folders) {
  if (sodium_init() < 0) return absl::UnavailableError("libsodium does not start");
  RETURN_IF_ERROR(MakeFolder(folders.bodies));
  RETURN_IF_ERROR(MakeFolder(folders.keys));
  return std::unique_ptr<FileBodies>(new FileBodies(folders));
}

absl::StatusOr<std::string> FileBodies::Get(const Hash& digest) const {
  ASSIGN_OR_RETURN(const std::string key, trust::ReadSmallFile(KeyPath(digest)));
  ASSIGN_OR_RETURN(const std::string file, trust::ReadSmallFile(BodyPath(digest)));
  return Unseal(digest, file, key);
}

bool FileBodies::Has(const Hash& digest) const {
  return ::access(BodyPath(digest).c_str(), F_OK) == 0;
}

// The key first: a body without one would look erased.
absl::Status FileBodies::Put(const kernel::Body& body) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (Has(body.digest)) return absl::OkStatus();
  const std::string key = RandomBytes(kKeySize);
  RETURN_IF_ERROR(trust::WriteFileAtomically(KeyPath(body.digest), key, trust::kPrivateMode));
  return trust::WriteFileAtomically(BodyPath(body.digest), Seal(body, key), trust::kPrivateMode);
}

// The key first, and durably: what a crash leaves then is a body that nobody can read.
absl::Status FileBodies::Erase(const Hash& digest) {
  const std::lock_guard<std::mutex> lock(mutex_);
  RETURN_IF_ERROR(Shred(KeyPath(digest)));
  RETURN_IF_ERROR(SyncFolder(folders_.keys));
  RETURN_IF_ERROR(Shred(BodyPath(digest)));
  return SyncFolder(folders_.bodies);
}

absl::Status FileBodies::Sweep(const std::function<bool(const Hash& digest)>& named) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const std::string& folder : {folders_.keys, folders_.bodies}) {
    RETURN_IF_ERROR(VisitDigests(folder, [&](const Hash& digest, const std::string& path) {
      return named(digest) ? absl::OkStatus() : Shred(path);
    }));
    RETURN_IF_ERROR(SyncFolder(folder));
  }
  return absl::OkStatus();
}

absl::Status FileBodies::Check(const std::function<bool(const Hash& digest)>& named) const {
  for (const std::string& folder : {folders_.keys, folders_.bodies}) {
    RETURN_IF_ERROR(VisitDigests(folder, [&](const Hash& digest, const std::string&) {
      if (!named(digest)) return absl::OkStatus();
      const absl::Status read = Get(digest).status();
      if (!absl::IsNotFound(read)) return read;
      return absl::DataLossError(absl::StrCat("the body ", digest.ToHex(), " cannot be read: ",
                                              Has(digest) ? "its key" : "it", " is missing"));
    }));
  }
  return absl::OkStatus();
}

}  // namespace ch8::node

#ifndef CH8_STORAGE_BASE_SODIUM_H_
#define CH8_STORAGE_BASE_SODIUM_H_

namespace ch8 {

// Readies libsodium; to be called before any function of it. Aborts when it does not start.
//
// Thread safety: any thread, as often as wanted.
void InitSodium();

}  // namespace ch8

#endif  // CH8_STORAGE_BASE_SODIUM_H_

#ifndef CH8_TESTS_SIM_CHECKED_SIGNATURES_H_
#define CH8_TESTS_SIM_CHECKED_SIGNATURES_H_

namespace ch8::sim {

// A world checks each signature a dozen times, for a dozen readers, and that was two fifths of its
// time. So programs with the simulator in them ask libsodium once about each signature, and
// remember what it said: the linker puts a function of ours before crypto_sign_verify_detached().
//
// Begins anew, for another world.
void ForgetCheckedSignatures();

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_CHECKED_SIGNATURES_H_

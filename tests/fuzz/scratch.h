#ifndef CH8_TESTS_FUZZ_SCRATCH_H_
#define CH8_TESTS_FUZZ_SCRATCH_H_

#include <string>

#include "absl/strings/string_view.h"

// Files for the decoders that read them from a folder.
namespace ch8::fuzz {

// A folder of this process alone, removed at its end.
const std::string& ScratchFolder();

// Replaces the file `name` below it.
void ScratchFile(const std::string& name, absl::string_view content);

}  // namespace ch8::fuzz

#endif  // CH8_TESTS_FUZZ_SCRATCH_H_

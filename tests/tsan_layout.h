#ifndef CH8_TESTS_TSAN_LAYOUT_H_
#define CH8_TESTS_TSAN_LAYOUT_H_

// Included first in every file of a ThreadSanitizer build. Protobuf's and Abseil's headers give
// some classes other members when they see __SANITIZE_THREAD__ (map fields, for one), and then no
// longer fit Debian's libraries and the generated code, which are built without. The standard
// library's own use of it is settled by then.
#ifdef __cplusplus
#include <cstddef>
#endif
#undef __SANITIZE_THREAD__

#endif  // CH8_TESTS_TSAN_LAYOUT_H_

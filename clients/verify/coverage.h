#ifndef CH8_CLIENTS_VERIFY_COVERAGE_H_
#define CH8_CLIENTS_VERIFY_COVERAGE_H_

namespace ch8::verify {

// How much of a ledger an export discloses. All leaves are there in any case.
enum class Coverage {
  kComplete,  // Every payload: all can be checked that a log alone can show.
  kSample,    // Some of them: what rests on the others is left unchecked, and the report says so.
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_COVERAGE_H_

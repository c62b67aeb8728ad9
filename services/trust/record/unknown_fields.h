#ifndef CH8_SERVICES_TRUST_RECORD_UNKNOWN_FIELDS_H_
#define CH8_SERVICES_TRUST_RECORD_UNKNOWN_FIELDS_H_

#include <google/protobuf/message.h>

namespace ch8::trust {

// True when `message`, or a message inside it at any depth, was parsed from bytes with a field that
// its type does not know here. Signed statements are refused then: the signer vouched for something
// that we would not read. Any thread.
bool HasUnknownFields(const google::protobuf::Message& message);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_RECORD_UNKNOWN_FIELDS_H_

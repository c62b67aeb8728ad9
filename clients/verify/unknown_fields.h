#ifndef CH8_CLIENTS_VERIFY_UNKNOWN_FIELDS_H_
#define CH8_CLIENTS_VERIFY_UNKNOWN_FIELDS_H_

#include "google/protobuf/message.h"

namespace ch8::verify {

// Whether `message`, or a message within it, holds a field that this verifier does not know.
bool HasUnknownFields(const google::protobuf::Message& message);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_UNKNOWN_FIELDS_H_

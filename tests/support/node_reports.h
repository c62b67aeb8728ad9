#ifndef CH8_TESTS_SUPPORT_NODE_REPORTS_H_
#define CH8_TESTS_SUPPORT_NODE_REPORTS_H_

#include <string>

#include "chapter8/information/v1/information_service.pb.h"

namespace ch8::testing {

// What files a report with this narrative that is open to anybody, so that no agreement is needed.
chapter8::information::v1::FileReportRequest OpenReport(const std::string& narrative);

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_NODE_REPORTS_H_

#ifndef CH8_SERVICES_DIRECTORY_CORE_DIRECTORY_TEST_FIXTURE_H_
#define CH8_SERVICES_DIRECTORY_CORE_DIRECTORY_TEST_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/directory/core/machine.h"
#include "services/kernel/execute.h"
#include "storage/base/ed25519.h"
#include "storage/ledger/mem_ledger.h"

namespace ch8::directory {

// An organization record and the root key it is signed with.
class TestRecord {
 public:
  // "un" is organization un of un.example, with a key for its finance ledger.
  explicit TestRecord(const std::string& organization);

  std::string Signed() const;
  std::string Fingerprint() const;

  chapter8::directory::v1::OrganizationRecord record;
  SigningKey root = SigningKey::Generate();
};

// The genesis of un.example's directory: administrators admin-1 and admin-2, persons 1 and 2.
chapter8::ledger::v1::Genesis TestGenesis(const TestRecord& record);

// The key that signs the acts of `officer` in these tests: 32 bytes made from its name.
std::string TestKey(absl::string_view officer);

// A directory on a ledger in memory, run by the kernel's own executor.
class DirectoryTest : public ::testing::Test {
 protected:
  DirectoryTest();

  // Runs a command as `officer`, in a commit of its own.
  kernel::Outcome Run(absl::string_view officer, absl::string_view rpc,
                      const google::protobuf::Message& request);
  kernel::Outcome Read(absl::string_view officer, absl::string_view rpc,
                       const google::protobuf::Message& request);
  // The refusal's reason; "" when it went through.
  std::string Reason(absl::string_view officer, absl::string_view rpc,
                     const google::protobuf::Message& request);

  // Requests in order; they must go through.
  chapter8::directory::v1::Post AddPost(const std::string& id, const std::vector<int>& roles);
  struct OfficerParts {
    uint64_t person = 0;
    std::vector<std::string> posts;  // "posts/x"
  };
  chapter8::directory::v1::Officer AddOfficer(const std::string& id, const OfficerParts& parts);

  // Each step alone.
  static chapter8::directory::v1::CreatePostRequest PostRequest(const std::string& id,
                                                                const std::vector<int>& roles);
  static chapter8::directory::v1::CreateOfficerRequest OfficerRequest(const std::string& id,
                                                                      const OfficerParts& parts);
  static chapter8::directory::v1::ConfirmPostRequest ConfirmPostOf(const std::string& id);
  static chapter8::directory::v1::ConfirmOfficerRequest ConfirmOfficerOf(const std::string& id);
  static chapter8::directory::v1::SuspendOfficerRequest Suspend(const std::string& id);

  // What an rpc answered.
  template <typename Response>
  static Response ReplyOf(const kernel::Outcome& outcome) {
    Response response;
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    EXPECT_TRUE(response.ParseFromString(outcome.reply));
    return response;
  }

  // All rows of Table::kRows, as stored.
  std::vector<std::pair<std::string, std::string>> StoredRows() const;

  TestRecord own_{"un"};
  const DirectoryMachine machine_;
  kernel::NoAccounts accounts_;
  std::unique_ptr<MemLedger> ledger_;
  std::unique_ptr<kernel::Executor> executor_;
  absl::Time now_ = absl::FromUnixSeconds(1'772'409'600);  // 2 March 2026.

 private:
  kernel::Command CommandOf(absl::string_view officer, absl::string_view rpc,
                            const google::protobuf::Message& request);
  void Commit();

  int requests_ = 0;
};

}  // namespace ch8::directory

#endif  // CH8_SERVICES_DIRECTORY_CORE_DIRECTORY_TEST_FIXTURE_H_

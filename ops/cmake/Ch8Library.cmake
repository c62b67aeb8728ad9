# Declares libraries, programs and tests with the house's warnings and nothing implicit.
include_guard()

# One library of one layer.
#
#   ch8_library(finance_core
#     SRCS machine.cc pledges.cc
#     DEPS ch8::kernel ch8::proto_finance   # In our headers.
#     PRIVATE_DEPS absl::strings)           # Only in our .cc files.
#
# A library without SRCS has headers only.
function(ch8_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SRCS;DEPS;PRIVATE_DEPS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ch8_library(${name}): want SRCS DEPS PRIVATE_DEPS")
  endif()
  if(arg_SRCS)
    add_library(ch8_${name} STATIC ${arg_SRCS})
    target_include_directories(ch8_${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(ch8_${name}
      PUBLIC ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS} ch8_warnings)
  else()
    add_library(ch8_${name} INTERFACE)
    target_include_directories(ch8_${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(ch8_${name} INTERFACE ${arg_DEPS})
  endif()
  add_library(ch8::${name} ALIAS ch8_${name})
endfunction()

# One program, into build/PRESET/bin/<name>.
#
#   ch8_program(ch8d SRCS main.cc DEPS ch8::node)
function(ch8_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SRCS;DEPS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SRCS)
    message(FATAL_ERROR "ch8_program(${name}): want SRCS [DEPS]")
  endif()
  add_executable(${name} ${arg_SRCS})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} ch8_warnings)
endfunction()

# One GoogleTest binary, registered with CTest as one test (each binary prints its own cases).
#
#   ch8_test(storage_merkle_test LABELS fast data
#     SRCS tree_test.cc note_test.cc
#     DEPS ch8::merkle)
#
# Labels: fast | slow say when it runs; data marks tests that read CH8_DATA; asan, tsan name the
# sanitizer builds it also runs in.
function(ch8_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SRCS;DEPS;LABELS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SRCS OR NOT arg_LABELS)
    message(FATAL_ERROR "ch8_test(${name}): want SRCS LABELS [DEPS] [TIMEOUT]")
  endif()
  add_executable(${name} ${arg_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} GTest::gmock GTest::gtest_main ch8_warnings)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES
    LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "CH8_SOURCE_DIR=${PROJECT_SOURCE_DIR};CH8_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endfunction()

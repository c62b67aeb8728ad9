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

# Building tests_<label> builds every test of that label and the programs it starts.
set(CH8_TEST_LABELS fast slow data asan tsan sim fuzz check)
foreach(label IN LISTS CH8_TEST_LABELS)
  add_custom_target(tests_${label})
endforeach()

# One GoogleTest binary, registered with CTest as one test (each binary prints its own cases).
#
#   ch8_test(storage_merkle_test LABELS fast data
#     SRCS tree_test.cc note_test.cc
#     DEPS ch8::merkle
#     PROGRAMS ch8d)
#
# Labels: fast | slow say when it runs; data marks tests that read CH8_DATA; asan, tsan name the
# sanitizer builds it also runs in; sim, fuzz and check are kinds. PROGRAMS are targets it starts.
# TIMEOUT is in seconds, 120 if not given.
function(ch8_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SRCS;DEPS;LABELS;PROGRAMS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SRCS OR NOT arg_LABELS)
    message(FATAL_ERROR "ch8_test(${name}): want SRCS LABELS [DEPS] [PROGRAMS] [TIMEOUT]")
  endif()
  add_executable(${name} ${arg_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} GTest::gmock GTest::gtest_main ch8_warnings)
  add_test(NAME ${name} COMMAND ${name})
  ch8_register_test(${name} "${arg_LABELS}" "${name};${arg_PROGRAMS}" "${arg_TIMEOUT}")
endfunction()

# One test that is a command, e.g. a script that drives our programs from outside.
#
#   ch8_script_test(python_client_test LABELS slow
#     COMMAND ${PROJECT_SOURCE_DIR}/tests/integration/python_client_test
#     PROGRAMS ch8d ch8)
function(ch8_script_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "COMMAND;LABELS;PROGRAMS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_COMMAND OR NOT arg_LABELS)
    message(FATAL_ERROR "ch8_script_test(${name}): want COMMAND LABELS [PROGRAMS] [TIMEOUT]")
  endif()
  add_test(NAME ${name} COMMAND ${arg_COMMAND})
  ch8_register_test(${name} "${arg_LABELS}" "${arg_PROGRAMS}" "${arg_TIMEOUT}")
endfunction()

# What the two above share: labels, environment, and which targets a label needs.
function(ch8_register_test name labels targets timeout)
  foreach(label IN LISTS labels)
    if(NOT label IN_LIST CH8_TEST_LABELS)
      message(FATAL_ERROR "${name}: label ${label} is not one of ${CH8_TEST_LABELS}")
    endif()
    foreach(target IN LISTS targets)
      if(target)
        add_dependencies(tests_${label} ${target})
      endif()
    endforeach()
  endforeach()
  if(NOT timeout)
    set(timeout 120)
  endif()
  set(environment
    CH8_SOURCE_DIR=${PROJECT_SOURCE_DIR}
    CH8_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
    TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp
    UBSAN_OPTIONS=print_stacktrace=1)
  set_tests_properties(${name} PROPERTIES
    LABELS "${labels}" TIMEOUT ${timeout} ENVIRONMENT "${environment}")
endfunction()

# Declares one proto package as two libraries:
#
#   ch8_proto_library(finance
#     PROTOS chapter8/finance/v1/fund.proto chapter8/finance/v1/fund_service.proto
#     SERVICES chapter8/finance/v1/fund_service.proto
#     DEPS type authz)
#
# ch8::proto_finance has the messages (headers under gen/msg), ch8::grpc_finance the stubs (headers
# under gen/rpc), so that a library which links messages only cannot include a stub. DEPS are other
# proto packages. Paths are relative to proto/, or to ROOT if it is given. Generated code is
# compiled without warnings and without sanitizers: protoc's code is not ours to check.
include_guard()

find_program(CH8_PROTOC protoc REQUIRED)
find_program(CH8_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)

function(ch8_proto_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ROOT" "PROTOS;SERVICES;DEPS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_PROTOS)
    message(FATAL_ERROR "ch8_proto_library(${name}): want PROTOS [SERVICES] [DEPS]")
  endif()
  set(root ${PROJECT_SOURCE_DIR}/proto)
  set(path --proto_path=${root})
  if(arg_ROOT)
    set(root ${arg_ROOT})
    list(PREPEND path --proto_path=${root})
  endif()
  set(msg ${PROJECT_BINARY_DIR}/gen/msg)
  set(rpc ${PROJECT_BINARY_DIR}/gen/rpc)
  file(MAKE_DIRECTORY ${msg} ${rpc})

  set(sources)
  foreach(proto IN LISTS arg_PROTOS)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    add_custom_command(
      OUTPUT ${msg}/${stem}.pb.cc ${msg}/${stem}.pb.h
      COMMAND ${CH8_PROTOC} ${path} --cpp_out=${msg} ${proto}
      DEPENDS ${root}/${proto}
      VERBATIM)
    list(APPEND sources ${msg}/${stem}.pb.cc ${msg}/${stem}.pb.h)
  endforeach()
  add_library(ch8_proto_${name} STATIC ${sources})
  add_library(ch8::proto_${name} ALIAS ch8_proto_${name})
  target_include_directories(ch8_proto_${name} SYSTEM PUBLIC ${msg})
  target_compile_options(ch8_proto_${name} PRIVATE -O1 -g1 -w -fno-sanitize=all)
  target_link_libraries(ch8_proto_${name} PUBLIC protobuf::libprotobuf)
  foreach(dep IN LISTS arg_DEPS)
    target_link_libraries(ch8_proto_${name} PUBLIC ch8::proto_${dep})
  endforeach()

  if(NOT arg_SERVICES)
    return()
  endif()
  set(stubs)
  foreach(proto IN LISTS arg_SERVICES)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    add_custom_command(
      OUTPUT ${rpc}/${stem}.grpc.pb.cc ${rpc}/${stem}.grpc.pb.h
      COMMAND ${CH8_PROTOC} ${path} --grpc_out=${rpc}
        --plugin=protoc-gen-grpc=${CH8_GRPC_PLUGIN} ${proto}
      DEPENDS ${root}/${proto}
      VERBATIM)
    list(APPEND stubs ${rpc}/${stem}.grpc.pb.cc ${rpc}/${stem}.grpc.pb.h)
  endforeach()
  add_library(ch8_grpc_${name} STATIC ${stubs})
  add_library(ch8::grpc_${name} ALIAS ch8_grpc_${name})
  set_target_properties(ch8_grpc_${name} PROPERTIES UNITY_BUILD ON)
  target_include_directories(ch8_grpc_${name} SYSTEM PUBLIC ${rpc})
  target_compile_options(ch8_grpc_${name} PRIVATE -O1 -g1 -w -fno-sanitize=all)
  target_link_libraries(ch8_grpc_${name} PUBLIC ch8::proto_${name} gRPC::grpc++ gpr)
endfunction()

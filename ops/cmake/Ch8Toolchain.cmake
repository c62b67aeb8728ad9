# Build types, warnings, linker, compiler cache and sanitizers for our own code.
include_guard()

# Dev: quick to compile, asserts on, enough optimisation that crypto-heavy tests stay short.
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")
set(CMAKE_EXE_LINKER_FLAGS_DEV "")
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1")

# What was compiled in another checkout serves here too: paths below the project are taken as
# relative to it, and the folder compiled in is none of the cache's business.
find_program(CH8_CCACHE ccache)
if(CH8_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CH8_CCACHE})
endif()
find_program(CH8_MOLD mold)
if(CH8_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL Clang AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  add_compile_options(-include ${PROJECT_SOURCE_DIR}/tests/clang_source_location.h)
endif()

add_library(ch8_warnings INTERFACE)
target_compile_options(ch8_warnings INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Wcast-qual -Wswitch
  # g++ 12 at -O3 takes what an empty std::optional would hold for read.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-maybe-uninitialized>)

if(CH8_SANITIZE)
  add_compile_options(-fsanitize=${CH8_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CH8_SANITIZE})
  if(CH8_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
  if(CH8_SANITIZE MATCHES thread)
    add_compile_options(-include ${PROJECT_SOURCE_DIR}/tests/tsan_layout.h)
  endif()
endif()

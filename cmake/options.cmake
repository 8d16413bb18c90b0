# What can be switched, and the flags with which we compile our own sources. None of it reaches a consumer: the only
# usage requirements of the libraries are C++20, the include folder and Threads.

option(WENGERT_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(WENGERT_BUILD_CLI "Build the wengert command" ${PROJECT_IS_TOP_LEVEL})
option(WENGERT_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(WENGERT_BUILD_BENCHMARKS "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(WENGERT_INSTALL "Generate the install and package rules" ${PROJECT_IS_TOP_LEVEL})
option(WENGERT_WARNINGS "Compile our own sources with warnings" ${PROJECT_IS_TOP_LEVEL})
option(WENGERT_WERROR "Treat those warnings as errors (the presets do)" OFF)
set(WENGERT_SANITIZE "" CACHE STRING "Value for -fsanitize=, for example address,undefined or thread")
option(WENGERT_FUZZ "Build the fuzzers (clang)" OFF)
option(WENGERT_COVERAGE "Instrument for gcov" OFF)
option(WENGERT_MUTATION "Compile the mutants in that scripts/mutation switches on, one at a time" OFF)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "Wengert needs g++ 12 or newer; this is ${CMAKE_CXX_COMPILER_VERSION} (${CMAKE_CXX_COMPILER})")
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  message(FATAL_ERROR "Wengert needs clang 16 or newer; this is ${CMAKE_CXX_COMPILER_VERSION} (${CMAKE_CXX_COMPILER})")
endif()

find_package(Threads REQUIRED)

# Settings of the whole build tree belong to whoever owns it.
if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
  endif()
  set(CMAKE_CXX_EXTENSIONS OFF)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  find_program(WENGERT_CCACHE ccache)
  if(WENGERT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # With precompiled headers ccache works only if told that they may be trusted, and it must look at the files that they
    # are made of, not at what is left without comments: g++ knows a header of a precompiled one by its text.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${WENGERT_CCACHE})
  endif()
  if(WENGERT_SANITIZE)
    add_compile_options(-fsanitize=${WENGERT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${WENGERT_SANITIZE})
  endif()
  if(WENGERT_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
  if(WENGERT_MUTATION)
    add_compile_definitions(WENGERT_MUTATION)
  endif()
  if(WENGERT_COVERAGE)
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
  endif()
endif()

# Our own targets: libraries, command, tests, examples, benchmarks.
function(wengert_compile_options target)
  if(WENGERT_WARNINGS)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      # g++ 12 reports std::string + literal as overlapping memory (GCC bug 105651, mended in 13).
      target_compile_options(${target} PRIVATE -Wno-restrict)
    endif()
    if(WENGERT_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # Instrumented code loses the flow facts that this warning rests on.
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    endif()
  endif()
  if(WENGERT_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# wengert_precompile(<target> <header>...): what the sources of a target all include is parsed once. In our own build and
# with g++ alone: builds by clang see to it that each file includes what it uses.
option(WENGERT_PRECOMPILE "Precompile the headers that many sources share" ON)
if(PROJECT_IS_TOP_LEVEL AND WENGERT_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(WENGERT_PRECOMPILES ON)
else()
  set(WENGERT_PRECOMPILES OFF)
endif()
# g++ 12 takes inlined std::string code for overflows, as with -Wrestrict, when it comes from a precompiled header.
set(WENGERT_PRECOMPILED_OPTIONS -Wno-stringop-overflow -Wno-array-bounds)
function(wengert_precompile target)
  if(WENGERT_PRECOMPILES)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    target_compile_options(${target} PRIVATE ${WENGERT_PRECOMPILED_OPTIONS})
  endif()
endfunction()

# Python for checks and tests: Debian's own, which has the packages of scripts/setup; another one may shadow it on PATH.
find_program(WENGERT_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(WENGERT_PYTHON NAMES python3)
mark_as_advanced(WENGERT_PYTHON WENGERT_CCACHE)

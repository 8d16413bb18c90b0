# How the benchmark of programs is put together; also included by builds outside this repository that add contestants:
#
#   program_add_benchmark(<target>)                                    the harness and the workloads in doubles
#   program_add_contestant(<target> <header> <class> <libraries>...)   one contestant on all workloads
include(${CMAKE_CURRENT_LIST_DIR}/../race/race.cmake)
set(PROGRAM_DIRECTORY ${CMAKE_CURRENT_LIST_DIR})

# name ; header below benchmarks/ ; class
set(PROGRAM_WORKLOADS
    "path|race/workloads/path.hpp|race::Path"
    "black_scholes|program/workloads/black_scholes.hpp|BlackScholes"
    "ba|race/workloads/ba.hpp|race::BundleAdjustment"
    "libor|program/workloads/libor.hpp|Libor"
    "walk_10|program/workloads/walk.hpp|Walk<10>"
    "walk_100|program/workloads/walk.hpp|Walk<100>"
    "walk_1000|program/workloads/walk.hpp|Walk<1000>"
    "walk_10000|program/workloads/walk.hpp|Walk<10000>"
    "walk_100000|program/workloads/walk.hpp|Walk<100000>")

function(program_flags target)
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/include)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE ${RACE_OPTIONS})
endfunction()

function(program_add_contestant target contestant_header contestant_class)
  string(REGEX REPLACE "[^A-Za-z0-9]" "_" name ${contestant_class})
  set(library ${target}_${name})
  add_library(${library} OBJECT)
  foreach(line IN LISTS PROGRAM_WORKLOADS)
    string(REPLACE "|" ";" parts "${line}")
    list(GET parts 0 workload)
    list(GET parts 1 workload_header)
    list(GET parts 2 workload_class)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${library}/${workload}.cpp)
    configure_file(${PROGRAM_DIRECTORY}/entry.cpp.in ${source} @ONLY)
    target_sources(${library} PRIVATE ${source})
  endforeach()
  program_flags(${library})
  target_link_libraries(${library} PRIVATE ${ARGN})
  target_link_libraries(${target} PRIVATE ${library} ${ARGN})
endfunction()

function(program_add_benchmark target)
  add_executable(${target} ${PROGRAM_DIRECTORY}/main.cpp ${PROGRAM_DIRECTORY}/contestants/by_hand_path.cpp
                           ${RACE_DIRECTORY}/measure.cpp)
  program_flags(${target})
  set_source_files_properties(${PROGRAM_DIRECTORY}/contestants/by_hand_path.cpp
                              PROPERTIES COMPILE_OPTIONS "-ffast-math;-fopenmp-simd")
  race_flags(flags)
  target_compile_definitions(${target} PRIVATE "BENCH_FLAGS=\"${flags}\"")
  program_add_contestant(${target} wengert/benchmarks/program/contestants/primal.hpp Primal)
endfunction()

# How the race is put together; also included by builds outside this repository that add tapes of their own:
#
#   race_add_program(<target>)                              the harness and the fourteen workloads
#   race_add_tape(<target> <header> <class> <libraries>...) one tape on all workloads; <header> as written in #include
#
# Headers of this repository are found as wengert/..., through a link in the build tree.
#
# Every pair of tape and workload is a translation unit of its own, so that inlining does not depend on its neighbours.
set(RACE_DIRECTORY ${CMAKE_CURRENT_LIST_DIR})
set(RACE_OPTIONS -march=native CACHE STRING "Compiler options of the race besides those of the build type")

if(NOT EXISTS ${CMAKE_BINARY_DIR}/include/wengert)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include)
  cmake_path(GET RACE_DIRECTORY PARENT_PATH benchmarks)
  cmake_path(GET benchmarks PARENT_PATH root)
  file(CREATE_LINK ${root} ${CMAKE_BINARY_DIR}/include/wengert SYMBOLIC)
endif()

# header of the workload : its class
set(RACE_WORKLOADS
    chain1:Chain1 chain4:Chain4 chainma:ChainMulAdd speel:Speelpenning rosen:Rosenbrock gmm_d10_K25:GmmD10K25
    gmm_d2_K5:GmmD2K5 lstm:Lstm burgers:Burgers laxw:LaxWendroff mlp64:Mlp64 mazur:Mazur path:Path
    ba:BundleAdjustment)

function(race_configure target template directory)
  foreach(pair IN LISTS RACE_WORKLOADS)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 header)
    list(GET pair 1 class)
    configure_file(${RACE_DIRECTORY}/${template} ${CMAKE_CURRENT_BINARY_DIR}/${directory}/${header}.cpp @ONLY)
    target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${directory}/${header}.cpp)
  endforeach()
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/include)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE ${RACE_OPTIONS})
endfunction()

function(race_add_program target)
  add_executable(${target} ${RACE_DIRECTORY}/main.cpp ${RACE_DIRECTORY}/measure.cpp ${RACE_DIRECTORY}/report.cpp)
  race_configure(${target} function.cpp.in ${target}_functions)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}}" flags)
  list(JOIN RACE_OPTIONS " " options)
  set_property(SOURCE ${RACE_DIRECTORY}/main.cpp APPEND PROPERTY
               COMPILE_DEFINITIONS "RACE_FLAGS=\"${flags} ${options}\"")
endfunction()

function(race_add_tape target tape_header tape_class)
  string(REGEX REPLACE "[^A-Za-z0-9]" "_" name ${tape_class})
  set(library ${target}_${name})
  add_library(${library} OBJECT)
  race_configure(${library} entry.cpp.in ${library})
  target_link_libraries(${library} PRIVATE ${ARGN})
  target_link_libraries(${target} PRIVATE ${library} ${ARGN})
endfunction()

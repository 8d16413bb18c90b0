# How the race is put together; also included by builds outside this repository that add tapes of their own:
#
#   race_add_program(<target>)                              the harness and the fourteen workloads
#   race_add_tape(<target> <header> <class> <libraries>...  one tape; <header> as written in #include
#                 [WORKLOADS <header of a workload>...])    on these workloads only; default: on all
#   race_add_packaged_tapes(<target>)                       Wengert and the peers that Debian packages, if installed
#
# RACE_OPTIONS, a cache entry or a variable of the caller, are the compiler options of what is added.
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

# race_configure(<target> <template> <folder> [<header of a workload>...])
function(race_configure target template directory)
  foreach(pair IN LISTS RACE_WORKLOADS)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 header)
    list(GET pair 1 class)
    if(ARGN AND NOT header IN_LIST ARGN)
      continue()
    endif()
    configure_file(${RACE_DIRECTORY}/${template} ${CMAKE_CURRENT_BINARY_DIR}/${directory}/${header}.cpp @ONLY)
    target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${directory}/${header}.cpp)
  endforeach()
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/include)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE ${RACE_OPTIONS})
endfunction()

# race_flags(<variable>): the compiler options of what is added, as text.
function(race_flags variable)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  list(JOIN RACE_OPTIONS " " options)
  string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} ${options}" flags)
  set(${variable} "${flags}" PARENT_SCOPE)
endfunction()

function(race_add_program target)
  add_executable(${target} ${RACE_DIRECTORY}/main.cpp ${RACE_DIRECTORY}/measure.cpp ${RACE_DIRECTORY}/report.cpp)
  race_configure(${target} function.cpp.in ${target}_functions)
  race_flags(flags)
  target_compile_definitions(${target} PRIVATE "RACE_FLAGS=\"${flags}\"")
endfunction()

function(race_add_tape target tape_header tape_class)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "WORKLOADS")
  string(REGEX REPLACE "[^A-Za-z0-9]" "_" name ${tape_class})
  set(library ${target}_${name})
  add_library(${library} OBJECT)
  race_configure(${library} entry.cpp.in ${library} ${arg_WORKLOADS})
  target_link_libraries(${library} PRIVATE ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PRIVATE ${library} ${arg_UNPARSED_ARGUMENTS})
endfunction()

# What Debian packages, found once. RAD needs the headers of Sacado only; without their configuration header they do not
# ask for Kokkos either. Ceres is used for its jets, which are headers over Eigen.
find_path(ADOLC_INCLUDE_DIR adolc/adolc.h)
find_library(ADOLC_LIBRARY adolc)
find_path(SACADO_INCLUDE_DIR Sacado_trad.hpp PATH_SUFFIXES trilinos)
find_path(EIGEN_INCLUDE_DIR unsupported/Eigen/AutoDiff PATH_SUFFIXES eigen3)
find_path(CERES_INCLUDE_DIR ceres/jet.h)

function(race_add_headers name include_dir)
  if(NOT TARGET ${name})
    add_library(${name} INTERFACE)
    target_include_directories(${name} SYSTEM INTERFACE ${include_dir} ${ARGN})
  endif()
endfunction()

# A forward mode carries one derivative an input, so it takes part where inputs are few; their number is part of its type.
function(race_add_forward_tape target header class library)
  foreach(pair mazur:10 path:5 ba:15)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 workload)
    list(GET pair 1 inputs)
    race_add_tape(${target} ${header} "${class}<${inputs}>" ${library} WORKLOADS ${workload})
  endforeach()
endfunction()

function(race_add_packaged_tapes target)
  set(tapes wengert/benchmarks/race/tapes)
  set(left_out "")
  race_add_tape(${target} ${tapes}/wengert.hpp race::Wengert wengert::autodiff)
  if(ADOLC_INCLUDE_DIR AND ADOLC_LIBRARY)
    race_add_tape(${target} ${tapes}/adolc.hpp race::Adolc ${ADOLC_LIBRARY})
  else()
    list(APPEND left_out "ADOL-C (libadolc-dev)")
  endif()
  if(SACADO_INCLUDE_DIR)
    race_add_headers(race_sacado ${SACADO_INCLUDE_DIR})
    target_compile_definitions(race_sacado INTERFACE TRILINOS_NO_CONFIG_H)
    race_add_tape(${target} ${tapes}/sacado.hpp race::SacadoRad race_sacado)
  else()
    list(APPEND left_out "Sacado (libtrilinos-sacado-dev)")
  endif()
  if(EIGEN_INCLUDE_DIR)
    race_add_headers(race_eigen ${EIGEN_INCLUDE_DIR})
    race_add_forward_tape(${target} ${tapes}/eigen.hpp race::EigenForward race_eigen)
  else()
    list(APPEND left_out "Eigen's AutoDiff (libeigen3-dev)")
  endif()
  if(CERES_INCLUDE_DIR AND EIGEN_INCLUDE_DIR)
    race_add_headers(race_ceres ${CERES_INCLUDE_DIR} ${EIGEN_INCLUDE_DIR})
    race_add_forward_tape(${target} ${tapes}/ceres.hpp race::CeresJets race_ceres)
  else()
    list(APPEND left_out "Ceres (libceres-dev)")
  endif()
  if(left_out)
    list(JOIN left_out ", " left_out)
    message(STATUS "${target}: without ${left_out}")
  endif()
endfunction()

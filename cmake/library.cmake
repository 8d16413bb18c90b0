# wengert_add_library(<name> [USES <wengert library>...]): the folder that calls it becomes wengert::<name>.
#
# Sources are every *.cpp below the folder. A folder without sources yet is an INTERFACE library of its headers, so the
# layers above it can name it from the first day. Afterwards `wengert_<name>_scope` holds PRIVATE or INTERFACE for
# further target_* calls, and `wengert_<name>_sources` the sources.

# In-project includes read "wengert/<folder>/<file>" before and after installation. In the build tree a link of that name
# leads to the repository; it lies in our own part of the build tree, also when another project adds us.
set(WENGERT_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${WENGERT_INCLUDE_DIR})
file(CREATE_LINK ${PROJECT_SOURCE_DIR} ${WENGERT_INCLUDE_DIR}/wengert SYMBOLIC)

function(wengert_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES")
  set(target wengert_${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    set(public PUBLIC)
    set(private PRIVATE)
    add_library(${target} STATIC ${sources})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    wengert_compile_options(${target})
    # Same bits on every machine: no fused multiply-add behind our back, and a parent project's -ffast-math stops here.
    # (The order matters: clang lets -fno-fast-math reset the contraction mode.)
    # The last two change no bit: nobody reads errno or the exception flags, and loops with sqrt or a choice become vector code.
    target_compile_options(${target} PRIVATE -fno-fast-math -ffp-contract=off -fno-math-errno -fno-trapping-math)
  else()
    set(public INTERFACE)
    set(private INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  add_library(wengert::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} ${public} cxx_std_20)
  target_include_directories(${target} ${public} $<BUILD_INTERFACE:${WENGERT_INCLUDE_DIR}> $<INSTALL_INTERFACE:include>)
  target_link_libraries(${target} ${public} Threads::Threads)
  foreach(used IN LISTS arg_USES)
    target_link_libraries(${target} ${public} wengert::${used})
  endforeach()
  set(wengert_${name}_scope ${private} PARENT_SCOPE)
  set(wengert_${name}_sources ${sources} PARENT_SCOPE)
endfunction()

# cmake -D FOLDER=... -D GENERATOR=... -D COMPILER=... -P comment.cmake
# Builds project/ from nothing, changes a comment of its precompiled header and a source that includes the header by
# name, and builds it from nothing once more, with the same ccache. A precompiled header of the old text must not come
# back: g++ would not know the header again by it, and would define everything twice.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
cmake_path(GET root PARENT_PATH root)
set(ENV{CCACHE_DIR} ${FOLDER}/cache)

function(build)
  file(REMOVE_RECURSE ${FOLDER}/build)
  foreach(step "-S;${FOLDER}/project;-B;${FOLDER}/build;-G;${GENERATOR};-D;CMAKE_CXX_COMPILER=${COMPILER};-D;WENGERT_ROOT=${root}"
               "--build;${FOLDER}/build")
    execute_process(COMMAND ${CMAKE_COMMAND} ${step} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
      message("${output}")
      message(FATAL_ERROR "the ${ARGV0} build ended with ${result}")
    endif()
  endforeach()
endfunction()

file(REMOVE_RECURSE ${FOLDER})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project DESTINATION ${FOLDER})
build(first)
file(READ ${FOLDER}/project/header.hpp header)
string(REPLACE "a word" "another word" header "${header}")
file(WRITE ${FOLDER}/project/header.hpp "${header}")
file(APPEND ${FOLDER}/project/source.cpp "int another() { return answer(); }\n")
build(second)

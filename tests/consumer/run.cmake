# cmake -D KIND=... -D BUILD=... -D FOLDER=... -D GENERATOR=... -D COMPILER=... -P run.cmake
# Configures, builds and runs a user's project in FOLDER.
#
#   find_package      installs the build tree BUILD, moves the installation elsewhere, and uses it from there
#   build_tree        uses the package in the build tree BUILD
#   add_subdirectory  compiles our sources as part of the user's
#   bare              the same, where none of the optional dependencies is to be found
set(source ${CMAKE_CURRENT_LIST_DIR}/find_package)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
cmake_path(GET root PARENT_PATH root)

function(execute)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message("${output}")
    message(FATAL_ERROR "ended with ${result}: ${command}")
  endif()
endfunction()

file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
if(KIND STREQUAL "find_package")
  execute(${CMAKE_COMMAND} --install ${BUILD} --prefix ${FOLDER}/first)
  file(RENAME ${FOLDER}/first ${FOLDER}/moved)
  if(EXISTS ${FOLDER}/moved/bin/wengert)
    execute(${FOLDER}/moved/bin/wengert --version)
    foreach(file man/man1/wengert.1 bash-completion/completions/wengert)
      file(SIZE ${FOLDER}/moved/share/${file} size)
      if(size LESS 1000)
        message(FATAL_ERROR "share/${file} has only ${size} bytes")
      endif()
    endforeach()
  endif()
  set(options -D CMAKE_PREFIX_PATH=${FOLDER}/moved)
elseif(KIND STREQUAL "build_tree")
  set(options -D wengert_DIR=${BUILD})
else()
  set(source ${CMAKE_CURRENT_LIST_DIR}/add_subdirectory)
  set(options -D WENGERT_ROOT=${root} -D CMAKE_BUILD_TYPE=Release)
  find_program(ccache ccache)
  if(ccache)
    list(APPEND options -D CMAKE_CXX_COMPILER_LAUNCHER=${ccache})
  endif()
  if(KIND STREQUAL "bare")
    foreach(package spdlog OpenBLAS hwy ZLIB)
      list(APPEND options -D CMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
    endforeach()
    list(APPEND options -D WENGERT_LIBXSMM_INCLUDE=OFF -D WENGERT_XBYAK_INCLUDE=OFF)  # no packages of CMake's
  endif()
endif()
execute(${CMAKE_COMMAND} -S ${source} -B ${FOLDER}/build -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER} ${options})
execute(${CMAKE_COMMAND} --build ${FOLDER}/build --target consumer)
execute(${FOLDER}/build/consumer)

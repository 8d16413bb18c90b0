# The package: `cmake --install`, find_package(wengert), and the same package straight from the build tree.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/wengert)
set(libraries wengert_graph wengert_autodiff)
set(WENGERT_WITH_NN 0)
if(TARGET wengert_nn)
  list(APPEND libraries wengert_nn)
  set(WENGERT_WITH_NN 1)
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/wengertConfig.cmake.in ${PROJECT_BINARY_DIR}/wengertConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/wengertConfigVersion.cmake COMPATIBILITY SameMinorVersion)
export(TARGETS ${libraries} NAMESPACE wengert:: FILE ${PROJECT_BINARY_DIR}/wengertTargets.cmake)

if(WENGERT_INSTALL)
  install(TARGETS ${libraries} EXPORT wengertTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT wengertTargets NAMESPACE wengert:: DESTINATION ${package_dir})
  install(FILES ${PROJECT_BINARY_DIR}/wengertConfig.cmake ${PROJECT_BINARY_DIR}/wengertConfigVersion.cmake
          DESTINATION ${package_dir})
  foreach(folder graph autodiff nn)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION include/wengert FILES_MATCHING PATTERN "*.hpp")
  endforeach()
  if(TARGET wengert)
    install(TARGETS wengert RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    if(NOT CMAKE_CROSSCOMPILING)
      install(FILES ${PROJECT_BINARY_DIR}/share/wengert.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
      install(FILES ${PROJECT_BINARY_DIR}/share/wengert.bash RENAME wengert
              DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    endif()
  endif()
  install(FILES ${PROJECT_SOURCE_DIR}/scripts/gdb/wengert_gdb.py DESTINATION ${CMAKE_INSTALL_DATADIR}/wengert/gdb)
  install(FILES ${PROJECT_SOURCE_DIR}/scripts/natvis/wengert.natvis DESTINATION ${CMAKE_INSTALL_DATADIR}/wengert/natvis)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()

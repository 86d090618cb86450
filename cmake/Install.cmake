# What `cmake --install` and the Debian package put on a system. Manual pages and shell completions come out of the
# program's own command table, so they cannot disagree with it; `extras` writes them and is part of no ordinary build.
include(GNUInstallDirs)

# Installing takes what has been built and builds nothing more.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(extras ${PROJECT_BINARY_DIR}/extras)
add_custom_target(extras
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${extras}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${extras}/man
  COMMAND nacre manual ${extras}/man
  COMMAND nacre completion bash > ${extras}/nacre.bash
  COMMAND nacre completion zsh > ${extras}/_nacre
  COMMAND nacre completion fish > ${extras}/nacre.fish
  COMMENT "manual pages and completions"
  VERBATIM)

install(TARGETS nacre RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${extras}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
install(FILES ${extras}/nacre.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME nacre)
install(FILES ${extras}/_nacre DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${extras}/nacre.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES README.md ARCHITECTURE.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY CHANGES docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The command line and, as `compose supervise`, the supervisor.
add_executable(compose ${CMAKE_CURRENT_LIST_DIR}/compose_main.c)
target_link_libraries(compose PRIVATE cmd_room)
add_custom_command(TARGET compose POST_BUILD
  COMMAND ${CMAKE_COMMAND} -E create_symlink compose ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/docker-compose)
install(TARGETS compose RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(CODE "execute_process(COMMAND ${CMAKE_COMMAND} -E create_symlink compose
  \$ENV{DESTDIR}${CMAKE_INSTALL_FULL_BINDIR}/docker-compose)")

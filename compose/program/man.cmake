# Manual pages out of the command rows; made with every build that has `compose`.
add_executable(compose-man EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/man_main.c)
target_link_libraries(compose-man PRIVATE cmd_room)
set(man_dir ${CMAKE_BINARY_DIR}/man)
add_custom_command(OUTPUT ${man_dir}/compose.1
  COMMAND compose-man ${man_dir} DEPENDS compose-man)
add_custom_target(man ALL DEPENDS ${man_dir}/compose.1)
install(DIRECTORY ${man_dir}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")

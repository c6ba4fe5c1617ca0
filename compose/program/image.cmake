# The image worker: import, list, remove, build. Two sources of compose/supervise are compiled in by
# themselves: its library would bring libuv along.
add_executable(compose-image
  ${CMAKE_CURRENT_LIST_DIR}/image_main.c
  ${CMAKE_CURRENT_LIST_DIR}/image_manage.c
  ${CMAKE_CURRENT_LIST_DIR}/image_show.c
  ${CMAKE_CURRENT_LIST_DIR}/image_build.c
  ${CMAKE_CURRENT_LIST_DIR}/image_etc.c
  ${CMAKE_CURRENT_LIST_DIR}/image_net.c
  ${CMAKE_CURRENT_LIST_DIR}/image_run.c
  ${CMAKE_CURRENT_LIST_DIR}/image_spawn.c
  ${CMAKE_CURRENT_LIST_DIR}/../supervise/place.c
  ${CMAKE_CURRENT_LIST_DIR}/../supervise/spec_defaults.c)
target_link_libraries(compose-image PRIVATE image_room)
install(TARGETS compose-image RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/compose)

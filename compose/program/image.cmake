# The image worker: import, list, remove, build.
add_executable(compose-image
  ${CMAKE_CURRENT_LIST_DIR}/image_main.c
  ${CMAKE_CURRENT_LIST_DIR}/image_manage.c
  ${CMAKE_CURRENT_LIST_DIR}/image_show.c)
target_link_libraries(compose-image PRIVATE image_room)
install(TARGETS compose-image RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/compose)

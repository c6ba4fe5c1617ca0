# The registry worker.
add_executable(compose-registry ${CMAKE_CURRENT_LIST_DIR}/registry_main.c)
target_link_libraries(compose-registry PRIVATE image_room)
install(TARGETS compose-registry RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/compose)

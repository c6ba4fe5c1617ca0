# Flags every target shares, as an interface target, so that nothing is glued onto CMAKE_C_FLAGS.
add_library(compose_flags INTERFACE)
target_include_directories(compose_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(compose_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64
  COMPOSE_VERSION="${PROJECT_VERSION}")
target_compile_options(compose_flags INTERFACE -include ${CMAKE_SOURCE_DIR}/base/banned.h -Wall -Wextra -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wformat=2 -Wvla -Wundef -Wwrite-strings -Wimplicit-fallthrough
  -fno-strict-aliasing -ffunction-sections -fdata-sections)
target_link_options(compose_flags INTERFACE -Wl,--as-needed -Wl,--gc-sections -Wl,-z,relro
  -Wl,-z,pack-relative-relocs)
if(COMPOSE_WERROR)
  target_compile_options(compose_flags INTERFACE -Werror)
endif()
if(COMPOSE_SANITIZE)
  target_compile_options(compose_flags INTERFACE -fsanitize=address,undefined
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(compose_flags INTERFACE -fsanitize=address,undefined)
endif()
if(COMPOSE_COVERAGE)
  target_compile_options(compose_flags INTERFACE --coverage)
  target_link_options(compose_flags INTERFACE --coverage)
endif()
if(COMPOSE_FUZZ)
  target_compile_options(compose_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
    -fno-sanitize-recover=all -g -UNDEBUG)
  target_link_options(compose_flags INTERFACE -fsanitize=address,undefined)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT COMPOSE_SANITIZE AND NOT COMPOSE_FUZZ)
  target_compile_options(compose_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
    -fstack-protector-strong)
endif()

find_package(PkgConfig REQUIRED)
# Each library is looked for once, here; a room names the targets it links.
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(NL REQUIRED IMPORTED_TARGET libnl-3.0 libnl-route-3.0)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
if(COMPOSE_TESTS)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
  pkg_check_modules(NFTABLES REQUIRED IMPORTED_TARGET libnftables)
endif()

# archive(TARGET FILE)
#
# Links TARGET's library out of its archive FILE where the system has it. Each shared library costs a command
# a quarter of a millisecond before main(); the archive costs only the pages that are touched.
function(archive target file)
  if(COMPOSE_SANITIZE OR COMPOSE_FUZZ)
    return()
  endif()
  find_library(${file}_PATH ${file} HINTS ${${target}_LIBRARY_DIRS} ${${target}_LIBDIR})
  if(${file}_PATH)
    set_property(TARGET PkgConfig::${target} PROPERTY INTERFACE_LINK_LIBRARIES ${${file}_PATH})
  endif()
endfunction()
archive(YAML libyaml.a)
archive(UV libuv_a.a)
archive(SECCOMP libseccomp.a)
archive(NL libnl-3.a)

# room(NAME [DIRS sub...] [DEPS room...] [LIBS target...])
#
# A static library of every *.c below the room that is not a test; every *_test.c becomes a cmocka
# program `NAME_file_test`, labelled "quick". DEPS are rooms (arrows go down only: tests/layering
# checks the includes), LIBS are libraries.
function(room name)
  cmake_parse_arguments(R "" "" "DIRS;DEPS;LIBS" ${ARGN})
  set(globs ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  foreach(d ${R_DIRS})
    list(APPEND globs ${CMAKE_CURRENT_SOURCE_DIR}/${d}/*.c)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${globs})
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|main|fuzz)\\.c$")
  list(FILTER tests INCLUDE REGEX "_test\\.c$")
  set(rooms ${R_DEPS})
  list(TRANSFORM rooms APPEND _room)
  if(NOT sources) # a room that has only headers so far
    add_library(${name}_room INTERFACE)
    target_link_libraries(${name}_room INTERFACE ${rooms} ${R_LIBS} compose_flags)
    return()
  endif()
  add_library(${name}_room STATIC ${sources})
  target_link_libraries(${name}_room PUBLIC ${rooms} ${R_LIBS} compose_flags)
  if(COMPOSE_TESTS)
    foreach(t ${tests})
      get_filename_component(stem ${t} NAME_WE)
      set(exe ${name}_${stem})
      add_executable(${exe} ${t})
      target_link_libraries(${exe} PRIVATE ${name}_room PkgConfig::CMOCKA)
      add_test(NAME unit/${name}/${stem} COMMAND ${exe} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      set_tests_properties(unit/${name}/${stem} PROPERTIES LABELS quick TIMEOUT 120
        SKIP_RETURN_CODE 77)
    endforeach()
  endif()
endfunction()

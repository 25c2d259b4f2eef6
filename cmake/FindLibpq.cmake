# FindLibpq: libpq's header and library, as the target Libpq::Libpq, with the version that the header says.
# CMake's own module looks for a server too, and pkg-config is not on every machine.
find_path(Libpq_INCLUDE_DIR libpq-fe.h PATH_SUFFIXES postgresql)
find_library(Libpq_LIBRARY pq)
set(Libpq_VERSION "")
foreach(header pg_config.h pg_config_ext.h)
  if(Libpq_INCLUDE_DIR AND NOT Libpq_VERSION AND EXISTS ${Libpq_INCLUDE_DIR}/${header})
    file(STRINGS ${Libpq_INCLUDE_DIR}/${header} line REGEX "#define PG_VERSION \"")
    string(REGEX MATCH "[0-9]+(\\.[0-9]+)?" Libpq_VERSION "${line}")
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libpq REQUIRED_VARS Libpq_LIBRARY Libpq_INCLUDE_DIR VERSION_VAR Libpq_VERSION)
if(Libpq_FOUND AND NOT TARGET Libpq::Libpq)
  add_library(Libpq::Libpq UNKNOWN IMPORTED)
  set_target_properties(Libpq::Libpq PROPERTIES IMPORTED_LOCATION ${Libpq_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Libpq_INCLUDE_DIR})
endif()
mark_as_advanced(Libpq_INCLUDE_DIR Libpq_LIBRARY)

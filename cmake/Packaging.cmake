# The Debian package: ./dev deb. Library dependencies are read off the binary; the others are
# libcurl, which is loaded on first use, and programs nacre starts.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "the nacre project <nacre@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "daemonless container image engine")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Loads, lists, inspects, runs and saves Docker and OCI images with the commands
of the docker CLI, and without a daemon. A layer is one file that the kernel
mounts as it stands; nothing is extracted.")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libcurl4, runc | crun, golang-github-containers-common")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "tini")
set(CPACK_STRIP_FILES ON)
# /usr for programs and documents, whatever prefix the build was configured with.
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)

install(FILES packaging/copyright DESTINATION share/doc/nacre)
include(CPack)

# NACRE_SANITIZE: a list for -fsanitize=, set by the presets.
set(NACRE_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them")
if(NACRE_SANITIZE)
  add_compile_options(-fsanitize=${NACRE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${NACRE_SANITIZE})
  if(NACRE_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
if(NACRE_FUZZ)
  # Coverage feedback in every room; the harnesses alone link the fuzzer's main.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# vqat_floor(target name below...): a target may include its own folder of native/ and those listed. Its include path
# is a folder of links to them alone, so that an upward include does not compile.
function(vqat_floor target name)
  set(root "${CMAKE_BINARY_DIR}/floors/${name}")
  file(REMOVE_RECURSE "${root}")
  file(MAKE_DIRECTORY "${root}")
  foreach(folder ${name} ${ARGN})
    file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}/native/${folder}" "${root}/${folder}" SYMBOLIC)
  endforeach()
  target_include_directories(${target} PRIVATE "${root}")
endfunction()

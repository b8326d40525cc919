# What a library for Node is linked with and looks like: Node-API's headers from the npm packages, and vqat_node_library().
function(vqat_node_path result expression)
  if(${result})
    return()
  endif()
  execute_process(COMMAND node -p "${expression}" WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "node -p \"${expression}\" failed; run: npm ci")
  endif()
  set(${result} "${path}" CACHE PATH "folder of headers")
endfunction()

vqat_node_path(VQAT_NODE_API "require('node-api-headers').include_dir")
vqat_node_path(VQAT_NODE_ADDON_API "require('node-addon-api').include.replaceAll('\"', '')")
add_library(vqat_node_api INTERFACE)
target_include_directories(vqat_node_api SYSTEM INTERFACE "${VQAT_NODE_API}" "${VQAT_NODE_ADDON_API}")
target_compile_definitions(vqat_node_api INTERFACE NAPI_VERSION=8 NAPI_CPP_EXCEPTIONS
  # A thread that is being ended can neither be told of an error nor be blamed for it.
  NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS)

# A library for Node: no prefix, and no path of this machine inside, because the loader opens libtorch first.
function(vqat_node_library target suffix)
  set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX "${suffix}"
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "")
  # It stays when the last JavaScript thread that opened it ends: its own threads and libtorch's still point into it.
  target_link_options(${target} PRIVATE LINKER:-z,nodelete)
endfunction()

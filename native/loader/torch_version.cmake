# VQAT_TORCH_VERSION, like "2.13.0": the version of libtorch's headers in VQAT_LIBTORCH.
set(VQAT_TORCH_VERSION "")
foreach(place torch/headeronly/version.h torch/csrc/api/include/torch/version.h)  # it moved between minor versions
  if(EXISTS "${VQAT_LIBTORCH}/include/${place}")
    file(STRINGS "${VQAT_LIBTORCH}/include/${place}" parts REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    list(TRANSFORM parts REPLACE ".* " "")
    list(JOIN parts "." VQAT_TORCH_VERSION)
    break()
  endif()
endforeach()

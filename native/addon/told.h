// What the runtime knows of memory that its objects keep alive outside its own heap, so that it collects in
// time.
#pragma once

#include <napi.h>

#include "engine/engine.h"

namespace vqat::addon {

// What is told of this environment at present.
int64_t told_bytes(napi_env env);

// One more object of this environment keeps the storage alive: its bytes are told with the first.
void tell(napi_env env, const engine::Storage& storage);
// It has another number of bytes from now on. Nothing for storage that was not told.
void tell_again(napi_env env, const engine::Storage& storage);
// One object fewer: with the last its bytes are taken back.
void take_back(napi_env env, const void* storage);

}  // namespace vqat::addon

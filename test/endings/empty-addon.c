/* An addon that holds nothing: what crashes with it is the runtime's own. */
#include <node_api.h>

static napi_value nothing(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "nothing", NAPI_AUTO_LENGTH, nothing, NULL, &function);
  napi_set_named_property(env, exports, "nothing", function);
  return exports;
}

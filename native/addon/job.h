// Long calls as promises: read on JavaScript's thread, run on the engine's, write on JavaScript's again.
#pragma once

#include <napi.h>

#include <functional>

#include "base/cancel.h"
#include "engine/job_queue.h"

namespace vqat::addon {

// Writes the result of a finished job into JavaScript values.
using Write = std::function<Napi::Value(Napi::Env)>;

using Work = std::function<Write(const CancelToken&)>;

// Where a job runs, and a value that lives until it is done because it is read in place.
struct Place {
  engine::JobQueue& queue = engine::JobQueue::engine();
  Napi::Value kept = {};
};

// Runs `work` on the queue's thread and resolves with what its Write makes. `job` is the wall's Job: its id
// names the call for cancel(). Rejections carry `code` and `message`; a cancelled job has code "cancelled".
// When its environment goes, the job is cancelled and waited for.
Napi::Value start_job(Napi::Env env, const Napi::Object& job, Work work, const Place& place = {});

// Sets the flag of a running job; an id that is not running is no error.
void cancel_job(Napi::Env env, int64_t id);

// Units of work that a running job has done; 0 for an id that is not running.
int64_t job_progress(Napi::Env env, int64_t id);

// A thrown C++ exception as the JavaScript error of the wall.
Napi::Error to_js_error(Napi::Env env, const std::exception& error);

}  // namespace vqat::addon

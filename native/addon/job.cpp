#include "addon/job.h"

#include <exception>
#include <map>
#include <mutex>

#include "base/error.h"
#include "engine/job_queue.h"

namespace vqat::addon {
namespace {

// The way back into one JavaScript environment. The engine's thread passes only while it is open: the runtime
// frees its function with the environment, whoever still holds it.
struct Gate {
  std::mutex mutex;
  bool open = true;
  Napi::ThreadSafeFunction function;
};

// One environment's running jobs. Touched on its JavaScript thread only.
struct Running {
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::map<int64_t, std::shared_ptr<CancelToken>> tokens;

  void add(Napi::Env env, int64_t id, std::shared_ptr<CancelToken> token) {
    if (tokens.empty()) gate->function.Ref(env);  // the process stays while a job runs
    tokens[id] = std::move(token);
  }
  void remove(Napi::Env env, int64_t id) {
    tokens.erase(id);
    if (tokens.empty()) gate->function.Unref(env);
  }
};

// Teardown: what runs stops at its next safe point, and nothing comes back any more.
void close_gate(Running* running) {
  for (auto& [id, token] : running->tokens) token->cancel();
  const std::lock_guard lock(running->gate->mutex);
  running->gate->open = false;
}

Running& running(Napi::Env env) {
  auto* found = env.GetInstanceData<Running>();
  if (!found) {
    found = new Running;
    env.SetInstanceData(found);
    const auto nothing = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
    found->gate->function = Napi::ThreadSafeFunction::New(env, nothing, "vqathinker jobs", 0, 1);
    found->gate->function.Unref(env);
    // Added after the function's own hook, so run before it.
    env.AddCleanupHook(close_gate, found);
  }
  return *found;
}

struct Job {
  Napi::Promise::Deferred deferred;
  int64_t id;
  std::shared_ptr<Gate> gate;
  std::shared_ptr<CancelToken> token = std::make_shared<CancelToken>();
  Write write;
  std::exception_ptr failure;
  bool cancelled = false;

  Job(Napi::Env env, int64_t job, std::shared_ptr<Gate> way)
      : deferred(Napi::Promise::Deferred::New(env)), id(job), gate(std::move(way)) {}
};

void settle(Napi::Env env, Job& job) {
  running(env).remove(env, job.id);
  try {
    if (job.cancelled) {
      Napi::Error error = Napi::Error::New(env, "cancelled");
      error.Set("code", "cancelled");
      job.deferred.Reject(error.Value());
    } else if (job.failure) {
      std::rethrow_exception(job.failure);
    } else {
      job.deferred.Resolve(job.write(env));
    }
  } catch (const Napi::Error& error) {
    job.deferred.Reject(error.Value());
  } catch (const std::exception& error) {
    job.deferred.Reject(to_js_error(env, error).Value());
  }
}

void run(const std::shared_ptr<Job>& job, const std::function<Write(const CancelToken&)>& work) {
  try {
    job->token->check();
    job->write = work(*job->token);
  } catch (const Cancelled&) {
    job->cancelled = true;
  } catch (...) {
    job->failure = std::current_exception();
  }
  const std::lock_guard lock(job->gate->mutex);
  if (job->gate->open)
    job->gate->function.NonBlockingCall([job](Napi::Env env, Napi::Function) { settle(env, *job); });
}

}  // namespace

Napi::Error to_js_error(Napi::Env env, const std::exception& error) {
  const auto* ours = dynamic_cast<const Error*>(&error);
  Napi::Error out = Napi::Error::New(env, error.what());
  out.Set("code", ours ? code_name(ours->code()) : "E_INTERNAL");
  return out;
}

Napi::Value start_job(Napi::Env env, const Napi::Object& spec,
                      std::function<Write(const CancelToken&)> work) {
  const int64_t id = spec.Get("id").As<Napi::Number>().Int64Value();
  Running& jobs = running(env);
  auto job = std::make_shared<Job>(env, id, jobs.gate);
  const Napi::Value promise = job->deferred.Promise();
  jobs.add(env, id, job->token);
  engine::JobQueue::instance().post([job, work = std::move(work)] { run(job, work); }, job->token);
  return promise;
}

void cancel_job(Napi::Env env, int64_t id) {
  const auto& tokens = running(env).tokens;
  const auto found = tokens.find(id);
  if (found != tokens.end()) found->second->cancel();
}

int64_t job_progress(Napi::Env env, int64_t id) {
  const auto& tokens = running(env).tokens;
  const auto found = tokens.find(id);
  return found == tokens.end() ? 0 : found->second->done();
}

}  // namespace vqat::addon

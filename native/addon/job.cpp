#include "addon/job.h"

#include <exception>
#include <map>
#include <mutex>

#include "base/error.h"

namespace vqat::addon {
namespace {

// The way back into one JavaScript environment. The engine's thread passes only while it is open: the runtime
// frees its function with the environment, whoever still holds it.
struct Gate {
  std::mutex mutex;
  bool open = true;
  Napi::ThreadSafeFunction function;
};

struct Live {
  std::shared_ptr<CancelToken> token;
  engine::JobQueue* queue;
  Napi::ObjectReference kept;
};

// One environment's running jobs. Touched on its JavaScript thread only.
struct Running {
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::map<int64_t, Live> jobs;

  void add(Napi::Env env, int64_t id, Live job) {
    if (jobs.empty()) gate->function.Ref(env);  // the process stays while a job runs
    jobs.insert_or_assign(id, std::move(job));
  }
  void remove(Napi::Env env, int64_t id) {
    jobs.erase(id);
    if (jobs.empty()) gate->function.Unref(env);
  }
};

// Teardown: nothing comes back any more, what runs is waited for, because it may read JavaScript's memory.
void close_gate(Running* running) {
  {
    const std::lock_guard lock(running->gate->mutex);
    running->gate->open = false;
  }
  std::map<engine::JobQueue*, std::vector<std::shared_ptr<CancelToken>>> tokens;
  for (auto& [id, job] : running->jobs) {
    tokens[job.queue].push_back(job.token);
    job.kept.SuppressDestruct();  // goes with the environment
  }
  for (const auto& [queue, of] : tokens) queue->leave(of);
  running->jobs.clear();
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

void run(const std::shared_ptr<Job>& job, Work&& posted) {
  try {
    const Work work = std::move(posted);  // lets go of what it holds before JavaScript hears of the end
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

Napi::Value start_job(Napi::Env env, const Napi::Object& spec, Work work, const Place& place) {
  const int64_t id = spec.Get("id").As<Napi::Number>().Int64Value();
  Running& jobs = running(env);
  auto job = std::make_shared<Job>(env, id, jobs.gate);
  const Napi::Value promise = job->deferred.Promise();
  Live live{.token = job->token, .queue = &place.queue, .kept = {}};
  if (!place.kept.IsEmpty()) live.kept = Napi::Persistent(place.kept.As<Napi::Object>());
  jobs.add(env, id, std::move(live));
  place.queue.post([job, work = std::move(work)]() mutable { run(job, std::move(work)); }, job->token);
  return promise;
}

void cancel_job(Napi::Env env, int64_t id) {
  const auto& jobs = running(env).jobs;
  const auto found = jobs.find(id);
  if (found != jobs.end()) found->second.token->cancel();
}

int64_t job_progress(Napi::Env env, int64_t id) {
  const auto& jobs = running(env).jobs;
  const auto found = jobs.find(id);
  return found == jobs.end() ? 0 : found->second.token->done();
}

}  // namespace vqat::addon

#include "addon/job.h"

#include <exception>
#include <map>

#include "base/error.h"
#include "engine/job_queue.h"

namespace vqat::addon {
namespace {

// Running jobs of one environment, by id. Touched on its JavaScript thread only.
struct Running {
  std::map<int64_t, std::shared_ptr<CancelToken>> tokens;
};

Running& running(Napi::Env env) {
  auto* found = env.GetInstanceData<Running>();
  if (!found) {
    found = new Running;
    env.SetInstanceData(found);
    // Teardown: what runs stops at its next safe point.
    env.AddCleanupHook([found] {
      for (auto& [id, token] : found->tokens) token->cancel();
    });
  }
  return *found;
}

struct Job {
  Napi::Promise::Deferred deferred;
  int64_t id;
  std::shared_ptr<CancelToken> token = std::make_shared<CancelToken>();
  Napi::ThreadSafeFunction settle;
  Write write;
  std::exception_ptr failure;
  bool cancelled = false;

  explicit Job(Napi::Env env, int64_t job) : deferred(Napi::Promise::Deferred::New(env)), id(job) {}
};

void settle(Napi::Env env, Job& job) {
  running(env).tokens.erase(job.id);
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
  auto job = std::make_shared<Job>(env, id);
  const Napi::Value promise = job->deferred.Promise();
  running(env).tokens[id] = job->token;
  const auto nothing = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  job->settle = Napi::ThreadSafeFunction::New(env, nothing, "vqathinker job", 0, 1);
  engine::JobQueue::instance().post([job, work = std::move(work)] {
    try {
      job->token->check();
      job->write = work(*job->token);
    } catch (const Cancelled&) {
      job->cancelled = true;
    } catch (...) {
      job->failure = std::current_exception();
    }
    // In a closing environment the call is refused, and nobody waits for the promise any more.
    job->settle.BlockingCall([job](Napi::Env env, Napi::Function) { settle(env, *job); });
    job->settle.Release();
  });
  return promise;
}

void cancel_job(Napi::Env env, int64_t id) {
  const auto& tokens = running(env).tokens;
  const auto found = tokens.find(id);
  if (found != tokens.end()) found->second->cancel();
}

}  // namespace vqat::addon

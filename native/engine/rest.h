// The process's way to its end: nothing of ours computes while the libraries below take down what they stand
// on.
#pragma once

namespace vqat::engine {

// A call from JavaScript, for as long as it lasts. E_UNAVAILABLE once another thread has begun to end the
// process.
class Inside {
 public:
  Inside();
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

// Cancels all jobs and waits until each has come to a safe point and every call of other threads is over;
// `own` calls of this thread go on, and those that it makes later. No job runs any more. False when something
// did not come to rest in time.
bool rest(int own);

// Whether rest() was called: what is left is the system's to free.
bool resting();

// This thread runs JavaScript that may hold what is ours, until the thread is gone.
void note_thread();

// As rest, when the process exits; and when that fails, or a thread that was noted still lives and may be
// freeing what it held (Deno does not wait for its threads), the process ends without taking anything down.
// What exit() destroys first is what was made last, and libtorch makes much of its own when work first needs
// it, so this is called at every safe point and after every job and call, and heard the first few thousand
// times and at each power of two.
void rest_at_exit();

}  // namespace vqat::engine

// The definitions that stand in for newer systems' own, as a system without them runs them: dlsym finds
// nothing. The mathematical functions of either version are the same to the bit.
#include <dlfcn.h>

#define dlsym(handle, name) static_cast<void*>(nullptr)
#include "compat/newer.cpp"
#undef dlsym

#include <errno.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <random>
#include <thread>

namespace {

constexpr long kMilli = 1000000, kSecond = 1000 * kMilli;

timespec after(timespec time, long nanoseconds) {
  time.tv_nsec += nanoseconds;
  time.tv_sec += time.tv_nsec / kSecond;
  time.tv_nsec %= kSecond;
  return time;
}

timespec now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time;
}

bool is_before(const timespec& a, const timespec& b) {
  return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

// The wall clock has no part in what is asserted but for being set during the test.
TEST(ConditionClockWait, WaitsUntilTheDeadlineAndSaysSo) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_mutex_lock(&mutex);
  for (const long wait : {0L, 1L, 5 * kMilli, 30 * kMilli}) {
    const timespec until = after(now(), wait);
    int status = 0;
    while (status == 0) status = pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &until);
    EXPECT_EQ(status, ETIMEDOUT);
    // The two clocks are read one after the other.
    EXPECT_FALSE(is_before(after(now(), kMilli), until));
  }
  pthread_mutex_unlock(&mutex);
}

TEST(ConditionClockWait, EndsWhenWoken) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  bool set = false;
  pthread_mutex_lock(&mutex);
  std::thread other([&] {
    pthread_mutex_lock(&mutex);
    set = true;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
  });
  const timespec until = after(now(), 999 * kMilli + 3600 * kSecond);
  int status = 0;
  while (!set && status == 0) status = pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &until);
  pthread_mutex_unlock(&mutex);
  other.join();
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(set);
}

TEST(FileStatus, IsThatOfTheFile) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  std::fputs("twelve bytes", file);
  std::fflush(file);
  struct stat status {};
  EXPECT_EQ(fstat(fileno(file), &status), 0);
  EXPECT_EQ(status.st_size, 12);
  EXPECT_TRUE(S_ISREG(status.st_mode));
  std::fclose(file);
  EXPECT_EQ(fstat(-1, &status), -1);
}

template <class Function>
Function* newest(const char* name, const char* version) {
  return reinterpret_cast<Function*>(dlvsym(RTLD_DEFAULT, name, version));
}

TEST(Mathematics, HasTheBitsOfTheNewerVersions) {
  using One = double(double);
  using Two = double(double, double);
  const auto new_exp = newest<One>("exp", "GLIBC_2.29"), new_log = newest<One>("log", "GLIBC_2.29");
  const auto new_pow = newest<Two>("pow", "GLIBC_2.29"), new_hypot = newest<Two>("hypot", "GLIBC_2.35");
  if (!new_hypot || !new_exp) GTEST_SKIP() << "this system has only the older versions";
  std::mt19937_64 bits(7);
  const auto same = [](double a, double b) {
    return (a != a && b != b) || std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
  };
  // Any bits, and numbers of ordinary size.
  for (int i = 0; i < 400000; ++i) {
    const auto draw = [&] {
      return i % 2 == 0 ? std::bit_cast<double>(bits())
                        : static_cast<double>(static_cast<int64_t>(bits())) * 0x1p-55;
    };
    const double x = draw(), y = draw();
    ASSERT_TRUE(same(exp(x), new_exp(x))) << x;
    ASSERT_TRUE(same(log(x), new_log(x))) << x;
    ASSERT_TRUE(same(pow(x, y), new_pow(x, y))) << x << ' ' << y;
    ASSERT_TRUE(same(hypot(x, y), new_hypot(x, y))) << x << ' ' << y;
  }
}

// Counts how many of it live.
struct Counted {
  explicit Counted(int* live) : live(live) { ++*live; }
  Counted(const Counted& other) : live(other.live) { ++*live; }
  ~Counted() { --*live; }
  int* live;
};

TEST(ExceptionPointer, KeepsItsExceptionUntilTheLastOneGoes) {
  int live = 0;
  {
    std::exception_ptr first;
    try {
      throw Counted(&live);
    } catch (...) {
      first = std::current_exception();
    }
    EXPECT_EQ(live, 1);
    std::exception_ptr second = first, third;
    third = second;
    first = nullptr;
    second = nullptr;
    EXPECT_EQ(live, 1);
    EXPECT_THROW(std::rethrow_exception(third), Counted);
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);
}

TEST(Texts, AreWritten) {
  std::ostringstream text;
  text << "a" << 1;
  EXPECT_EQ(text.str(), "a1");
}

}  // namespace
